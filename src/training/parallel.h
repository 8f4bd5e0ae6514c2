// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <system_error>
#include <thread>
#include <vector>

namespace ml_inference {

/// Does something for every index below `count`, on up to thread_count threads, the caller's among
/// them, and returns when all is done.
///
/// begin_worker  called once by each thread; returns a function of an index, which does the work
///               and may own scratch memory. Neither may throw.
///
/// Which thread gets which index is open: the work on one must not depend on another's. With
/// thread_count 1 no thread is started; when the system refuses a thread, the others do its work.
template <class BeginWorker>
void for_each_index(std::size_t count, std::size_t thread_count, const BeginWorker& begin_worker) {
  std::atomic<std::size_t> next = 0;
  const auto run = [&] {
    auto work = begin_worker();
    for (std::size_t index = next++; index < count; index = next++) work(index);
  };
  const std::size_t used = std::min(thread_count, count);
  std::vector<std::jthread> helpers;
  try {
    for (std::size_t helper = 1; helper < used; ++helper) helpers.emplace_back(run);
  } catch (const std::system_error&) {
    // Fewer threads, the same forest.
  }
  run();
}

}  // namespace ml_inference
