// SPDX-License-Identifier: MIT
// sklearn.tree._tree.Tree -> a tree of a ForestBuilder.
#pragma once

#include "formats/sklearn/part.h"
#include "model/forest_builder.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace ml_inference {

/// Values of a node, for all targets together: 8 MB. A forest has at most kOutputCountMax outputs,
/// but classes of targets may be of very different numbers.
inline constexpr std::size_t kSklearnNodeValueCountMax = std::size_t{1} << 20;

/// Makes the values of a leaf.
/// node    what the file says of the leaf.
/// values  [n_outputs, max_n_classes] of it.
/// out     the leaf's values for the forest; as wide as the forest's leaves.
struct SklearnLeaf {
  std::span<const double> values;
  double sample_count = 0;  ///< n_node_samples
  std::size_t depth = 0;    ///< tests on the way to it
};
using LeafRule = std::function<void(const SklearnLeaf& leaf, std::span<double> out)>;

/// How a tree becomes one of a forest.
struct TreeUse {
  std::size_t leaf_width = 1;
  std::size_t first_output = 0;
  /// The forest's feature of each of the tree's; empty: the same.
  std::span<const std::size_t> features = {};
  LeafRule leaf;
};

/// Memory for reading one tree, taken once for those that are read with the same one.
struct SklearnTreeScratch {
  /// What is kept of a leaf until its values come.
  struct Leaf {
    std::uint32_t node = 0;
    std::uint32_t depth = 0;
    double sample_count = 0;
  };
  std::vector<std::uint32_t> depths;  ///< by node
  std::vector<Leaf> leaves;
  std::vector<double> values;  ///< of a leaf, as the file has them
  std::vector<double> out;     ///< and as the forest has
};

/// How many nodes the tree has, as its file says. Throws FormatError: data_loss.
[[nodiscard]] std::size_t node_count_of(const PyValue& tree, std::string_view where);

/// Adds the tree to the forest.
/// tree  an object of the class Tree.
/// Throws FormatError: data_loss, or resource_exhausted when a node has more than
/// kSklearnNodeValueCountMax values.
/// Source: scikit-learn 1.7 and 0.24, sklearn/tree/_tree.pyx (Tree.__setstate__, _apply_dense).
void add_sklearn_tree(const PyValue& tree, std::string_view where, const TreeUse& use,
                      ForestBuilder& builder, SklearnTreeScratch& scratch);

/// The rule of a classifier's leaves: for each target the shares of its classes.
/// class_counts  by target; the leaf's values have the largest of them for each.
[[nodiscard]] LeafRule class_shares(std::vector<std::size_t> class_counts, SklearnVersion version);

/// The rule of a regressor's leaves: the first value of each target, times `factor`.
[[nodiscard]] LeafRule numbers(double factor = 1);

}  // namespace ml_inference
