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
      columns_(rows.column_count()) {
  for_each_index(rows.column_count(), thread_count, [&] {
    return [this, rows, sorter = KeySorter<std::uint64_t>()](std::size_t feature) mutable {
      rank_column(rows, feature, sorter);
    };
  });
  copy_by_row();
}

void RankedRows::copy_by_row() {
  std::size_t narrow_count = 0;
  for (Column& column : columns_) {
    if (!column.wide.empty()) return;
    if (!column.narrow.empty()) column.place_in_row = narrow_count++;
  }
  stride_ = (narrow_count + kRanksALine - 1) / kRanksALine * kRanksALine;
  by_row_.resize(row_count_ * stride_);
  for (const Column& column : columns_) {
    for (std::size_t row = 0; row < column.narrow.size(); ++row) {
      by_row_[row * stride_ + column.place_in_row] = column.narrow[row];
    }
  }
}

void RankedRows::rank_column(MatrixView<const float> rows, std::size_t feature,
                             KeySorter<std::uint64_t>& sorter) {
  using Key = RankKey<std::uint64_t>;
  const std::span<std::uint64_t> unsorted = sorter.keys(row_count_);
  std::uint32_t least = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t greatest = 0;
  for (std::size_t row = 0; row < row_count_; ++row) {
    const std::uint32_t bits = ordered_bits(rows.row(row)[feature]);
    least = std::min(least, bits);
    greatest = std::max(greatest, bits);
    unsorted[row] = Key::make(bits, row);
  }
  const std::span<const std::uint64_t> keys = sorter.sort(least, greatest);
  Column& column = columns_[feature];
  column.wide.resize(row_count_);
  for (std::size_t index = 0; index < keys.size(); ++index) {
    const std::uint32_t row = Key::index(keys[index]);
    const float value = rows.row(row)[feature];
    const bool is_missing = std::isnan(value);
    if (!is_missing && (index == 0 || Key::rank(keys[index]) != Key::rank(keys[index - 1]))) {
      column.values.push_back(value + 0.0F);
    }
    column.wide[row] =
        static_cast<std::uint32_t>(is_missing ? column.values.size() : column.values.size() - 1);
  }
  for (std::uint32_t low = 0, high = 0; high < column.values.size(); ++high) {
    while (differs(column.values[low], column.values[high])) ++low;
    column.close_rank_count = std::max(column.close_rank_count, high - low);
  }
  shrink(column);
}

void RankedRows::shrink(Column& column) {
  if (std::ranges::max(column.wide) < 2) {
    column.bits.resize((row_count_ + kWordBits - 1) / kWordBits);
    for (std::size_t row = 0; row < row_count_; ++row) {
      column.bits[row / kWordBits] |= std::uint64_t{column.wide[row]} << row % kWordBits;
    }
  } else if (column.values.size() <= kNarrowRankMax) {
    for (const std::uint32_t rank : column.wide) {
      column.narrow.push_back(static_cast<std::uint16_t>(rank));
    }
  } else {
    return;
  }
  column.wide = {};
}

}  // namespace ml_inference
