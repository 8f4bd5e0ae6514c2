// SPDX-License-Identifier: MIT
// Which numbers a model takes. Every way in asks here: HTTP, CSV, golden rows, the steps of a
// pipeline.
#pragma once

#include "model/number_type.h"

#include <string_view>

namespace ml_inference {

/// What a value may be where a library checks its input. The library that trained the model
/// decides: one that never saw a missing value refuses it.
struct InputRules {
  bool accepts_missing = false;   ///< NaN
  bool accepts_infinite = false;  ///< an infinity
  /// What the library casts a value to before it looks: a finite float64 that float32 cannot hold
  /// is an infinity then.
  NumberType type = NumberType::float32;

  bool operator==(const InputRules&) const = default;
};

/// What is wrong with one cell of a row, if anything.
enum class CellFault {
  none,
  missing,    ///< NaN, and the model accepts no missing values
  infinite,   ///< an infinity, and the model accepts none
  too_large,  ///< finite, but beyond the float32 numbers that the model computes with
};

/// Checks one value.
/// Source: scikit-learn 1.4, sklearn/utils/validation.py (_assert_all_finite after the cast).
[[nodiscard]] CellFault cell_fault(const InputRules& rules, double value);

/// For people: "is missing, and the model accepts no missing values". Empty for none.
[[nodiscard]] std::string_view cell_fault_text(CellFault fault);

}  // namespace ml_inference
