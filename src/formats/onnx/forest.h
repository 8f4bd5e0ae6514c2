// SPDX-License-Identifier: MIT
// The arrays of a tree ensemble -> a Forest.
#pragma once

#include "formats/onnx/ensemble.h"
#include "model/forest.h"

#include <cstddef>

namespace ml_inference {

/// How the weights of a leaf become its values.
enum class LeafForm {
  each_output,     ///< a value for each output, 0 where there is no weight
  counted,         ///< and behind them as many that say which outputs have a weight
  only_weight,     ///< the one weight, whichever of two classes it names
  minus_and_plus,  ///< two classes, one weight s: -s and s
};

/// What a forest is made for.
struct ForestForm {
  std::size_t feature_count = 0;
  NumberType feature_type = NumberType::float32;
  NumberType sum_type = NumberType::float32;
  Aggregation aggregation = Aggregation::sum;
  LeafForm leaves = LeafForm::each_output;
  /// A last tree of one leaf with the base values.
  bool adds_base = false;
  /// Leading trees of one leaf with one weight become the base of the sums, one for each output at
  /// most: graphs have no other words for a base.
  bool takes_base = false;
  /// Each tree has outputs of its own: nothing is added up.
  bool keeps_trees_apart = false;
  /// Trees that name one output alone get narrow leaves, where all trees are such.
  bool may_be_narrow = true;
};

/// Whether some class or target may have no weight in any leaf that a row reaches.
[[nodiscard]] bool may_leave_outputs_out(const OnnxEnsemble& ensemble);

/// Puts together the parallel arrays of the ensemble: nodes in any order with any numbers, weights
/// in any order. Trees come in the order of their first node in the file, leaves in that of their
/// first weight. A tree in which every child has a larger number than its parent keeps its order of
/// nodes.
///
/// The forest's memory is gone from ensemble.memory for good.
/// Throws FormatError: data_loss or invalid_argument for arrays that contradict themselves,
/// unimplemented for what a Forest cannot say exactly, resource_exhausted beyond a limit.
[[nodiscard]] Forest make_onnx_forest(const OnnxEnsemble& ensemble, const ForestForm& form);

}  // namespace ml_inference
