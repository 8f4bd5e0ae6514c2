// SPDX-License-Identifier: MIT
// The largest model there can be. Every reader and every trainer meets these in ForestBuilder.
#pragma once

#include <cstddef>

namespace ml_inference {

/// Ten times the largest ensembles seen in practice (10 000 boosted trees).
inline constexpr std::size_t kTreeCountMax = 100'000;

/// 32 bytes a node: a forest of this size takes 1.6 GB, more than the largest container it is meant
/// for.
inline constexpr std::size_t kNodeCountMax = 50'000'000;

/// Wide text features reach some hundred thousand columns; a row of a million float32 is 4 MB.
inline constexpr std::size_t kFeatureCountMax = 1'000'000;

/// Classes. Each leaf holds a value for each of them.
inline constexpr std::size_t kOutputCountMax = 10'000;

/// All leaf values of a forest together, 8 bytes each: 800 MB.
inline constexpr std::size_t kLeafValueCountMax = 100'000'000;

/// A feature's or a class's name, in bytes. They stand in every answer.
inline constexpr std::size_t kNameSizeMax = 1'024;

}  // namespace ml_inference
