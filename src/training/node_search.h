// SPDX-License-Identifier: MIT
// The rows of one node of a growing tree, and the best cut of a column among them.
//
// Source: scikit-learn 1.9, sklearn/tree/_splitter.pyx (node_split_best), for which cuts are allowed
// and where missing values go.
#pragma once

#include "training/key_sorter.h"
#include "training/random.h"
#include "training/ranked_rows.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace ml_inference {

/// A test of a node, and what it is worth. The first one with the highest score is taken.
struct Split {
  double score = -std::numeric_limits<double>::infinity();  ///< of both sides, see criteria.h
  std::size_t feature = 0;
  std::uint32_t last_left_rank = 0;
  std::uint32_t first_right_rank = 0;
  std::optional<double> threshold;  ///< half way between the two ranks' values when not there
  bool missing_goes_left = false;

  [[nodiscard]] bool exists() const { return score != Split{}.score; }
};

/// Looks for cuts, column by column.
/// Criterion  one of criteria.h or whole_criteria.h.
/// Threads: belongs to one thread.
template <class Criterion>
class NodeSearch {
 public:
  /// data  outlives this.
  /// min_samples_leaf  the fewest rows on each side of a cut.
  NodeSearch(const RankedRows& data, Criterion criterion, std::size_t min_samples_leaf);

  /// weights  by row, as for the criterion.
  void set_weights(std::span<const double> weights) { criterion_.set_weights(weights); }

  /// From now on this node. rows: ascending, at least one; they outlive the searches in the node.
  void enter(std::span<const std::uint32_t> rows) {
    rows_ = rows;
    criterion_.enter(rows);
  }

  /// What the criterion knows of the node.
  [[nodiscard]] const Criterion& node() const { return criterion_; }

  /// Replaces `best` when a cut of this column scores higher; false when the column is constant
  /// among the rows: all values missing, or none missing and all too close together for a cut.
  [[nodiscard]] bool consider_best(std::size_t feature, Split& best);

  /// The same with one cut only, whose threshold lies between the least and the greatest value, each
  /// number as likely, and which sends missing values to either side as likely. false when all
  /// values are missing or those there are are too close together.
  /// Source: scikit-learn 1.9, node_split_random.
  [[nodiscard]] bool consider_random(std::size_t feature, Random& random, Split& best);

  /// The values of a leaf of these rows.
  void append_leaf(std::span<const std::uint32_t> rows, std::vector<double>& out) {
    criterion_.append_leaf(rows, out);
  }

 private:
  // A column among the rows of the node.
  struct Column {
    std::size_t feature;
    std::span<const float> values;  // by rank
    std::size_t missing_count;
    bool missing_goes_left;
  };

  // Between two ranks of the column; next_rank is that of a missing value when only missing ones
  // are on the right.
  struct Cut {
    std::uint32_t last_rank;
    std::uint32_t next_rank;
    std::size_t left_count;  // rows
    std::optional<double> threshold = std::nullopt;
  };

  void score_random(const Column& column, Cut cut, Split& best);

  template <class Number>
  [[nodiscard]] bool consider_sorted(std::size_t feature, KeySorter<Number>& sorter, Split& best);
  template <class Number>
  void scan(std::span<const Number> keys, const Column& column, Split& best);

  [[nodiscard]] bool is_countable(std::size_t feature) const;
  [[nodiscard]] bool consider_counted(std::size_t feature, Split& best);
  void count_by_rank(std::size_t feature);
  void scan_counted(const Column& column, Split& best);

  void offer(const Column& column, const Cut& cut, double score, Split& best) const;

  const RankedRows& data_;
  Criterion criterion_;
  const std::size_t min_samples_leaf_;

  std::span<const std::uint32_t> rows_;  // of the node
  std::vector<std::uint32_t> ranks_;     // scratch of consider_random(): by index in the node
  KeySorter<std::uint32_t> narrow_sorter_;
  KeySorter<std::uint64_t> wide_sorter_;

  // Scratch of consider_counted(). A count has the rows in its upper half, their weight below.
  struct RankCount {
    std::uint32_t rank;
    std::size_t row_count;
  };
  std::vector<std::uint64_t> counts_;   // [rank_count, class_count]
  std::vector<RankCount> rank_counts_;  // of the ranks that the node has, ascending
};

}  // namespace ml_inference
