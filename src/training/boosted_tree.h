// SPDX-License-Identifier: MIT
// Grows one boosted tree on binned rows, leaf by leaf, the best one first.
#pragma once

#include "training/binned_rows.h"
#include "training/gradient_sum.h"
#include "training/histogram_split.h"
#include "training/random.h"
#include "training/work_team.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace ml_inference {

/// How far a tree grows.
struct BoostedTreeLimits {
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  std::size_t leaf_count_max = 31;
  std::size_t depth_max = kNone;
  std::size_t row_count_min = 20;      ///< rows of a leaf
  double l2 = 0;                       ///< L2 regularisation of leaf values
  double hessian_min = 1e-3;           ///< sum of hessians of a leaf, as in scikit-learn
  std::size_t split_features = kNone;  ///< features that a node looks at, drawn anew
};

/// A node of a grown tree: a leaf when it has no split.
struct BoostedNode {
  HistogramSplit split;  ///< gain 0: a leaf
  std::size_t left = 0;  ///< greater than the node's own number
  std::size_t right = 0;
  std::size_t depth = 0;
  std::size_t begin = 0;  ///< its rows: BoostedTreeGrower::rows() from here
  std::size_t end = 0;    ///< to before here
  double value = 0;       ///< -G / (H + l2)

  [[nodiscard]] bool is_leaf() const { return left == 0; }
};

/// Grows trees on the same rows, one after another, and keeps its memory in between: a histogram
/// for each leaf that may still be split, 16 bytes a bin, and 30 bytes a row. Without a limit of
/// leaves, where their order does not matter, the last leaf is split first: then such leaves are no
/// more than a branch is deep.
///
/// Of a split node the smaller child's histogram is added up from its rows, and the larger one's is
/// what remains of the parent's. Sums are whole numbers (gradient_sum.h), so that the tree is the
/// same with any number of threads, and the same as if each histogram were added up by itself.
/// Threads: belongs to one thread; shares its work out to a team.
/// Source: Friedman, "Greedy function approximation", 2001; Shi, "Best-first decision tree
/// learning", 2007; Ke et al., "LightGBM", 2017; scikit-learn 1.9,
/// sklearn/ensemble/_hist_gradient_boosting/grower.py, for the rules.
class BoostedTreeGrower {
 public:
  /// rows, team  outlive this.
  BoostedTreeGrower(const BinnedRows& rows, const BoostedTreeLimits& limits, WorkTeam& team);

  /// Grows the next tree and returns its nodes, the root first; they and rows() are valid until the
  /// one after.
  ///
  /// gradients  one a row, of at most as many rows as 2^26.
  /// random     draws the features of each node, where it looks at some only.
  std::span<const BoostedNode> grow(std::span<const GradientSum> gradients,
                                    const GradientUnits& units, Random& random);

  /// The numbers of all rows, those of a leaf together and ascending.
  [[nodiscard]] std::span<const std::uint32_t> rows() const { return order_; }

 private:
  using Histogram = std::vector<GradientSum>;

  // Of a leaf that may be split, or of the one that is being split.
  struct Candidate {
    double rank;  // the gain; without a limit of leaves, the node's number
    std::size_t node;
    std::unique_ptr<Histogram> histogram;
  };
  // Orders a heap: the largest rank, and of equal ones the first node, on top.
  static bool is_worse(const Candidate& left, const Candidate& right) {
    return left.rank != right.rank ? left.rank < right.rank : left.node > right.node;
  }

  // A child, or the root, that may be split.
  struct Pending {
    std::size_t node = 0;
    std::unique_ptr<Histogram> histogram;
    std::vector<std::size_t> features;  // that it looks at
  };

  std::size_t add_node(std::size_t begin, std::size_t end, std::size_t depth,
                       const GradientSum& sum);
  [[nodiscard]] bool may_split(std::size_t node) const;
  void split(Candidate candidate, std::span<const GradientSum> gradients, Random& random);
  std::size_t move_rows(std::size_t node, std::span<const GradientSum> gradients);
  void move_block(const BoostedNode& node, std::size_t block);
  void place_block(const BoostedNode& node, std::size_t block, std::size_t left_begin,
                   std::size_t right_begin);
  void add_up(std::span<const std::uint32_t> rows, std::span<const GradientSum> gradients,
              Histogram& histogram, Histogram* less);
  void push(std::span<Pending> pending);
  [[nodiscard]] std::vector<std::size_t> drawn_features(Random& random);
  std::unique_ptr<Histogram> take_histogram();
  void share_out(std::size_t cost, std::size_t count, const WorkTeam::Work& work);

  const BinnedRows& rows_;
  const BoostedTreeLimits limits_;
  WorkTeam& team_;

  std::vector<SplitFinder> finders_;    // by worker
  std::vector<HistogramSplit> splits_;  // by feature that a node looks at
  std::vector<Histogram> parts_;        // of rows that several workers add up
  std::vector<std::unique_ptr<Histogram>> spare_;

  // Of the current tree:
  std::optional<SplitRules> rules_;
  std::vector<BoostedNode> nodes_;
  std::vector<GradientSum> sums_;  // by node
  std::vector<Candidate> heap_;
  std::size_t leaf_count_ = 0;
  std::vector<std::uint32_t> order_;      // numbers of rows, by node
  std::vector<std::uint32_t> moved_;      // the same while a node is split
  std::vector<GradientSum> gathered_;     // gradients of the rows of one child
  std::vector<std::size_t> left_counts_;  // by block of rows
};

}  // namespace ml_inference
