// SPDX-License-Identifier: MIT
#include "serving/model_statistics.h"

namespace ml_inference {
namespace {

void add(DurationSum& sum, std::chrono::nanoseconds time) {
  ++sum.count;
  sum.nanoseconds += static_cast<std::uint64_t>(time.count());
}

std::uint64_t now_ms() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count());
}

}  // namespace

void ModelStatistics::count_success(std::size_t row_count, std::size_t call_row_count,
                                    const RequestTimes& times) {
  const std::uint64_t now = now_ms();
  const std::lock_guard lock(mutex_);
  sums_.inference_count += row_count;
  sums_.last_inference_ms = now;
  add(sums_.success, times.queue + times.input + times.compute + times.output);
  add(sums_.queue, times.queue);
  add(sums_.compute_input, times.input);
  add(sums_.compute_infer, times.compute);
  add(sums_.compute_output, times.output);
  if (call_row_count == 0) return;
  ++sums_.execution_count;
  add(sums_.batches[call_row_count], times.compute);
}

void ModelStatistics::count_failure(std::chrono::nanoseconds elapsed) {
  const std::lock_guard lock(mutex_);
  add(sums_.fail, elapsed);
}

ModelStatisticsReading ModelStatistics::read() const {
  const std::lock_guard lock(mutex_);
  return sums_;
}

}  // namespace ml_inference
