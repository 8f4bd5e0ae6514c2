// SPDX-License-Identifier: MIT
// The inner loops of KeySorter, for the widest vectors that the machine has. The result is the same
// with all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ml_inference {

/// Up to here sort_few() takes less time than counting digits.
inline constexpr std::size_t kFewKeysMax = 32;

/// What both may touch behind the keys.
inline constexpr std::size_t kSortPadding = 64;

/// Sorts at most kFewKeysMax keys by asking, of each, how many are smaller: more comparisons than
/// other ways take, but none that the processor has to guess.
///
/// keys    different from each other. Behind them kSortPadding more may be read.
/// sorted  as many; not the same memory.
void sort_few(std::span<const std::uint32_t> keys, std::uint32_t* sorted);
void sort_few(std::span<const std::uint64_t> keys, std::uint64_t* sorted);

/// Sorts keys that stand within a few places of where they belong, by comparing neighbours; false
/// when that has not sorted them after some rounds, which leaves them in disorder.
/// Behind the keys is room for kSortPadding more, overwritten.
[[nodiscard]] bool sort_neighbours(std::span<std::uint32_t> keys);
[[nodiscard]] bool sort_neighbours(std::span<std::uint64_t> keys);

}  // namespace ml_inference
