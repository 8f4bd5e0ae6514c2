// SPDX-License-Identifier: MIT
// The inner loops that turn values into keys, for the widest vectors that the machine has. All of
// them are about the rows of one block, in one column.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ml_inference {

/// Rows that are answered together, side by side.
inline constexpr std::size_t kBlockRowCount = 64;

/// Of each value, how many of `sorted` are below it; NaN is below everything.
/// values, counts  kBlockRowCount numbers.
void count_below(const double* sorted, std::size_t size, const double* values,
                 std::int32_t* counts);
void count_below(const std::int32_t* sorted, std::size_t size, const std::int32_t* values,
                 std::int32_t* counts);

/// The float32 numbers as integers in the same order: -0.0 and 0.0 are equal. NaN is arbitrary.
void order_bits(const float* values, std::int32_t* keys);

/// ranks - first, cut to 0 to 255, less 128.
void narrow_ranks(const std::int32_t* ranks, std::int32_t first, std::int8_t* bytes);

}  // namespace ml_inference
