// SPDX-License-Identifier: MIT
#include "training/feature_bins.h"

#include "base/assert.h"
#include "training/random.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace ml_inference {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// So many edges, the rest of them infinite, are searched without a branch in eight steps.
constexpr std::size_t kEdgeCount = 255;

// Bits that compare as unsigned numbers as the values do.
constexpr std::uint64_t kSign = std::uint64_t{1} << 63;

std::uint64_t ordered_bits(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value + 0.0);  // -0 becomes +0
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

double ordered_value(std::uint64_t bits) {
  return std::bit_cast<double>((bits & kSign) != 0 ? bits & ~kSign : ~bits);
}

// By digits of 11 bits, from the lowest: some ten times as fast as comparing. Digits in which all
// keys are equal, as the last ones of short numbers in binary are, are passed over.
void sort_bits(std::vector<std::uint64_t>& keys) {
  constexpr unsigned kDigitBits = 11;
  constexpr std::uint64_t kDigitCount = 1U << kDigitBits;
  std::vector<std::uint64_t> sorted(keys.size());
  for (unsigned shift = 0; shift < 64; shift += kDigitBits) {
    const auto digit_of = [shift](std::uint64_t key) { return key >> shift & (kDigitCount - 1); };
    std::array<std::uint32_t, kDigitCount + 1> begins{};
    for (const std::uint64_t key : keys) ++begins[digit_of(key) + 1];
    if (!keys.empty() && begins[digit_of(keys[0]) + 1] == keys.size()) continue;
    for (std::size_t digit = 1; digit <= kDigitCount; ++digit) begins[digit] += begins[digit - 1];
    for (const std::uint64_t key : keys) sorted[begins[digit_of(key)]++] = key;
    keys.swap(sorted);
  }
}

// The present values of one feature, ascending.
std::vector<std::uint64_t> sorted_values(MatrixView<const double> rows,
                                         std::span<const std::uint32_t> chosen, std::size_t feature,
                                         std::uint64_t seed) {
  std::vector<std::uint64_t> keys;
  keys.reserve(std::min(chosen.size(), kBinSampleMax));
  const auto add = [&](std::size_t index) {
    const double value = rows.row(chosen[index])[feature];
    if (!std::isnan(value)) keys.push_back(ordered_bits(value));
  };
  if (chosen.size() <= kBinSampleMax) {
    for (std::size_t index = 0; index < chosen.size(); ++index) add(index);
  } else {
    Random random(seed, 0);  // of the same rows for every feature
    for (std::size_t index = 0; index < kBinSampleMax; ++index) {
      const std::size_t begin = index * chosen.size() / kBinSampleMax;
      const std::size_t end = (index + 1) * chosen.size() / kBinSampleMax;
      add(begin + random.below(static_cast<std::uint32_t>(end - begin)));
    }
  }
  sort_bits(keys);
  return keys;
}

// Half-way between two values, but below the upper one: neighbours have nothing between them.
double mean_of(std::uint64_t lower, std::uint64_t upper) {
  const double low = ordered_value(lower);
  const double mean = std::midpoint(low, ordered_value(upper));
  return mean < ordered_value(upper) ? mean : low;
}

std::vector<double> thresholds_between(std::span<const std::uint64_t> distinct) {
  std::vector<double> thresholds;
  for (std::size_t index = 1; index < distinct.size(); ++index) {
    thresholds.push_back(mean_of(distinct[index - 1], distinct[index]));
  }
  return thresholds;
}

// Quantile i of max_bins lies between two values, or on one; half-way between them, then.
std::vector<double> quantiles(std::span<const std::uint64_t> sorted, std::size_t max_bins) {
  std::vector<double> thresholds;
  for (std::size_t index = 1; index < max_bins; ++index) {
    const std::size_t numerator = index * (sorted.size() - 1);
    const std::size_t lower = numerator / max_bins;
    const std::size_t upper = lower + (numerator % max_bins == 0 ? 0 : 1);
    const double threshold = mean_of(sorted[lower], sorted[upper]);
    if (thresholds.empty() || threshold > thresholds.back()) thresholds.push_back(threshold);
  }
  return thresholds;
}

Result<FeatureBins> category_bins(MatrixView<const double> rows,
                                  std::span<const std::uint32_t> chosen, std::size_t feature,
                                  std::size_t max_bins) {
  std::size_t count = 1;
  for (const std::uint32_t row : chosen) {
    const double value = rows.row(row)[feature];
    if (std::isnan(value)) continue;
    if (!(value >= 0 && value < static_cast<double>(max_bins) && value == std::trunc(value))) {
      return fail(Code::invalid_argument,
                  fmt::format("row {} feature {}: expected a category from 0 to {}, got {}", row,
                              feature, max_bins - 1, value));
    }
    count = std::max(count, static_cast<std::size_t>(value) + 1);
  }
  return FeatureBins(count);
}

}  // namespace

FeatureBins::FeatureBins(std::vector<double> thresholds)
    : value_bin_count_(thresholds.size() + 1), edges_(std::move(thresholds)) {
  ASSERT(value_bin_count_ <= kBinCountMax);
  edges_.resize(kEdgeCount, kInfinity);
}

std::uint8_t FeatureBins::bin_of(double value) const {
  std::uint8_t bin = 0;
  find({&value, 1}, {&bin, 1});
  return bin;
}

// A value's bin is how many edges lie below it. Of NaN none does: it is put right afterwards. Some
// searches run beside one another, since each step of one waits for the step before.
void FeatureBins::find(std::span<const double> values, std::span<std::uint8_t> bins) const {
  constexpr std::size_t kLaneCount = 8;
  if (is_categorical()) {
    std::ranges::transform(values, bins.begin(), [this](double value) { return code_of(value); });
    return;
  }
  for (std::size_t begin = 0; begin < values.size(); begin += kLaneCount) {
    const std::size_t count = std::min(kLaneCount, values.size() - begin);
    std::array<double, kLaneCount> sought{};
    std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(begin), count, sought.begin());
    std::array<std::uint32_t, kLaneCount> places{};
    for (std::uint32_t step = (kEdgeCount + 1) / 2; step > 0; step /= 2) {
      for (std::size_t lane = 0; lane < kLaneCount; ++lane) {
        const bool is_above = edges_[places[lane] + step - 1] < sought[lane];
        places[lane] += is_above ? step : 0;
      }
    }
    for (std::size_t lane = 0; lane < count; ++lane) {
      const bool is_missing = std::isnan(sought[lane]);
      bins[begin + lane] = static_cast<std::uint8_t>(is_missing ? missing_bin() : places[lane]);
    }
  }
}

std::uint8_t FeatureBins::code_of(double value) const {
  const bool is_code =
      value >= 0 && value < static_cast<double>(value_bin_count_) && value == std::trunc(value);
  return static_cast<std::uint8_t>(is_code ? static_cast<std::size_t>(value) : missing_bin());
}

Result<FeatureBins> find_bins(MatrixView<const double> rows, std::span<const std::uint32_t> chosen,
                              std::size_t feature, bool is_categorical, std::size_t max_bins,
                              std::uint64_t seed) {
  if (is_categorical) return category_bins(rows, chosen, feature, max_bins);
  const std::vector<std::uint64_t> sorted = sorted_values(rows, chosen, feature, seed);
  std::vector<std::uint64_t> distinct = sorted;
  const auto repeated = std::ranges::unique(distinct);
  distinct.erase(repeated.begin(), repeated.end());
  return FeatureBins(distinct.size() <= max_bins ? thresholds_between(distinct)
                                                 : quantiles(sorted, max_bins));
}

}  // namespace ml_inference
