// SPDX-License-Identifier: MIT
// The inner loops that turn values into keys, for the widest vectors that the machine has. All of
// them are about the rows of one block, in one column.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ml_inference {

/// Rows that are answered together, side by side: a block. What is done to a block is done to its
/// first `rows` rows, 64 or 128: columns are kBlockRowCount apart either way.
inline constexpr std::size_t kBlockRowCount = 128;
inline constexpr std::size_t kHalfBlockRowCount = 64;

/// Of each value, how many of `sorted` are below it; of NaN, `missing`.
/// values, counts  a column of a block.
void count_below(std::span<const double> sorted, const double* values, std::size_t rows,
                 std::int32_t missing, std::int32_t* counts);

/// Of each value, how many of `sorted` are below it.
void count_below(std::span<const std::int32_t> sorted, const std::int32_t* values, std::size_t rows,
                 std::int32_t* counts);

/// The float32 numbers as integers in the same order: -0.0 and 0.0 are equal. NaN is `missing`.
void order_bits(const float* values, std::size_t rows, std::int32_t missing, std::int32_t* keys);

/// ranks - first, cut to 0 to 255, less 128.
void narrow_ranks(const std::int32_t* ranks, std::size_t rows, std::int32_t first,
                  std::int8_t* bytes);

}  // namespace ml_inference
