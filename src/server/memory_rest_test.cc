// SPDX-License-Identifier: MIT
#include "server/memory_rest.h"

#include "serving/testing/called_job.h"

#include <gtest/gtest.h>

#include <atomic>

namespace ml_inference {
namespace {

class MemoryRestTest : public ::testing::Test {
 protected:
  // Ticks, and waits until the pool has done what came of it.
  void tick(std::uint64_t change_count) {
    rest_.tick(change_count, pool_);
    std::atomic<bool> is_done = false;
    ASSERT_TRUE(testing::is_taken(pool_, [&] {
      is_done = true;
      is_done.notify_one();
    }));
    is_done.wait(false);
  }

  std::atomic<int> given_back_ = 0;
  MemoryRest rest_{[this] { ++given_back_; }};
  WorkerPool pool_{1, testing::patient_queue(4)};  // has one worker: jobs are done one by one
};

TEST_F(MemoryRestTest, GivesNothingBackBeforeAnythingWasTaken) {
  for (int i = 0; i < 3; ++i) tick(0);
  EXPECT_EQ(given_back_, 0);
}

TEST_F(MemoryRestTest, GivesBackOnceWhenNothingHasChangedSinceTheLastTick) {
  tick(2);
  EXPECT_EQ(given_back_, 0);
  for (int i = 0; i < 3; ++i) tick(2);
  EXPECT_EQ(given_back_, 1);
  tick(4);
  EXPECT_EQ(given_back_, 1);
  tick(4);
  EXPECT_EQ(given_back_, 2);
}

TEST_F(MemoryRestTest, KeepsEverythingWhileSomethingComes) {
  for (std::uint64_t count = 1; count < 10; ++count) tick(count);
  EXPECT_EQ(given_back_, 0);
}

}  // namespace
}  // namespace ml_inference
