// SPDX-License-Identifier: MIT
// How the values of one feature become at most 256 bins, which is what boosted trees are grown on.
#pragma once

#include "base/result.h"
#include "data/matrix.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ml_inference {

/// More value bins than this do not fit a byte beside the one of missing values.
inline constexpr std::size_t kBinCountMax = 255;

/// The bins of one feature, made by find_bins(): value bins from 0, and behind them one for missing
/// values, whether or not any row has it.
class FeatureBins {
 public:
  /// Bins of a numerical feature.
  /// thresholds  ascending, fewer than kBinCountMax: bin b takes the values up to threshold b that
  /// are above the one before, the last bin what is above them all.
  explicit FeatureBins(std::vector<double> thresholds);

  /// Bins of a categorical feature: each code below category_count is its own bin.
  explicit FeatureBins(std::size_t category_count) : value_bin_count_(category_count) {}

  [[nodiscard]] bool is_categorical() const { return edges_.empty(); }
  [[nodiscard]] std::size_t value_bin_count() const { return value_bin_count_; }
  [[nodiscard]] std::size_t missing_bin() const { return value_bin_count_; }

  /// Between bin `bin` and the next; of a numerical feature.
  [[nodiscard]] double threshold(std::size_t bin) const { return edges_[bin]; }

  /// The bin of a value; of NaN, and of what is no code below category_count, the missing one.
  [[nodiscard]] std::uint8_t bin_of(double value) const;

  /// bin_of() each of the values.
  void find(std::span<const double> values, std::span<std::uint8_t> bins) const;

 private:
  [[nodiscard]] std::uint8_t code_of(double value) const;

  std::size_t value_bin_count_;
  std::vector<double> edges_;  // the thresholds, and infinities behind them
};

/// Finds bins for the given rows of a matrix.
///
/// rows             finite or NaN.
/// chosen           numbers of rows, ascending, at least one. Of more than kBinSampleMax of them,
///                  as many are looked at, spread evenly, each drawn from its own stretch.
/// max_bins         2 to kBinCountMax.
/// Numerical: a bin for each different value if they are no more than max_bins, with the mean of
/// neighbours between them, or the lower one where the mean would round to the upper; otherwise the
/// quantiles, where equal ones fall into one.
/// Errors: invalid_argument, when a categorical feature holds what is no whole number from 0 to
/// max_bins - 1.
/// Source: scikit-learn 1.9, sklearn/ensemble/_hist_gradient_boosting/binning.py.
[[nodiscard]] Result<FeatureBins> find_bins(MatrixView<const double> rows,
                                            std::span<const std::uint32_t> chosen,
                                            std::size_t feature, bool is_categorical,
                                            std::size_t max_bins, std::uint64_t seed);

/// Rows from which bins are found, as in scikit-learn: quantiles of more do not move.
inline constexpr std::size_t kBinSampleMax = 200'000;

}  // namespace ml_inference
