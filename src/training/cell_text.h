// SPDX-License-Identifier: MIT
// What the text of a cell looks like, where numbers may be names.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ml_inference {

/// Whether a cell says nothing: parse_number() takes it for a missing value.
[[nodiscard]] bool is_missing_cell(std::string_view text);

/// Whether digits begin with a zero that no number needs, as in 007: then they are a code, and 7 is
/// another one.
[[nodiscard]] bool is_zero_padded(std::string_view text);

/// Whether a number is below 2^53 in magnitude, where different whole numbers are different
/// float64 ones.
[[nodiscard]] bool is_told_apart(double number);

/// A whole number that stands for itself alone: "3", "3.0", "-1e3"; nothing for one that is padded
/// with zeros or not told apart from others.
[[nodiscard]] std::optional<std::int64_t> whole_number_cell(std::string_view text);

}  // namespace ml_inference
