// SPDX-License-Identifier: MIT
// Blocks of rows go from one reader through many workers to one writer, and come out in their
// order. docs/decisions/0036 says why so.
#pragma once

#include "app/row_blocks.h"
#include "base/result.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace ml_inference {

/// What is made of a block.
struct WorkedBlock {
  RowBlock rows;
  std::string out;                ///< what is to be written for it
  std::size_t row_count = 0;      ///< rows that it holds
  std::size_t refused_count = 0;  ///< those of them that got no answer
  std::string first_refusal;      ///< why the first of those got none
  std::optional<Error> fault;     ///< nothing comes after `out`: why
};

/// Makes `out` and what else is known of block.rows; the other members are empty before. The
/// strings keep their memory from block to block.
using BlockWork = std::function<void(WorkedBlock& block)>;

/// The three ends of a pipeline. Each is called by one thread at a time, and for `read` and `write`
/// always the same.
struct BlockPipeline {
  /// The next rows; false at the end.
  std::function<Result<bool>(RowBlock& rows)> read;

  /// Has a `read` that waits return, from any thread.
  std::function<void()> stop_reading;

  /// Called once by each worker.
  std::function<BlockWork()> begin_worker;

  /// Takes the blocks in the order in which they were read, on the caller's thread.
  std::function<Result<void>(const WorkedBlock& block)> write;
};

/// Runs until all is written, or until the first fault: that of a block after its `out` is written,
/// that of `read` after all rows before it are, or that of `write`.
///
/// Starts worker_count threads and one that reads. Memory: two blocks a worker and two more,
/// however long the stream is. Which worker gets which block is open.
/// Errors: those of the faults; unavailable, when the system gives no threads.
[[nodiscard]] Result<void> run_pipeline(const BlockPipeline& pipeline, std::size_t worker_count);

}  // namespace ml_inference
