// SPDX-License-Identifier: MIT
// Rows set aside, and when to end because of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ml_inference {

/// Which rows are learned from, and which are set aside; both ascending.
struct RowShares {
  std::vector<std::uint32_t> training;
  std::vector<std::uint32_t> validation;
};

/// Draws rows to set aside.
///
/// strata            one a row: of each kind the same share is drawn, rounded to the nearest, so
///                   that the whole may be a row or two off; empty for rows of one kind.
/// validation_count  how many of row_count, which is at least 1.
[[nodiscard]] RowShares draw_validation(std::size_t row_count, std::span<const std::int32_t> strata,
                                        std::size_t validation_count, std::uint64_t seed);

/// Whether to end: when none of the last round_count losses is lower than the one before them by
/// more than `tolerance`.
/// losses  of each round so far, the one before the first among them.
/// Source: scikit-learn 1.9, gradient_boosting.py (_should_stop).
[[nodiscard]] bool should_stop(std::span<const double> losses, std::size_t round_count,
                               double tolerance);

}  // namespace ml_inference
