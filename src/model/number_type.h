// SPDX-License-Identifier: MIT
// In which floating-point numbers a library computes.
#pragma once

#include <cstdint>
#include <string_view>

namespace ml_inference {

enum class NumberType : std::uint8_t { float32, float64 };

/// "float32" or "float64".
[[nodiscard]] constexpr std::string_view number_type_name(NumberType type) {
  return type == NumberType::float32 ? "float32" : "float64";
}

/// The number of that type nearest to `value`. Rounding one float64 +, -, * or / of two float32
/// numbers gives what the operation gives in float32: 53 bits are more than twice 24 and two.
/// Source: Figueroa, "When is double rounding innocuous?", SIGNUM 30(3), 1995.
[[nodiscard]] constexpr double rounded(NumberType type, double value) {
  return type == NumberType::float32 ? static_cast<double>(static_cast<float>(value)) : value;
}

}  // namespace ml_inference
