// SPDX-License-Identifier: MIT
#include "server/memory_rest.h"

#include <utility>

namespace ml_inference {

void MemoryRest::tick(std::uint64_t change_count, WorkerPool& pool) {
  const bool is_quiet = change_count == std::exchange(seen_count_, change_count);
  if (!is_quiet || change_count == rested_count_ || is_under_way_) return;
  is_under_way_ = true;
  rested_count_ = change_count;
  if (pool.submit(*this)) is_under_way_ = false;  // it has more to do than that
}

void MemoryRest::run(std::span<Job* const>) {
  give_back_();
  is_under_way_ = false;
}

void MemoryRest::drop(JobRefusal) { is_under_way_ = false; }

}  // namespace ml_inference
