// SPDX-License-Identifier: MIT
// Small ONNX files for tests, as messages that a test changes before it writes them.
#pragma once

#include "formats/onnx/onnx.pb.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference::testing {

/// Two features "f" -> a tree "x0 <= 1.5 ? a : (x1 <= 2.5 ? b : c)" and a tree of one leaf; classes
/// "a", "b", "c"; float attributes, as converters write them; outputs "label" and "scores".
[[nodiscard]] onnx::ModelProto small_classifier();

/// The same trees with one number a leaf; output "prediction".
[[nodiscard]] onnx::ModelProto small_regressor();

/// The tree ensemble of one of the two.
[[nodiscard]] onnx::NodeProto& ensemble_of(onnx::ModelProto& model);

/// The attribute of a node, made when it is not there.
[[nodiscard]] onnx::AttributeProto& attribute_of(onnx::NodeProto& node, std::string_view name);

/// Sets the attribute to these values, whatever it was before.
void set_integer(onnx::NodeProto& node, std::string_view name, std::int64_t value);
void set_text(onnx::NodeProto& node, std::string_view name, std::string_view value);
void set_integers(onnx::NodeProto& node, std::string_view name,
                  const std::vector<std::int64_t>& values);
void set_floats(onnx::NodeProto& node, std::string_view name, const std::vector<float>& values);
void set_texts(onnx::NodeProto& node, std::string_view name,
               const std::vector<std::string>& values);
void remove_attribute(onnx::NodeProto& node, std::string_view name);

/// Adds a node without attributes at the end of the graph.
onnx::NodeProto& add_node(onnx::ModelProto& model, std::string_view type,
                          const std::vector<std::string>& inputs,
                          const std::vector<std::string>& outputs, std::string_view domain = "");

/// The message that load_model() of the file gives, without the name of the source; "read" when it
/// is read.
[[nodiscard]] std::string refusal_of(const onnx::ModelProto& model);

}  // namespace ml_inference::testing
