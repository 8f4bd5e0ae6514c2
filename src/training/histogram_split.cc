// SPDX-License-Identifier: MIT
#include "training/histogram_split.h"

#include <algorithm>

namespace ml_inference {
namespace {

// Whether a side of a split has rows and hessian enough.
bool has_enough(const SplitRules& rules, const GradientSum& side) {
  return rules.units.count(side) >= rules.row_count_min &&
         rules.units.hessian_units(side) >= rules.hessian_min;
}

}  // namespace

HistogramSplit SplitFinder::find(const SplitRules& rules, const FeatureBins& bins,
                                 std::size_t feature, std::span<const GradientSum> histogram,
                                 const GradientSum& node) {
  const double own = node_score(GradientUnits::gradient(node), rules.units.hessian(node), rules.l2);
  node_ = node;
  best_ = {.feature = feature, .is_categorical = bins.is_categorical()};
  best_score_ = own + own * kGainShareMin;
  const bool has_missing = rules.units.count(histogram[bins.missing_bin()]) > 0;
  const double least = best_score_;
  if (bins.is_categorical()) {
    find_set(rules, bins, histogram);
  } else {
    find_cut(rules, bins, histogram, false);
    if (has_missing) find_cut(rules, bins, histogram, true);
  }
  if (!(best_score_ > least)) return best_;
  best_.gain = best_score_ - own;
  if (!has_missing) {
    const std::size_t left_count = rules.units.count(best_.left);
    best_.missing_goes_left = left_count > rules.units.count(node) - left_count;
  }
  return best_;
}

// First all cuts that obey the rules are collected, without a branch on empty bins, behind which a
// cut is the same as before them; then they are scored in a loop that is vectorised. What goes left
// only grows, so that the first bins leave the left side too few, and the last ones the right side.
void SplitFinder::find_cut(const SplitRules& rules, const FeatureBins& bins,
                           std::span<const GradientSum> histogram, bool missing_goes_left) {
  GradientSum left;
  if (missing_goes_left) left = histogram[bins.missing_bin()];
  const std::size_t bin_count = bins.value_bin_count();
  std::size_t bin = 0;
  while (bin < bin_count && !has_enough(rules, left + histogram[bin])) left += histogram[bin++];
  std::size_t count = 0;
  for (; bin < bin_count; ++bin) {
    left += histogram[bin];
    if (!has_enough(rules, node_ - left)) break;
    gradients_[count] = GradientUnits::gradient(left);
    hessians_[count] = rules.units.hessian(left);
    ends_[count] = static_cast<std::uint8_t>(bin);
    count += histogram[bin].hessian_and_count != 0 ? 1 : 0;
  }
  const double gradient = GradientUnits::gradient(node_);
  const double hessian = rules.units.hessian(node_);
  const double l2 = rules.l2;
  for (std::size_t cut = 0; cut < count; ++cut) {
    scores_[cut] = split_score(gradients_[cut], hessians_[cut], gradient - gradients_[cut],
                               hessian - hessians_[cut], l2);
  }
  std::size_t best = count;
  for (std::size_t cut = 0; cut < count; ++cut) {
    if (!(scores_[cut] > best_score_)) continue;
    best_score_ = scores_[cut];
    best = cut;
  }
  if (best == count) return;
  best_.bin = ends_[best];
  best_.missing_goes_left = missing_goes_left;
  best_.left = {};
  if (missing_goes_left) best_.left = histogram[bins.missing_bin()];
  for (bin = 0; bin <= best_.bin; ++bin) best_.left += histogram[bin];
}

void SplitFinder::find_set(const SplitRules& rules, const FeatureBins& bins,
                           std::span<const GradientSum> histogram) {
  order_.clear();
  for (std::size_t bin = 0; bin <= bins.missing_bin(); ++bin) {
    if (rules.units.count(histogram[bin]) < kCategoryRowCountMin) continue;
    order_.push_back({GradientUnits::gradient(histogram[bin]) /
                          (rules.units.hessian(histogram[bin]) + rules.category_smoothing),
                      bin});
  }
  std::ranges::sort(order_, [](const OrderedBin& left, const OrderedBin& right) {
    return left.value != right.value ? left.value < right.value : left.bin < right.bin;
  });
  try_sets(rules, histogram, false);
  try_sets(rules, histogram, true);
  const std::size_t missing = bins.missing_bin();
  best_.missing_goes_left = (best_.left_bins[missing / 64] >> (missing % 64) & 1) != 0;
}

void SplitFinder::try_sets(const SplitRules& rules, std::span<const GradientSum> histogram,
                           bool is_backward) {
  const double gradient = GradientUnits::gradient(node_);
  const double hessian = rules.units.hessian(node_);
  GradientSum left;
  std::array<std::uint64_t, 4> set{};
  for (std::size_t index = 0; index < order_.size() / 2; ++index) {
    const std::size_t bin = order_[is_backward ? order_.size() - 1 - index : index].bin;
    left += histogram[bin];
    set[bin / 64] |= std::uint64_t{1} << (bin % 64);
    if (!has_enough(rules, node_ - left)) break;
    if (!has_enough(rules, left)) continue;
    const double left_gradient = GradientUnits::gradient(left);
    const double left_hessian = rules.units.hessian(left);
    const double score = split_score(left_gradient, left_hessian, gradient - left_gradient,
                                     hessian - left_hessian, rules.l2);
    if (!(score > best_score_)) continue;
    best_score_ = score;
    best_.left_bins = set;
    best_.left = left;
  }
}

}  // namespace ml_inference
