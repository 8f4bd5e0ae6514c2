// SPDX-License-Identifier: MIT
#include "serving/row_check.h"

#include <cmath>

namespace ml_inference {

CellFault cell_fault(const Schema& schema, double value) {
  if (std::isfinite(static_cast<float>(value))) [[likely]]
    return CellFault::none;
  if (std::isnan(value)) return schema.accepts_missing ? CellFault::none : CellFault::missing;
  if (schema.accepts_infinite) return CellFault::none;
  return std::isinf(value) ? CellFault::infinite : CellFault::too_large;
}

std::string_view cell_fault_text(CellFault fault) {
  switch (fault) {
    case CellFault::none: return "";
    case CellFault::missing: return "is missing, and the model accepts no missing values";
    case CellFault::infinite: return "is infinite, expected a finite number";
    case CellFault::too_large:
      return "is beyond the float32 numbers, expected at most 3.4028235e38";
  }
  return "";
}

}  // namespace ml_inference
