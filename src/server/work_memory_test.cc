// SPDX-License-Identifier: MIT
#include "server/work_memory.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <thread>
#include <vector>

namespace ml_inference {
namespace {

TEST(WorkMemory, NeverHasMoreUnderWayThanItHolds) {
  WorkMemory memory(100);
  std::atomic<std::size_t> taken = 0;
  std::atomic<std::size_t> most = 0;
  {
    std::vector<std::jthread> workers;
    for (int worker = 0; worker < 4; ++worker) {
      workers.emplace_back([&] {
        for (int batch = 0; batch < 200; ++batch) {
          const WorkShare share(memory, 40);
          const std::size_t now = taken.fetch_add(40) + 40;
          for (std::size_t old = most; old < now && !most.compare_exchange_weak(old, now);) {
          }
          std::this_thread::yield();
          taken.fetch_sub(40);
        }
      });
    }
  }
  EXPECT_LE(most.load(), 80U);
}

TEST(WorkMemory, KeepsNobodyWaitingWhoIsAlone) {
  WorkMemory memory(100);
  const WorkShare share(memory, 1'000);
}

TEST(WorkMemory, LetsWhoWaitsGoOnWhenItGrows) {
  WorkMemory memory(100);
  const WorkShare first(memory, 80);
  auto second = std::async(std::launch::async, [&memory] { const WorkShare share(memory, 80); });
  memory.resize(160);
  EXPECT_EQ(second.wait_for(std::chrono::seconds(30)), std::future_status::ready);
  EXPECT_EQ(memory.size(), 160U);
}

}  // namespace
}  // namespace ml_inference
