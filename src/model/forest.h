// SPDX-License-Identifier: MIT
// An ensemble of decision trees that never changes: made by ForestBuilder, run by engines.
// What its nodes ask of a row is written down in model/forest_walk.h.
#pragma once

#include "base/large_pages.h"
#include "model/forest_shape.h"
#include "model/shared_leaves.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ml_inference {

/// One node of a tree: a numerical test, a categorical test, or a leaf. 16 bytes, since forests
/// have millions of them. An accessor that is not for this kind of node is a programmer's error,
/// and its value means nothing.
class ForestNode {
 public:
  [[nodiscard]] bool is_leaf() const { return has(leaf_flag); }

  // Of a test:

  [[nodiscard]] bool is_categorical() const { return has(categorical_flag); }
  [[nodiscard]] std::size_t feature() const { return bits_ >> kFlagCount; }  ///< from 0

  /// Indices in Forest::nodes(), greater than this node's own. The children lie side by side.
  [[nodiscard]] std::size_t left() const { return link_; }
  [[nodiscard]] std::size_t right() const { return std::size_t{link_} + 1; }

  /// Where NaN goes, and zero where zero_is_missing().
  [[nodiscard]] bool missing_goes_left() const { return has(missing_goes_left_flag); }

  // Of a numerical test:

  [[nodiscard]] double threshold() const { return number_; }         ///< never NaN
  [[nodiscard]] bool is_strict() const { return has(strict_flag); }  ///< asks `<` and not `<=`
  [[nodiscard]] bool zero_is_missing() const { return has(zero_is_missing_flag); }

  // Of a categorical test:

  /// Which set, for Forest::category_set().
  [[nodiscard]] std::size_t category_set() const { return static_cast<std::size_t>(number_); }

  /// Where a value goes that stands for no bit of the set.
  [[nodiscard]] bool strangers_go_left() const { return has(strangers_go_left_flag); }

  // Of a leaf:

  /// Which leaf, for Forest::leaf_values().
  [[nodiscard]] std::size_t leaf() const { return link_; }

  /// Whether its value depends on the row: Forest::linear_leaf().
  [[nodiscard]] bool is_linear() const { return has(linear_flag); }

  bool operator==(const ForestNode&) const = default;

 private:
  friend class ForestBuilder;
  friend class Forest;

  static constexpr int kFlagCount = 12;  // 20 bits are left for kFeatureCountMax
  enum Flag : std::uint32_t {
    leaf_flag = 1,
    categorical_flag = 2,
    linear_flag = 4,
    strict_flag = 8,
    missing_goes_left_flag = 16,
    zero_is_missing_flag = 32,
    strangers_go_left_flag = 64,
  };

  [[nodiscard]] bool has(Flag flag) const { return (bits_ & flag) != 0; }

  double number_ = 0;       // threshold, or which set, or which linear leaf
  std::uint32_t link_ = 0;  // left child, or which leaf
  std::uint32_t bits_ = 0;  // feature << kFlagCount | flags
};
static_assert(sizeof(ForestNode) == 16);

/// What a linear leaf computes: constant + coefficients[0] * row[features[0]] + ..., in float64 and
/// in this order. Owns nothing.
struct LinearLeaf {
  double constant = 0;  ///< any number, and NaN
  std::span<const std::uint32_t> features;
  std::span<const double> coefficients;  ///< one a feature
};

/// A valid forest: every child lies below its parent inside the same tree, every node but a root
/// has one parent, every feature, set and output exists, every leaf has leaf_width() values.
/// The nodes of a tree stand level by level, each level from left to right, and leaves are numbered
/// in the order of their nodes: two forests that say the same are equal.
/// Threads: immutable; any number may read it.
class Forest {
 public:
  [[nodiscard]] const ForestShape& shape() const { return shape_; }
  [[nodiscard]] std::size_t feature_count() const { return shape_.feature_count; }
  [[nodiscard]] std::size_t output_count() const { return shape_.output_count; }
  [[nodiscard]] std::size_t leaf_width() const { return shape_.leaf_width; }  ///< never 0
  [[nodiscard]] Aggregation aggregation() const { return shape_.aggregation; }
  [[nodiscard]] std::size_t tree_count() const { return roots_.size(); }
  [[nodiscard]] std::size_t leaf_count() const { return leaves_.leaf_count(); }
  [[nodiscard]] std::size_t category_set_count() const { return set_ends_.size(); }
  [[nodiscard]] std::size_t linear_leaf_count() const { return constants_.size(); }

  /// All nodes, tree after tree; the nodes of a tree lie together, its root first.
  [[nodiscard]] std::span<const ForestNode> nodes() const { return nodes_; }

  /// tree_count() indices into nodes(): the root of each tree, ascending.
  [[nodiscard]] std::span<const std::uint32_t> roots() const { return roots_; }

  /// By tree, the output that the first value of its leaves is added to.
  [[nodiscard]] std::span<const std::uint32_t> first_outputs() const { return first_outputs_; }

  /// The leaf_width() values of one leaf; of a linear one, what it gives when a value is missing.
  [[nodiscard]] std::span<const double> leaf_values(std::size_t leaf) const {
    return leaves_.of(leaf);
  }

  /// The same for all leaves, and which of them are equal.
  [[nodiscard]] const SharedLeaves& leaves() const { return leaves_; }

  /// Bit code % 32 of word code / 32 says whether that code goes left.
  [[nodiscard]] std::span<const std::uint32_t> category_set(std::size_t set) const {
    const std::size_t begin = set == 0 ? 0 : set_ends_[set - 1];
    return std::span(set_words_).subspan(begin, set_ends_[set] - begin);
  }

  [[nodiscard]] LinearLeaf linear_leaf(const ForestNode& leaf) const;

  /// The longest way from a root to a leaf, in tests; 0 when every tree is one leaf.
  [[nodiscard]] std::size_t depth() const { return depth_; }

  /// About how many steps a row takes: Estimator::steps_per_row().
  [[nodiscard]] std::size_t steps_per_row() const;

  /// In bytes: 16 a node, 8 a tree, leaves, and what categories and linear leaves take.
  [[nodiscard]] std::size_t memory_size() const;

  bool operator==(const Forest&) const = default;

 private:
  friend class ForestBuilder;
  Forest() = default;

  ForestShape shape_;
  std::size_t depth_ = 0;
  LargeVector<ForestNode> nodes_;
  std::vector<std::uint32_t> roots_;
  std::vector<std::uint32_t> first_outputs_;
  SharedLeaves leaves_;
  std::vector<std::uint32_t> set_words_;  // of all sets, one after the other
  std::vector<std::size_t> set_ends_;     // by set, where its words end
  std::vector<double> constants_;         // by linear leaf
  std::vector<std::size_t> term_ends_;    // by linear leaf, where its terms end
  std::vector<std::uint32_t> term_features_;
  std::vector<double> term_coefficients_;
};

}  // namespace ml_inference
