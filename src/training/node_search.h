// SPDX-License-Identifier: MIT
// The rows of one node of a growing tree, and the best cut of a column among them.
//
// Source: scikit-learn 1.9, sklearn/tree/_splitter.pyx (node_split_best), for which cuts are
// allowed and where missing values go.
#pragma once

#include "training/key_sorter.h"
#include "training/random.h"
#include "training/ranked_rows.h"
#include "training/split.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace ml_inference {

/// Takes the best cut of each feature. The shape is that of split.h.
/// Criterion  one of criteria.h or whole_criteria.h.
/// Threads: belongs to one thread.
template <class Criterion>
class NodeSearch {
 public:
  static constexpr bool kMayStopEarly = true;

  struct Split : SplitBase {
    std::uint32_t last_left_rank = 0;
    std::uint32_t first_right_rank = 0;
  };

  /// data  outlives this.
  /// min_samples_leaf  the fewest rows on each side of a cut.
  NodeSearch(const RankedRows& data, Criterion criterion, std::size_t min_samples_leaf);

  [[nodiscard]] std::size_t feature_count() const { return data_.feature_count(); }

  void set_weights(std::span<const double> weights) { criterion_.set_weights(weights); }

  void enter(std::span<const std::uint32_t> rows) {
    rows_ = rows;
    criterion_.enter(rows);
  }

  [[nodiscard]] const Criterion& node() const { return criterion_; }

  /// Constant is a column where all values are missing, or none is and all are too close together
  /// for a cut.
  [[nodiscard]] bool consider(std::size_t feature, Random& random, Split& best);

  [[nodiscard]] std::size_t partition(std::span<std::uint32_t> rows, const Split& split);

  /// Half way between the values beside the cut.
  [[nodiscard]] double threshold(const Split& split) const;

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
  };

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

  std::vector<std::uint32_t> right_rows_;  // scratch of partition()
  std::span<const std::uint32_t> rows_;    // of the node
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
