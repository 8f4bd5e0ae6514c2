// SPDX-License-Identifier: MIT
// What was asked of one version of a model, and how long it took.
// Source: Triton, server/docs/protocol/extension_statistics.md.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

namespace ml_inference {

/// So many, and the time of all of them.
struct DurationSum {
  std::uint64_t count = 0;
  std::uint64_t nanoseconds = 0;
};

/// One request's times.
struct RequestTimes {
  std::chrono::nanoseconds queue{};    ///< from its arrival to the beginning of its work
  std::chrono::nanoseconds input{};    ///< its bytes become rows
  std::chrono::nanoseconds compute{};  ///< rows become answers
  std::chrono::nanoseconds output{};   ///< answers become bytes
};

/// A reading. Threads: a plain value.
struct ModelStatisticsReading {
  std::uint64_t inference_count = 0;    ///< rows
  std::uint64_t execution_count = 0;    ///< calls of the model, for whatever number of rows
  std::uint64_t last_inference_ms = 0;  ///< since 1970; 0: never
  DurationSum success;
  DurationSum fail;
  DurationSum queue;
  DurationSum compute_input;
  DurationSum compute_infer;
  DurationSum compute_output;
  std::map<std::size_t, DurationSum> batches;  ///< by rows of a call: time in the model
};

/// Threads: every member may be called from any thread.
class ModelStatistics {
 public:
  /// A request of row_count rows was answered.
  /// call_row_count  rows of the call of the model that answered it, with others perhaps; 0: one of
  ///                 those counts the call.
  void count_success(std::size_t row_count, std::size_t call_row_count, const RequestTimes& times);

  /// A request was refused or failed after so long.
  void count_failure(std::chrono::nanoseconds elapsed);

  [[nodiscard]] ModelStatisticsReading read() const;

 private:
  mutable std::mutex mutex_;
  ModelStatisticsReading sums_;  // guarded by mutex_
};

}  // namespace ml_inference
