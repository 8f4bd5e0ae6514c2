// SPDX-License-Identifier: MIT
// The rows of one node of a growing tree, and a random cut of a feature among them.
//
// Source: Geurts, Ernst and Wehenkel, "Extremely randomized trees", 2006; scikit-learn 1.9,
// sklearn/tree/_splitter.pyx (node_split_random), for missing values and constant features.
#pragma once

#include "data/matrix.h"
#include "training/random.h"
#include "training/split.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ml_inference {

/// The training rows, and each column of them in one piece.
/// Threads: immutable; any number may read it.
class ColumnRows {
 public:
  /// rows  [row_count, feature_count] float32, NaN means missing; they outlive this.
  /// Cost: 4 bytes a value.
  explicit ColumnRows(MatrixView<const float> rows);

  [[nodiscard]] std::size_t feature_count() const { return rows_.column_count(); }

  /// Whether any value of any row is missing.
  [[nodiscard]] bool has_missing() const { return has_missing_; }

  /// A column of values: [row] of its row.
  struct Values {
    const float* first;
    std::size_t stride;
    float operator[](std::size_t row) const { return first[row * stride]; }
  };

  /// looked_up  how many rows will be looked up: few of them lie in cache lines of their own, and
  /// are
  ///            better read where the row's other values are.
  [[nodiscard]] Values values(std::size_t feature, std::size_t looked_up) const {
    constexpr std::size_t kValuesALine = 16;
    if (looked_up * kValuesALine <= rows_.row_count()) {
      return {rows_.values().data() + feature, rows_.column_count()};
    }
    return {columns_.data() + feature * rows_.row_count(), 1};
  }

 private:
  MatrixView<const float> rows_;
  bool has_missing_;
  std::vector<float> columns_;  // [feature_count, row_count]
};

/// Takes one cut of each feature. The shape is that of split.h.
/// Criterion  one of criteria.h or whole_criteria.h.
/// Threads: belongs to one thread.
template <class Criterion>
class RandomSearch {
 public:
  /// Every feature takes its random numbers, whatever the others scored.
  static constexpr bool kMayStopEarly = false;

  struct Split : SplitBase {
    double threshold = 0;
  };

  /// data  outlives this.
  /// min_samples_leaf  the fewest rows on each side of a cut.
  RandomSearch(const ColumnRows& data, Criterion criterion, std::size_t min_samples_leaf);

  [[nodiscard]] std::size_t feature_count() const { return data_.feature_count(); }

  void set_weights(std::span<const double> weights) { criterion_.set_weights(weights); }

  void enter(std::span<const std::uint32_t> rows) {
    rows_ = rows;
    criterion_.enter(rows);
  }

  [[nodiscard]] const Criterion& node() const { return criterion_; }

  /// The threshold lies between the least and the greatest value, each number as likely. Missing
  /// values go to either side, as likely. Constant is a column where all values are missing, or
  /// those there are lie within 1e-7.
  [[nodiscard]] bool consider(std::size_t feature, Random& random, Split& best);

  [[nodiscard]] std::size_t partition(std::span<std::uint32_t> rows, const Split& split);

  [[nodiscard]] static double threshold(const Split& split) { return split.threshold; }

  void append_leaf(std::span<const std::uint32_t> rows, std::vector<double>& out) {
    criterion_.append_leaf(rows, out);
  }

 private:
  // A column among the rows of the node.
  struct Column {
    float least;
    float greatest;
    std::size_t missing_count;
  };

  [[nodiscard]] Column read(std::size_t feature);
  void offer(const Column& column, Split split, Split& best);

  const ColumnRows& data_;
  Criterion criterion_;
  const std::size_t min_samples_leaf_;

  std::span<const std::uint32_t> rows_;    // of the node
  std::vector<float> values_;              // of the column, by index in the node
  std::vector<std::uint32_t> right_rows_;  // scratch of partition()
};

}  // namespace ml_inference
