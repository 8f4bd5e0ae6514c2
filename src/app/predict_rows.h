// SPDX-License-Identifier: MIT
// A file of rows becomes lines of answers, block by block on many threads.
#pragma once

#include "app/answer_lines.h"
#include "app/block_pipeline.h"
#include "app/rows_file.h"
#include "base/result.h"
#include "serving/served_model.h"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace ml_inference {

struct PredictRowsOptions {
  std::string rows_path;  ///< "-" is standard input
  OutputFormat format = OutputFormat::json;
  ErrorPolicy on_error = ErrorPolicy::report;
  std::size_t thread_count = 1;  ///< at least 1; changes no byte of the output
  RowBlocksOptions blocks;       ///< changes no byte of the output
};

/// What became of the rows that have been written.
struct PredictTally {
  std::size_t row_count = 0;      ///< with or without an answer
  std::size_t refused_count = 0;  ///< those that have none
  std::string first_refusal;      ///< why the first of those has none; empty without any
};

/// Takes what is to be written next, and what that makes together.
using WriteLines = std::function<Result<void>(std::string_view lines, const PredictTally& tally)>;

/// Predicts the rows of a file and writes a line for each, in the order of the rows.
///
/// write  is called on the caller's thread, once a block.
/// Memory: some blocks a thread and their answers, however long the file is.
/// Errors: those of RowsFile::open() and RowsFile::next(), those of `write`, and under
/// ErrorPolicy::stop invalid_argument, naming file and line, for the first row without an answer.
/// What comes before the fault is written.
[[nodiscard]] Result<PredictTally> predict_rows(const ServedModel& model,
                                                const PredictRowsOptions& options,
                                                const WriteLines& write);

}  // namespace ml_inference
