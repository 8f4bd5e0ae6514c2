// SPDX-License-Identifier: MIT
// The training rows, each value replaced by its rank in its column. Comparing ranks is comparing
// values, and small whole numbers can be sorted by counting, so that growing trees sorts no floats.
#pragma once

#include "data/matrix.h"
#include "training/key_sorter.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace ml_inference {

/// Threads: immutable; any number may read it.
class RankedRows {
 public:
  /// rows  [row_count, feature_count] float32; NaN means missing. Not kept. Negative zero is zero.
  /// Cost: sorts every column once, on up to thread_count threads; 2 to 4 bytes a value.
  RankedRows(MatrixView<const float> rows, std::size_t thread_count);

  [[nodiscard]] std::size_t row_count() const { return row_count_; }
  [[nodiscard]] std::size_t feature_count() const { return columns_.size(); }

  /// Whether any value of any row is missing.
  [[nodiscard]] bool has_missing() const { return has_missing_; }

  /// The different values of a column, ascending, without the missing one.
  [[nodiscard]] std::span<const float> values(std::size_t feature) const {
    return columns_[feature].values;
  }

  /// Calls use(ranks) and returns what it returns. ranks[row] is the index of the row's value in
  /// values(feature). A missing value has the rank values(feature).size(), above all others.
  ///
  /// looked_up  how many rows will be looked up, in ascending order: few of them lie in cache lines
  ///            of their own, and are better read where the row's other ranks are, which the next
  ///            column will need.
  template <class Use>
  decltype(auto) with_ranks(std::size_t feature, std::size_t looked_up, const Use& use) const {
    const Column& column = columns_[feature];
    if (!column.bits.empty()) return use(BitRanks{column.bits.data()});
    if (looked_up * kRanksALine <= row_count_ && stride_ > 0) {
      return use(RowRanks{by_row_.data() + column.place_in_row, stride_});
    }
    return is_narrow(feature) ? use(std::span(column.narrow)) : use(std::span(column.wide));
  }

  /// Whether a cut can be made between two values, given by their ranks, low < high: those closer
  /// together than 1e-7, compared in float32, are one value to a split.
  /// Source: scikit-learn, sklearn/tree/_partitioner.pxd, FEATURE_THRESHOLD.
  [[nodiscard]] bool are_apart(std::size_t feature, std::uint32_t low, std::uint32_t high) const {
    const Column& column = columns_[feature];
    // Most pairs need no look at their values, which are in no cache.
    return high - low > column.close_rank_count || differs(column.values[low], column.values[high]);
  }

  /// Whether all ranks of the column, that of a missing value included, lie below 2^16.
  [[nodiscard]] bool is_narrow(std::size_t feature) const {
    return columns_[feature].values.size() <= kNarrowRankMax;
  }

 private:
  static constexpr std::size_t kNarrowRankMax = std::numeric_limits<std::uint16_t>::max();

  // 16-bit ranks in a cache line.
  static constexpr std::size_t kRanksALine = 32;

  struct RowRanks {
    const std::uint16_t* first;
    std::size_t stride;
    std::uint16_t operator[](std::size_t row) const { return first[row * stride]; }
  };

  static constexpr std::size_t kWordBits = 64;

  struct BitRanks {
    const std::uint64_t* words;
    std::uint32_t operator[](std::size_t row) const {
      return static_cast<std::uint32_t>(words[row / kWordBits] >> row % kWordBits & 1U);
    }
  };

  struct Column {
    std::vector<float> values;
    std::uint32_t close_rank_count = 0;  // the most ranks above one that are too close to it
    std::vector<std::uint64_t> bits;     // by row, if there are two ranks
    std::vector<std::uint16_t> narrow;   // by row, else if they have 16 bits
    std::vector<std::uint32_t> wide;     // by row, else
    std::size_t place_in_row = 0;        // of by_row_, if narrow
  };

  static constexpr float kFeatureThreshold = 1e-7F;
  static bool differs(float value, float next) { return next > value + kFeatureThreshold; }

  void shrink(Column& column);
  void copy_by_row();
  void rank_column(MatrixView<const float> rows, std::size_t feature,
                   KeySorter<std::uint64_t>& sorter);

  std::size_t row_count_ = 0;
  bool has_missing_ = false;
  std::vector<Column> columns_;        // by feature
  std::size_t stride_ = 0;             // of by_row_; 0 when some column is wide
  std::vector<std::uint16_t> by_row_;  // [row_count, stride_], the narrow ranks once more
};

}  // namespace ml_inference
