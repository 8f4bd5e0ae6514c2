// SPDX-License-Identifier: MIT
// A whole ONNX graph -> a Dataflow, and what its inputs and outputs mean.
#pragma once

#include "formats/onnx/file.h"
#include "model/graph/dataflow.h"
#include "model/schema.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

struct OnnxDataflow {
  std::unique_ptr<Dataflow> estimator;
  /// By feature; empty when one input holds all features and the file has no names for them.
  std::vector<std::string> feature_names;
  std::size_t feature_count = 0;
  std::vector<Categories> categories;
  std::vector<Target> targets;
};

/// The versions of the operator sets that a file uses, by domain; "" is ai.onnx.
/// Throws FormatError: unimplemented for one that is not known.
[[nodiscard]] std::map<std::string_view, std::int64_t> onnx_versions(const OnnxFile& file);

/// Reads every node in order. docs/formats/onnx.md says which operators are known, how inputs
/// become features and outputs answers.
/// name_count  how many names of features the file's metadata has; 0 for none.
/// Throws FormatError: unimplemented for an operator or a use of one that is not known, naming it;
/// data_loss for a graph that contradicts itself; resource_exhausted beyond a limit.
[[nodiscard]] OnnxDataflow read_onnx_dataflow(const OnnxFile& file, std::size_t name_count);

}  // namespace ml_inference
