// SPDX-License-Identifier: MIT
// The arrays of a tree ensemble in an ONNX file, of any version, checked and brought into one form.
#pragma once

#include "formats/onnx/values.h"
#include "model/graph/trees.h"
#include "model/schema.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// What a node asks: ONNX's modes.
enum class TreeMode : std::uint8_t {
  less_or_equal,
  less,
  greater_or_equal,
  greater,
  equal,
  not_equal,
  member,
  leaf,
};

/// One tree ensemble: TreeEnsembleClassifier or TreeEnsembleRegressor of ai.onnx.ml 1 to 4, or
/// TreeEnsemble of ai.onnx.ml 5. Arrays of nodes and of weights in any order, each node with the
/// number of its tree and its own. Numbers are views of the file, whose bytes outlive it.
struct OnnxEnsemble {
  std::string where;             ///< for messages
  OnnxMemory* memory = nullptr;  ///< what the file may still ask for

  // By node:
  OnnxIntegers tree_ids, node_ids, feature_ids, true_ids, false_ids;
  OnnxIntegers tracks_true;  ///< or empty: nowhere
  std::vector<TreeMode> modes;
  OnnxNumbers values;  ///< thresholds; of a member test, where its set begins in `members`

  /// By set of a member test, what is in it; each ends with NaN.
  std::vector<double> members;

  // By weight:
  OnnxIntegers weight_tree_ids, weight_node_ids, output_ids;
  OnnxNumbers weights;

  bool is_classifier = false;
  std::size_t tree_count = 0;       ///< different tree_ids
  std::size_t output_count = 0;     ///< classes or targets
  std::vector<Label> class_labels;  ///< of a classifier
  std::vector<double> base_values;
  TreeAggregate aggregate = TreeAggregate::sum;
  PostTransform transform = PostTransform::none;

  /// Of a classifier of two classes, which of them weights name; else no.
  TwoClasses two = TwoClasses::no;
  bool all_positive = true;  ///< no weight is below 0

  OnnxMemoryShare share;  ///< of modes and members

  [[nodiscard]] std::size_t node_count() const { return tree_ids.size(); }
  [[nodiscard]] std::size_t weight_count() const { return weight_tree_ids.size(); }

  /// One more than the largest feature that is asked for.
  [[nodiscard]] std::size_t least_feature_count() const;
};

/// The names that `post_transform` may have.
/// Throws FormatError: unimplemented for another.
[[nodiscard]] PostTransform post_transform_named(std::string_view name, std::string_view where);

/// Class labels of a node, of which it may have numbers or texts.
/// Throws FormatError: data_loss when it has both, resource_exhausted for too many.
[[nodiscard]] std::vector<Label> onnx_class_labels(const OnnxAttributes& attributes,
                                                   std::string_view numbers_name,
                                                   std::string_view texts_name);

/// Throws FormatError: data_loss for arrays that contradict themselves, unimplemented for an
/// attribute or a value of one that is not known, resource_exhausted beyond a limit.
/// Source: ONNX operators ai.onnx.ml 1 to 5, and onnxruntime 1.32 where they are silent.
[[nodiscard]] OnnxEnsemble read_onnx_ensemble(const OnnxAttributes& attributes,
                                              std::string_view type);

/// Fills in a TreeEnsemble of ai.onnx.ml 5.
void read_joined_ensemble(const OnnxAttributes& attributes, OnnxEnsemble& ensemble);

}  // namespace ml_inference
