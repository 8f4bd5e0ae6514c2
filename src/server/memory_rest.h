// SPDX-License-Identifier: MIT
// Gives memory back when no more large requests come.
#pragma once

#include "serving/worker_pool.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>

namespace ml_inference {

/// Large bodies and batches keep their pages while they keep coming. Once nothing has been taken or
/// given back for a while, a worker gives back what the heap holds: once, until something is.
/// Threads: tick() from one; the rest is the pool's.
class MemoryRest final : public Job {
 public:
  /// give_back  called on a worker.
  explicit MemoryRest(std::function<void()> give_back) : give_back_(std::move(give_back)) {}

  /// To be called about once a second.
  /// change_count  how often large memory has been taken or given back so far.
  /// pool          finishes before this is destroyed.
  void tick(std::uint64_t change_count, WorkerPool& pool);

  void run(std::span<Job* const> others) override;
  void drop(JobRefusal why) override;

 private:
  const std::function<void()> give_back_;
  std::atomic<bool> is_under_way_ = false;

  // Of the thread that ticks.
  std::uint64_t seen_count_ = 0;    // at the last tick
  std::uint64_t rested_count_ = 0;  // when memory was given back last
};

}  // namespace ml_inference
