// SPDX-License-Identifier: MIT
#include "serving/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <vector>

namespace ml_inference {
namespace {

TEST(WorkerPool, DoesWorkInTheOrderInWhichItCame) {
  std::vector<int> done;
  WorkerPool pool(1, 100);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(pool.try_submit([&done, i] { done.push_back(i); }));
  }
  pool.finish();
  ASSERT_EQ(done.size(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(done[static_cast<std::size_t>(i)], i);
}

TEST(WorkerPool, WorksOnAllItsThreadsAtOnce) {
  std::latch all_there(3);
  WorkerPool pool(3, 3);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(pool.try_submit([&all_there] { all_there.arrive_and_wait(); }));
  }
  all_there.wait();
}

TEST(WorkerPool, RefusesWhatTheQueueHasNoRoomForAndLeavesItUntouched) {
  std::latch started(1);
  std::latch released(1);
  WorkerPool pool(1, 1);
  ASSERT_TRUE(pool.try_submit([&started, &released] {
    started.count_down();
    released.wait();
  }));
  started.wait();
  std::atomic<int> calls = 0;
  ASSERT_TRUE(pool.try_submit([&calls] { ++calls; }));
  WorkerPool::Work refused = [&calls] { calls += 10; };
  EXPECT_FALSE(pool.try_submit(std::move(refused)));
  refused();  // still there, to be done otherwise
  released.count_down();
  pool.finish();
  EXPECT_EQ(calls, 11);
}

TEST(WorkerPool, FinishesWhatItTookAndTakesNothingMore) {
  std::atomic<int> calls = 0;
  WorkerPool pool(2, 50);
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(pool.try_submit([&calls] { ++calls; }));
  pool.finish();
  EXPECT_EQ(calls, 50);
  EXPECT_FALSE(pool.try_submit([&calls] { ++calls; }));
  pool.finish();
  EXPECT_EQ(calls, 50);
}

TEST(WorkerPool, FinishesInTimeOrSaysThatItCannot) {
  using std::chrono::milliseconds;
  std::latch released(1);
  std::atomic<int> calls = 0;
  WorkerPool pool(1, 2);
  ASSERT_TRUE(pool.try_submit([&released] { released.wait(); }));
  ASSERT_TRUE(pool.try_submit([&calls] { ++calls; }));
  EXPECT_FALSE(pool.finish_within(milliseconds(1)));
  EXPECT_FALSE(pool.try_submit([&calls] { ++calls; }));
  released.count_down();
  EXPECT_TRUE(pool.finish_within(std::chrono::hours(1)));
  EXPECT_EQ(calls, 1);
}

TEST(WorkerPool, GrowsWhileItWorks) {
  std::latch all_there(3);
  WorkerPool pool(1, 3);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(pool.try_submit([&all_there] { all_there.arrive_and_wait(); }));
  }
  pool.resize(3);
  all_there.wait();
}

TEST(WorkerPool, LosesNoWorkWhenItShrinksAndGrows) {
  std::atomic<int> calls = 0;
  WorkerPool pool(4, 1000);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(pool.try_submit([&calls] { ++calls; }));
    if (i % 10 == 0) pool.resize(i % 20 == 0 ? 1 : 4);
  }
  pool.finish();
  EXPECT_EQ(calls, 1000);
}

TEST(WorkerPool, WorksOnAsManyThreadsAsAreLeft) {
  std::latch begun(1);
  std::latch opened(1);
  std::latch done(1);
  WorkerPool pool(3, 10);
  pool.resize(1);
  ASSERT_TRUE(pool.try_submit([&] {
    begun.count_down();
    opened.wait();
  }));
  begun.wait();
  std::atomic<bool> overtaken = false;
  ASSERT_TRUE(pool.try_submit([&] {
    overtaken = true;
    done.count_down();
  }));
  EXPECT_FALSE(overtaken);
  opened.count_down();
  done.wait();
}

}  // namespace
}  // namespace ml_inference
