// SPDX-License-Identifier: MIT
#pragma once

#include "api/prediction.h"
#include "base/result.h"

#include <cstddef>

namespace ml_inference {

/// Cells that the examples of a body may have for each of its values: those that stand in the
/// context count in every example, so that few bytes could ask for very many.
inline constexpr std::size_t kCellsPerValueMax = 16;

/// Reads {"signature_name"?, "instances" or "inputs", "parameters"?} from the tape.
/// Errors: invalid_argument, saying which member is wrong.
[[nodiscard]] Result<void> read_v1_predict(const Question& question, PredictMemory& memory);

/// Reads {"signature_name"?, "context"?, "examples"} from the tape, of :classify and :regress.
/// Errors: invalid_argument, likewise; or the model does the other of both; resource_exhausted:
///   more cells than kCellsPerValueMax allows.
[[nodiscard]] Result<void> read_v1_examples(const Question& question, PredictMemory& memory);

}  // namespace ml_inference
