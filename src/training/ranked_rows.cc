// SPDX-License-Identifier: MIT
#include "training/ranked_rows.h"

#include "training/parallel.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace ml_inference {
namespace {

// Bits that compare as unsigned numbers as the floats do, missing values last.
std::uint32_t ordered_bits(float value) {
  if (std::isnan(value)) return std::numeric_limits<std::uint32_t>::max();
  const auto bits = std::bit_cast<std::uint32_t>(value + 0.0F);  // -0 becomes +0
  constexpr std::uint32_t kSign = std::uint32_t{1} << 31;
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

}  // namespace

RankedRows::RankedRows(MatrixView<const float> rows, std::size_t thread_count)
    : row_count_(rows.row_count()),
      has_missing_(
          std::ranges::any_of(rows.values(), [](float value) { return std::isnan(value); })),
      values_(rows.column_count()),
      ranks_(rows.row_count() * rows.column_count()) {
  for_each_index(rows.column_count(), thread_count, [&] {
    return [this, rows, keys = std::vector<std::uint64_t>()](std::size_t feature) mutable {
      rank_column(rows, feature, keys);
    };
  });
}

// The keys hold the row below the value, so that no two are equal and any sort gives one order.
void RankedRows::rank_column(MatrixView<const float> rows, std::size_t feature,
                             std::vector<std::uint64_t>& keys) {
  keys.clear();
  for (std::size_t row = 0; row < row_count_; ++row) {
    keys.push_back(std::uint64_t{ordered_bits(rows.row(row)[feature])} << 32 | row);
  }
  std::ranges::sort(keys);
  std::vector<float>& values = values_[feature];
  std::uint32_t* const ranks = ranks_.data() + feature * row_count_;
  for (std::size_t index = 0; index < keys.size(); ++index) {
    const auto row = static_cast<std::uint32_t>(keys[index]);
    const float value = rows.row(row)[feature];
    const bool is_missing = std::isnan(value);
    if (!is_missing && (index == 0 || keys[index] >> 32 != keys[index - 1] >> 32)) {
      values.push_back(value + 0.0F);
    }
    ranks[row] = static_cast<std::uint32_t>(is_missing ? values.size() : values.size() - 1);
  }
}

}  // namespace ml_inference
