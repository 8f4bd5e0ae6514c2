// SPDX-License-Identifier: MIT
#include "model/input_rules.h"

#include <cmath>

namespace ml_inference {

CellFault cell_fault(const InputRules& rules, double value) {
  if (std::isfinite(static_cast<float>(value))) [[likely]]
    return CellFault::none;
  if (std::isnan(value)) return rules.accepts_missing ? CellFault::none : CellFault::missing;
  if (rules.accepts_infinite) return CellFault::none;
  if (std::isinf(value)) return CellFault::infinite;
  return rules.type == NumberType::float32 ? CellFault::too_large : CellFault::none;
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
