// SPDX-License-Identifier: MIT
#pragma once

#include "api/prediction.h"
#include "api/scoring/content_type.h"
#include "base/result.h"

namespace ml_inference {

/// Reads one of dataframe_split, dataframe_records, instances and inputs, and params.
/// Errors: invalid_argument, saying which member is wrong.
[[nodiscard]] Result<void> read_scoring_json(const Question& question, PredictMemory& memory);

/// Reads lines of cells. Where nobody says whether the first one is a header: it is one unless it
/// has numbers where the model takes numbers.
/// Errors: invalid_argument: no CSV; names that are no features; too many rows, or none.
[[nodiscard]] Result<void> read_scoring_csv(const Question& question, CsvHeader header,
                                            PredictMemory& memory);

/// Reads a row a line: a list, an object by name, or SageMaker's {"features": [...]}.
/// Errors: invalid_argument: a line that is no JSON; too many rows, or none.
[[nodiscard]] Result<void> read_scoring_lines(const Question& question, PredictMemory& memory);

}  // namespace ml_inference
