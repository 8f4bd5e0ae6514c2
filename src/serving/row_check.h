// SPDX-License-Identifier: MIT
// Which numbers a model takes. Every way in asks here: HTTP, CSV, golden rows.
#pragma once

#include "model/schema.h"

#include <string_view>

namespace ml_inference {

/// What is wrong with one cell of a row, if anything.
enum class CellFault {
  none,
  missing,    ///< NaN, and the model accepts no missing values
  infinite,   ///< an infinity, and the model accepts none
  too_large,  ///< finite, but beyond the float32 numbers that the model computes with
};

/// Checks one value against what the model accepts.
/// Source: scikit-learn 1.4, sklearn/utils/validation.py (_assert_all_finite after the cast to
/// float32).
[[nodiscard]] CellFault cell_fault(const Schema& schema, double value);

/// For people: "is missing, and the model accepts no missing values". Empty for none.
[[nodiscard]] std::string_view cell_fault_text(CellFault fault);

}  // namespace ml_inference
