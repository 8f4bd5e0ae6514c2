// SPDX-License-Identifier: MIT
#pragma once

#include "serving/cell_reader.h"

#include <string_view>

namespace ml_inference {

/// Why a cell is refused, in the words of RequestFault.
struct CellFaultText {
  std::string_view type;
  std::string_view message;
};

/// refusal  not none (asserted).
[[nodiscard]] CellFaultText cell_fault_message(CellRefusal refusal);

}  // namespace ml_inference
