// SPDX-License-Identifier: MIT
// What a handler leaves to a worker.
#pragma once

#include "serving/worker_pool.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <utility>

namespace ml_inference {

/// Too much for an event loop. Belongs to the connection, which destroys it when it has the answer.
class Work {
 public:
  virtual ~Work() = default;

  /// Fills the response; called once at most, by a worker of place.workers, which may help. Once
  /// place.stop asks, it returns soon, and the response means nothing.
  virtual void run(const WorkPlace& place) = 0;

  /// Does the others too, whose terms are of the same kind and may join: each has its own response.
  /// All of it together is soon done, so nothing stops it.
  virtual void run_with(std::span<Work* const> others) {
    run({});
    for (Work* const other : others) other->run({});
  }

  /// Its client waits so long at most.
  void wanted_until(std::optional<std::chrono::steady_clock::time_point> deadline) {
    if (!deadline) return;
    terms.deadline = terms.deadline ? std::min(*terms.deadline, *deadline) : *deadline;
  }

  JobTerms terms;
  std::size_t memory_size = 0;  ///< bytes that run() needs at most beside the request

  /// What is to be done with the response by the same worker, once it is filled; may be empty.
  std::move_only_function<void(const std::stop_token& stop)> finish;
};

/// Work that is a call.
class CalledWork final : public Work {
 public:
  using Call = std::move_only_function<void(const WorkPlace& place)>;
  explicit CalledWork(Call call) : call_(std::move(call)) {}
  void run(const WorkPlace& place) override { call_(place); }

 private:
  Call call_;
};

/// memory_size  as Work has it.
[[nodiscard]] inline std::unique_ptr<Work> make_work(CalledWork::Call call,
                                                     std::size_t memory_size = 0) {
  auto work = std::make_unique<CalledWork>(std::move(call));
  work->memory_size = memory_size;
  return work;
}

}  // namespace ml_inference
