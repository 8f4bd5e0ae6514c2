// SPDX-License-Identifier: MIT
// An ensemble of decision trees that never changes: made by ForestBuilder, run by engines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ml_inference {

/// How the leaves that one row reaches become the forest's outputs.
enum class Aggregation {
  sum,      ///< the leaf values added up, in tree order
  average,  ///< the sum divided by the number of trees
};

/// One node of a tree: a test with two children, or a leaf.
///
/// The test sends a row to `left` when row[feature] <= threshold, comparing the float32 feature
/// with the float64 threshold, and to `right` otherwise. A missing value (NaN) goes where
/// `missing_goes_left` says. Source: scikit-learn 1.4, sklearn/tree/_tree.pyx, _apply_dense.
struct ForestNode {
  double threshold = 0;
  std::int32_t feature = -1;  ///< which column is tested, from 0; -1 marks a leaf
  std::int32_t left = 0;      ///< index in Forest::nodes(), greater than this node's own
  std::int32_t right = 0;     ///< likewise
  std::int32_t leaf = -1;     ///< leaf: which one, from 0; its values are Forest::leaf_values(leaf)
  bool missing_goes_left = false;

  [[nodiscard]] bool is_leaf() const { return feature < 0; }

  bool operator==(const ForestNode&) const = default;
};

/// A valid forest: every child lies below its parent inside the same tree, every node but a root
/// has one parent, every feature exists, every leaf has output_count() finite values.
/// Threads: immutable; any number may read it.
class Forest {
 public:
  [[nodiscard]] std::size_t feature_count() const { return feature_count_; }
  [[nodiscard]] std::size_t output_count() const { return output_count_; }
  [[nodiscard]] Aggregation aggregation() const { return aggregation_; }
  [[nodiscard]] std::size_t tree_count() const { return roots_.size(); }
  [[nodiscard]] std::size_t leaf_count() const { return leaf_values_.size() / output_count_; }

  /// All nodes, tree after tree; the nodes of a tree lie together, its root first.
  [[nodiscard]] std::span<const ForestNode> nodes() const { return nodes_; }

  /// tree_count() indices into nodes(): the root of each tree, ascending.
  [[nodiscard]] std::span<const std::int32_t> roots() const { return roots_; }

  /// The output_count() values of one leaf.
  [[nodiscard]] std::span<const double> leaf_values(std::int32_t leaf) const {
    return std::span(leaf_values_)
        .subspan(static_cast<std::size_t>(leaf) * output_count_, output_count_);
  }

  /// The longest way from a root to a leaf, in tests; 0 when every tree is one leaf.
  [[nodiscard]] std::size_t depth() const { return depth_; }

  bool operator==(const Forest&) const = default;

 private:
  friend class ForestBuilder;
  Forest() = default;

  std::size_t feature_count_ = 0;
  std::size_t output_count_ = 0;
  std::size_t depth_ = 0;
  Aggregation aggregation_ = Aggregation::sum;
  std::vector<ForestNode> nodes_;
  std::vector<std::int32_t> roots_;
  std::vector<double> leaf_values_;  // [leaf_count, output_count]
};

}  // namespace ml_inference
