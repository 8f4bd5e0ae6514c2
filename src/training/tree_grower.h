// SPDX-License-Identifier: MIT
// Grows one decision tree by always taking the best split among features drawn at random.
//
// Source: Breiman, "Random forests", 2001; the order of the checks and the meaning of each limit
// follow scikit-learn 1.9, sklearn/tree/_splitter.pyx and _tree.pyx.
#pragma once

#include "training/random.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace ml_inference {

/// ForestOptions, as numbers for one set of rows. A limit that is not set is the largest number.
struct GrowthLimits {
  std::size_t max_features = 1;
  std::size_t max_depth = std::numeric_limits<std::size_t>::max();
  std::size_t max_leaf_nodes = std::numeric_limits<std::size_t>::max();
  std::size_t min_samples_split = 2;
  std::size_t min_samples_leaf = 1;
  double min_impurity_decrease = 0;

  /// Grow where the impurity falls most, rather than depth first. Decides something only when
  /// max_leaf_nodes ends the growth.
  bool best_first = false;
};

/// A node of a grown tree, children by their number within the tree. Siblings stand side by side:
/// the right child's number is left + 1.
struct GrownNode {
  double threshold = 0;
  double decrease = 0;        ///< weight x impurity decrease of the split: what importances add up
  std::int32_t feature = -1;  ///< -1 marks a leaf
  std::uint32_t left = 0;  ///< greater than this node's own number; of a leaf: which leaf, from 0
  bool missing_goes_left = false;
};

struct GrownTree {
  std::vector<GrownNode> nodes;     ///< the root first
  std::vector<double> leaf_values;  ///< [leaf_count, output_count], leaves in the order of `nodes`
};

/// Grows trees, one after another, with one set of scratch memory.
/// Search  of the shape of training/split.h.
/// Threads: belongs to one thread.
template <class Search>
class TreeGrower {
 public:
  /// limits  min_samples_leaf is the search's business.
  TreeGrower(Search search, const GrowthLimits& limits);

  /// weights  by row; 0 leaves the row out. At least one is positive.
  /// random   decides which features are looked at, and in which order.
  [[nodiscard]] GrownTree grow(std::span<const double> weights, Random random);

 private:
  using Split = typename Search::Split;

  // A node that can be split, and the split that it waits for.
  struct Candidate {
    std::size_t node;
    std::size_t depth;
    double decrease;
    std::size_t constants;  // a place in constants_
    Split split;
  };

  // The rows of a node: rows_[begin] to rows_[end - 1].
  struct Range {
    std::size_t begin;
    std::size_t end;
  };

  void start(std::span<const double> weights);
  void add_node(Range range, std::size_t depth, std::optional<std::size_t> parent_constants);
  [[nodiscard]] Candidate next_candidate();
  [[nodiscard]] static bool is_later(const Candidate& a, const Candidate& b);
  void apply(const Candidate& candidate);
  void add_leaf_values();

  [[nodiscard]] Split find_split(std::span<std::uint64_t> constants);
  [[nodiscard]] bool varies(std::size_t feature, std::span<std::uint64_t> constants, Split& best);
  [[nodiscard]] std::size_t copy_constants(std::optional<std::size_t> parent_constants);
  [[nodiscard]] std::span<std::uint64_t> constants_at(std::size_t place) {
    return std::span(constants_).subspan(place * constant_words_, constant_words_);
  }

  [[nodiscard]] std::span<std::uint32_t> rows_of(Range range) {
    return std::span(rows_).subspan(range.begin, range.end - range.begin);
  }

  Search search_;
  const GrowthLimits limits_;

  Random random_{0, 0};
  double tree_weight_ = 0;
  GrownTree tree_;
  std::vector<Range> ranges_;            // by node
  std::vector<Candidate> candidates_;    // a stack, or a heap when limits_.best_first
  std::vector<std::uint32_t> rows_;      // of the tree, a node's together and ascending
  std::vector<std::uint32_t> features_;  // all, in an order that drawing shuffles on

  // By candidate, which features are known to be constant among its rows: a bit each. They are
  // constant below it too, and not looked at again.
  std::size_t constant_words_;
  std::vector<std::uint64_t> constants_;
  std::vector<std::size_t> free_constants_;  // places that no candidate needs
};

}  // namespace ml_inference
