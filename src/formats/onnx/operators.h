// SPDX-License-Identifier: MIT
// The operators that are read, each a function that looks at a node and adds to the dataflow.
// What they compute is what onnxruntime 1.32 computes for a batch of one row.
#pragma once

#include "formats/onnx/scope.h"

#include <span>
#include <string>
#include <string_view>

namespace ml_inference {

struct OnnxOperator {
  std::string_view name;
  void (*read)(OnnxScope&);
};

/// By domain; each list is sorted by name.
[[nodiscard]] std::span<const OnnxOperator> elementwise_operators();  ///< ai.onnx
[[nodiscard]] std::span<const OnnxOperator> shape_operators();        ///< ai.onnx
[[nodiscard]] std::span<const OnnxOperator> reduction_operators();    ///< ai.onnx
[[nodiscard]] std::span<const OnnxOperator> ml_operators();           ///< ai.onnx.ml
[[nodiscard]] std::span<const OnnxOperator> ensemble_operators();     ///< ai.onnx.ml

/// The operator of that domain ("" is ai.onnx); null when it is not known.
[[nodiscard]] const OnnxOperator* find_onnx_operator(std::string_view domain,
                                                     std::string_view name);

/// All of a domain, for messages: "Abs, Add, And ...".
[[nodiscard]] std::string onnx_operator_names(std::string_view domain);

}  // namespace ml_inference
