// SPDX-License-Identifier: MIT
// The training rows, each value replaced by its rank in its column. Comparing ranks is comparing
// values, and small whole numbers can be sorted by counting, so that growing trees sorts no floats.
#pragma once

#include "data/matrix.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ml_inference {

/// Threads: immutable; any number may read it.
class RankedRows {
 public:
  /// rows  [row_count, feature_count] float32; NaN means missing. Not kept. Negative zero is zero.
  /// Cost: sorts every column once, on up to thread_count threads; 4 bytes a value.
  RankedRows(MatrixView<const float> rows, std::size_t thread_count);

  [[nodiscard]] std::size_t row_count() const { return row_count_; }
  [[nodiscard]] std::size_t feature_count() const { return values_.size(); }

  /// Whether any value of any row is missing.
  [[nodiscard]] bool has_missing() const { return has_missing_; }

  /// The different values of a column, ascending, without the missing one.
  [[nodiscard]] std::span<const float> values(std::size_t feature) const {
    return values_[feature];
  }

  /// By row, the index of its value in values(feature). A missing value has the rank
  /// values(feature).size(), above all others.
  [[nodiscard]] std::span<const std::uint32_t> ranks(std::size_t feature) const {
    return std::span(ranks_).subspan(feature * row_count_, row_count_);
  }

 private:
  void rank_column(MatrixView<const float> rows, std::size_t feature,
                   std::vector<std::uint64_t>& keys);

  std::size_t row_count_ = 0;
  bool has_missing_ = false;
  std::vector<std::vector<float>> values_;  // by feature
  std::vector<std::uint32_t> ranks_;        // [feature_count, row_count]
};

}  // namespace ml_inference
