// SPDX-License-Identifier: MIT
// The largest model there can be. Every reader and every trainer meets these in ForestBuilder.
#pragma once

#include <cstddef>

namespace ml_inference {

/// Ten times the largest ensembles seen in practice (10 000 boosted trees).
inline constexpr std::size_t kTreeCountMax = 100'000;

/// 16 bytes a node: a forest of this size takes 800 MB and its leaves, more than the largest
/// container it is meant for.
inline constexpr std::size_t kNodeCountMax = 50'000'000;

/// Wide text features reach some hundred thousand columns; a row of a million float32 is 4 MB.
inline constexpr std::size_t kFeatureCountMax = 1'000'000;

/// Classes. Each leaf holds a value for each of them.
inline constexpr std::size_t kOutputCountMax = 10'000;

/// All leaf values of a forest together, 8 bytes each: 800 MB.
/// As many terms may its linear leaves have.
inline constexpr std::size_t kLeafValueCountMax = 100'000'000;

/// Things predicted at once. Each stands in every answer.
inline constexpr std::size_t kTargetCountMax = 1'000;

/// All category sets of a forest together, in words of 32 codes: 32 MB, or 25 000 tests of a
/// feature of 10 000 categories. A code of a few bytes in a file can stand for a set of 2 MB.
inline constexpr std::size_t kCategoryWordCountMax = 8'388'608;

/// A feature's or a class's name, in bytes. They stand in every answer.
inline constexpr std::size_t kNameSizeMax = 1'024;

}  // namespace ml_inference
