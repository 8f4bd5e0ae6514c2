// SPDX-License-Identifier: MIT
#include "base/bounded_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace ml_inference {
namespace {

TEST(BoundedQueue, GivesValuesInTheOrderTheyCame) {
  BoundedQueue<int> queue(3);
  for (int value = 1; value <= 3; ++value) ASSERT_TRUE(queue.try_push(int{value}));
  EXPECT_EQ(queue.size(), 3U);
  for (int value = 1; value <= 3; ++value) EXPECT_EQ(queue.pop(), value);
  EXPECT_EQ(queue.size(), 0U);
}

TEST(BoundedQueue, RefusesWhenItIsFullAndLeavesTheValueAlone) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  ASSERT_TRUE(queue.try_push(std::make_unique<int>(1)));
  auto value = std::make_unique<int>(2);
  EXPECT_FALSE(queue.try_push(std::move(value)));
  ASSERT_NE(value,
            nullptr);  // NOLINT(bugprone-use-after-move): that it is still there is the promise
  EXPECT_EQ(**queue.pop(), 1);
  EXPECT_TRUE(queue.try_push(std::move(value)));
}

TEST(BoundedQueue, WithoutRoomRefusesEverything) {
  BoundedQueue<int> queue(0);
  EXPECT_FALSE(queue.try_push(1));
}

TEST(BoundedQueue, GivesWhatIsLeftAfterClosingAndThenNothing) {
  BoundedQueue<int> queue(2);
  ASSERT_TRUE(queue.try_push(1));
  queue.close();
  EXPECT_FALSE(queue.try_push(2));
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), std::nullopt);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(BoundedQueue, WakesAllWhoWaitWhenItCloses) {
  BoundedQueue<int> queue(1);
  std::atomic<int> woken = 0;
  {
    std::vector<std::jthread> consumers;
    for (int consumer = 0; consumer < 3; ++consumer) {
      consumers.emplace_back([&] { woken += queue.pop() == std::nullopt ? 1 : 0; });
    }
    queue.close();
  }
  EXPECT_EQ(woken, 3);
}

TEST(BoundedQueue, GivesBatchesAsSoonAsTheyAreFullAndTheRestWhenPatienceEnds) {
  BoundedQueue<int> queue(8, 3);
  for (int value = 1; value <= 4; ++value) ASSERT_TRUE(queue.try_push(int{value}));
  EXPECT_EQ(queue.pop_batch(std::chrono::hours(1)), (std::vector{1, 2, 3}));
  EXPECT_EQ(queue.pop_batch(std::chrono::milliseconds(1)), std::vector{4});
  EXPECT_TRUE(queue.pop_batch(std::chrono::milliseconds(0)).empty());
}

TEST(BoundedQueue, WakesWhoWaitsForABatch) {
  BoundedQueue<int> queue(8, 2);
  std::vector<int> batch;
  {
    const std::jthread consumer([&] { batch = queue.pop_batch(std::chrono::hours(1)); });
    ASSERT_TRUE(queue.try_push(1));
    ASSERT_TRUE(queue.try_push(2));
  }
  EXPECT_EQ(batch, (std::vector{1, 2}));
  ASSERT_TRUE(queue.try_push(3));
  {
    const std::jthread consumer([&] { batch = queue.pop_batch(std::chrono::hours(1)); });
    queue.close();
  }
  EXPECT_EQ(batch, std::vector{3});
}

TEST(BoundedQueue, LosesAndDoublesNothingBetweenManyThreads) {
  constexpr int kThreadCount = 3;
  constexpr int kValueCount = 5000;
  BoundedQueue<int> queue(8);
  std::vector<std::atomic<int>> received(std::size_t{kThreadCount} * kValueCount);
  std::vector<std::jthread> consumers;
  for (int consumer = 0; consumer < kThreadCount; ++consumer) {
    consumers.emplace_back([&] {
      while (const auto value = queue.pop()) ++received[static_cast<std::size_t>(*value)];
    });
  }
  std::vector<std::jthread> producers;
  for (int producer = 0; producer < kThreadCount; ++producer) {
    producers.emplace_back([&queue, begin = producer * kValueCount] {
      for (int value = begin; value < begin + kValueCount; ++value) {
        while (!queue.try_push(int{value})) std::this_thread::yield();
      }
    });
  }
  producers.clear();  // joins them
  queue.close();
  consumers.clear();
  for (const auto& times : received) ASSERT_EQ(times, 1);
}

}  // namespace
}  // namespace ml_inference
