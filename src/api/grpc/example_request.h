// SPDX-License-Identifier: MIT
// The input of Classify and Regress, read from a call's bytes.
#pragma once

#include "api/prediction.h"
#include "base/result.h"

#include <string_view>

namespace ml_inference {

/// Reads the examples of a request into memory.call. Values that the model refuses go to
/// memory.faults, at input.ROW.FEATURE. A feature that an example does not have is missing; those
/// of the context are every example's.
/// Errors: invalid_argument: a broken message, unknown features, lists of several values, more
///   cells than the message has bytes; resource_exhausted: more rows than kRowsPerRequestMax.
[[nodiscard]] Result<void> read_examples(std::string_view body, const SpokenModel& model,
                                         PredictMemory& memory);

}  // namespace ml_inference
