// SPDX-License-Identifier: MIT
// Rows whose values are bins, and the histograms of them.
#pragma once

#include "data/matrix.h"
#include "training/feature_bins.h"
#include "training/gradient_sum.h"
#include "training/work_team.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ml_inference {

/// Up to eight columns of codes, those of one row being the bytes of one word, the first column's
/// the lowest: a row is read once for eight additions, which do not wait for one another.
struct BinGroup {
  std::size_t column_count = 0;
  std::size_t stride = 0;  ///< sums set aside for each column: 16, 32, 64, 128 or 256
  std::size_t offset = 0;  ///< of the first column's sums in a histogram

  /// How many sums the group has in a histogram.
  [[nodiscard]] std::size_t sum_count() const { return column_count * stride; }
};

/// Where the bins of each feature are. The codes of a column are the bins of one feature, or, where
/// features have few bins, as one-hot ones do, all combinations of the bins of several: one
/// addition for all of them, out of which the sums of each feature are added up later, exactly, as
/// they are whole numbers. Columns of about as many codes are grouped.
/// Threads: immutable.
class BinLayout {
 public:
  static constexpr std::size_t kGroupSize = 8;

  explicit BinLayout(std::vector<FeatureBins> features);

  [[nodiscard]] std::size_t feature_count() const { return features_.size(); }
  [[nodiscard]] const FeatureBins& feature(std::size_t index) const { return features_[index]; }
  [[nodiscard]] std::span<const BinGroup> groups() const { return groups_; }

  /// Sums of a histogram of all columns.
  [[nodiscard]] std::size_t sum_count() const { return sum_count_; }

  struct Place {
    std::size_t group = 0;
    unsigned shift = 0;          ///< of the column's byte in its group's word
    std::size_t offset = 0;      ///< of the column's sums in a histogram
    std::size_t code_count = 0;  ///< of the column
    std::size_t divisor = 1;     ///< the feature's bin is code / divisor % bin_count
    std::size_t bin_count = 0;   ///< the missing one among them

    [[nodiscard]] std::size_t bin(std::size_t code) const {
      return divisor == 1 && bin_count == code_count ? code : code / divisor % bin_count;
    }
  };
  [[nodiscard]] const Place& place(std::size_t feature) const { return places_[feature]; }

  /// The sums of each bin of a feature, the missing one last.
  /// histogram  [sum_count()]
  /// scratch    [kBinCountMax + 1], where the result is unless it is part of the histogram.
  [[nodiscard]] std::span<const GradientSum> sums_of(std::size_t feature,
                                                     std::span<const GradientSum> histogram,
                                                     std::span<GradientSum> scratch) const;

 private:
  using Column = std::vector<std::size_t>;  // features

  [[nodiscard]] std::vector<Column> columns() const;
  [[nodiscard]] std::size_t code_count(const Column& column) const;
  void add_groups(std::size_t stride, std::span<const Column> columns);

  std::vector<FeatureBins> features_;
  std::vector<BinGroup> groups_;
  std::vector<Place> places_;  // by feature
  std::size_t sum_count_ = 0;
};

/// The bins of some rows of a matrix, numbered from 0 in the order in which they were chosen.
/// Memory: 8 bytes a row and group. Threads: immutable.
class BinnedRows {
 public:
  /// layout  outlives this.
  BinnedRows(const BinLayout& layout, MatrixView<const double> rows,
             std::span<const std::uint32_t> chosen, WorkTeam& team);

  [[nodiscard]] const BinLayout& layout() const { return layout_; }
  [[nodiscard]] std::size_t row_count() const { return row_count_; }

  /// One word a row.
  [[nodiscard]] std::span<const std::uint64_t> words(std::size_t group) const {
    return words_[group];
  }

  [[nodiscard]] std::size_t bin(std::size_t row, std::size_t feature) const {
    const BinLayout::Place& place = layout_.place(feature);
    return place.bin(words_[place.group][row] >> place.shift & 0xFF);
  }

 private:
  void fill(MatrixView<const double> rows, std::span<const std::uint32_t> chosen,
            std::size_t feature, std::size_t begin);

  const BinLayout& layout_;
  std::size_t row_count_;
  std::vector<std::vector<std::uint64_t>> words_;  // by group
};

/// Adds rows to one group's part of a histogram.
///
/// words      of the group.
/// chosen     which rows; empty for the rows from 0.
/// gradients  one for each of these rows, in their order.
/// sums       [group.sum_count()]: by column of the group and code.
void add_to_histogram(const BinGroup& group, std::span<const std::uint64_t> words,
                      std::span<const std::uint32_t> chosen, std::span<const GradientSum> gradients,
                      std::span<GradientSum> sums);

}  // namespace ml_inference
