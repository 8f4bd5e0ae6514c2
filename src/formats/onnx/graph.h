// SPDX-License-Identifier: MIT
// The graphs that are one forest: one tree ensemble with casts before it and labels, maps and, in
// files of ours, a division behind it. They become a Forest that is written again; every other
// graph becomes a dataflow (formats/onnx/operators.h), which says the same of these.
#pragma once

#include "formats/onnx/ensemble.h"
#include "formats/onnx/file.h"
#include "model/schema.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace ml_inference {

/// The one tree ensemble of a graph and what happens around it. A view of the file.
struct OnnxGraph {
  OnnxEnsemble ensemble;
  Task task = Task::classification;

  /// How many features a row has; nothing when the file leaves it open.
  std::optional<std::size_t> feature_count;

  /// The names of the inputs when each holds one feature, otherwise empty.
  std::vector<std::string> input_names;

  /// Whether the ensemble computes in float64, as files of ours do unless the forest is float32.
  bool is_float64 = false;

  /// Classification: whether an output is the ensemble's own choice of a label, rather than the
  /// label of the largest score. They differ for two classes (docs/formats/onnx.md).
  bool uses_own_label = false;

  /// What the scores are divided by behind the ensemble: in files of ours.
  std::optional<double> divisor;
};

/// Follows every value from the inputs to the outputs.
/// is_ours  whether our own writer wrote the file: then sums in float64 are the answers, which
///          onnxruntime rounds.
/// Nothing for a graph that is more than one forest.
/// Throws FormatError, data_loss, for a graph that contradicts itself.
[[nodiscard]] std::optional<OnnxGraph> read_onnx_graph(const OnnxFile& file, bool is_ours);

/// The forest and the link of such a graph; nothing where a Forest cannot say what it computes.
struct OnnxForest {
  Forest forest;
  Link link;
};
[[nodiscard]] std::optional<OnnxForest> read_onnx_forest(const OnnxGraph& graph);

}  // namespace ml_inference
