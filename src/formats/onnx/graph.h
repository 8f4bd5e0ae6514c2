// SPDX-License-Identifier: MIT
// What the graph of an ONNX file computes, as far as it is one tree ensemble with casts before it
// and labels, a division and maps behind it.
#pragma once

#include "formats/onnx/onnx.pb.h"
#include "formats/onnx/values.h"
#include "model/schema.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace ml_inference {

/// The one tree ensemble of a graph and what happens around it. A view of the GraphProto.
struct OnnxGraph {
  OnnxAttributes ensemble;
  Task task = Task::classification;

  /// How many features a row has; nothing when the file leaves it open.
  std::optional<std::size_t> feature_count;

  /// The names of the inputs when each holds one feature, otherwise empty.
  std::vector<std::string> input_names;

  /// Classification: what the ensemble calls the classes.
  std::vector<Label> class_labels;

  /// Classification: whether an output is the ensemble's own choice of a label, rather than the
  /// label of the largest score. They differ for two classes (docs/formats/onnx.md).
  bool uses_own_label = false;

  /// What the scores are divided by behind the ensemble.
  std::optional<double> divisor;
};

/// Follows every value from the inputs to the outputs.
/// Throws FormatError: unimplemented for an operator or a use of one that is not known, naming it;
/// data_loss for a graph that contradicts itself.
[[nodiscard]] OnnxGraph read_onnx_graph(const onnx::GraphProto& graph);

}  // namespace ml_inference
