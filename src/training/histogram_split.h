// SPDX-License-Identifier: MIT
// The best split of one node by one feature, from a histogram.
#pragma once

#include "training/feature_bins.h"
#include "training/gradient_sum.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ml_inference {

/// What splits of one tree must keep to.
struct SplitRules {
  GradientUnits units;
  double l2 = 0;                   ///< L2 regularisation, in units of the hessian
  std::uint64_t hessian_min = 0;   ///< of each side, in units
  std::size_t row_count_min = 1;   ///< of each side
  double category_smoothing = 10;  ///< in units of the hessian, beside each category's own
};

/// A category that fewer rows of the node have goes right: its gradients are chance.
/// Source: scikit-learn 1.9, MIN_CAT_SUPPORT; "cat_smooth" of LightGBM has the same default.
inline constexpr std::size_t kCategoryRowCountMin = 10;

/// A way to split a node.
struct HistogramSplit {
  /// By how much the split lowers the second-order loss, doubled, in squared units of the gradient
  /// by units of the hessian. 0: there is none.
  double gain = 0;

  std::size_t feature = 0;
  bool is_categorical = false;
  bool missing_goes_left = false;
  std::size_t bin = 0;                       ///< numerical: bins up to this one go left
  std::array<std::uint64_t, 4> left_bins{};  ///< categorical: bit bin % 64 of word bin / 64
  GradientSum left;                          ///< of the rows that go left

  /// Where the rows of a bin go.
  /// missing_bin  the feature's.
  [[nodiscard]] bool goes_left(std::size_t bin_of_row, std::size_t missing_bin) const {
    if (bin_of_row == missing_bin) return missing_goes_left;
    if (!is_categorical) return bin_of_row <= bin;
    return (left_bins[bin_of_row / 64] >> (bin_of_row % 64) & 1) != 0;
  }
};

/// What a split scores: G^2 / (H + l2) of both sides, summed; its gain is that less the node's own.
/// One division for two, which are what the search takes its time for.
/// Source: Chen and Guestrin, "XGBoost: a scalable tree boosting system", 2016, equation 7.
[[nodiscard]] inline double split_score(double left_gradient, double left_hessian,
                                        double right_gradient, double right_hessian, double l2) {
  const double left = left_hessian + l2;
  const double right = right_hessian + l2;
  return (left_gradient * left_gradient * right + right_gradient * right_gradient * left) /
         (left * right);
}

/// G^2 / (H + l2) of a node.
[[nodiscard]] inline double node_score(double gradient, double hessian, double l2) {
  return gradient * gradient / (hessian + l2);
}

/// A gain below this share of the node's own score is rounding: it counts as none.
inline constexpr double kGainShareMin = 0x1p-40;

/// Finds the best splits of nodes. Owns scratch memory.
/// Threads: belongs to one thread.
class SplitFinder {
 public:
  /// Numerical: of all cuts between two bins, with the missing values on the right, or if the node
  /// has any on the left, the first of the best; also between present and missing values.
  /// Categorical: bins with rows enough, the missing one among them, are ordered by G / (H +
  /// smoothing); of the cuts through that order, those whose shorter side goes left, all other bins
  /// going right. A node without missing values sends them, and strangers, where more rows go.
  ///
  /// bins       of the feature.
  /// histogram  [bins.value_bin_count() + 1], the missing bin last.
  /// node       the sum of the histogram.
  /// Returns a gain of 0 where no split obeys the rules or gains anything.
  /// Source: Ke et al., "LightGBM", 2017; Fisher, "On grouping for maximum homogeneity", 1958;
  /// scikit-learn 1.9, sklearn/ensemble/_hist_gradient_boosting/splitting.pyx, for the rules.
  HistogramSplit find(const SplitRules& rules, const FeatureBins& bins, std::size_t feature,
                      std::span<const GradientSum> histogram, const GradientSum& node);

 private:
  void find_cut(const SplitRules& rules, const FeatureBins& bins,
                std::span<const GradientSum> histogram, bool missing_goes_left);
  void find_set(const SplitRules& rules, const FeatureBins& bins,
                std::span<const GradientSum> histogram);
  void try_sets(const SplitRules& rules, std::span<const GradientSum> histogram, bool is_backward);

  GradientSum node_;
  HistogramSplit best_;
  double best_score_ = 0;

  // By candidate: what goes left, and behind which bin it ends.
  std::array<double, kBinCountMax> gradients_;
  std::array<double, kBinCountMax> hessians_;
  std::array<double, kBinCountMax> scores_;
  std::array<std::uint8_t, kBinCountMax> ends_;

  struct OrderedBin {
    double value;
    std::size_t bin;
  };
  std::vector<OrderedBin> order_;
};

}  // namespace ml_inference
