// SPDX-License-Identifier: MIT
// What the trainer takes in. The largest forest that may come out stands in model/limits.h.
#pragma once

#include <cstddef>

namespace ml_inference {

/// Rows: they are numbered by 32 bits, and a draw from them takes 32 random bits.
inline constexpr std::size_t kTrainingRowCountMax = std::size_t{1} << 31;

/// Rows of a boosted model: the largest hessian of one row still has 10 bits (gradient_sum.h).
inline constexpr std::size_t kBoostingRowCountMax = std::size_t{1} << 26;

/// A class's weight lies between 1/kClassWeightMax and kClassWeightMax. Further apart, the lighter
/// of two classes is lost in the rounding of sums; weights of a million to one already say "never
/// mind the others".
inline constexpr double kClassWeightMax = 1e6;

/// The largest magnitude of a regression's target: squares of sums of 2^31 of them stay finite.
inline constexpr double kTargetMax = 1e140;

/// More threads than this are a mistake, not a machine.
inline constexpr std::size_t kTrainingThreadCountMax = 1'024;

}  // namespace ml_inference
