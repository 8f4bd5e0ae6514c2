// SPDX-License-Identifier: MIT
#include "api/cell_faults.h"

#include "base/assert.h"

namespace ml_inference {

CellFaultText cell_fault_message(CellRefusal refusal) {
  switch (refusal) {
    case CellRefusal::none: break;
    case CellRefusal::not_a_number: return {"float_type", "Input should be a valid number"};
    case CellRefusal::missing:
    case CellRefusal::infinite: return {"finite_number", "Input should be a finite number"};
    case CellRefusal::too_large:
      return {"finite_number",
              "Input should be a finite number, at most 3.4028235e+38 in magnitude"};
    case CellRefusal::unknown_category:
      return {"enum", "Input should be one of the feature's categories"};
  }
  ASSERT(false);
  return {};
}

}  // namespace ml_inference
