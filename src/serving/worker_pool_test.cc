// SPDX-License-Identifier: MIT
#include "serving/worker_pool.h"

#include "serving/testing/called_job.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

TEST(WorkerPool, DoesWorkInTheOrderInWhichItCame) {
  std::vector<int> done;
  WorkerPool pool(1, testing::patient_queue(100));
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(testing::is_taken(pool, [&done, i] { done.push_back(i); }));
  }
  pool.finish();
  ASSERT_EQ(done.size(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(done[static_cast<std::size_t>(i)], i);
}

TEST(WorkerPool, WorksOnAllItsThreadsAtOnce) {
  std::latch all_there(3);
  WorkerPool pool(3, testing::patient_queue(3));
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(testing::is_taken(pool, [&all_there] { all_there.arrive_and_wait(); }));
  }
  all_there.wait();
}

TEST(WorkerPool, RefusesWhatTheQueueHasNoRoomFor) {
  std::latch started(1);
  std::latch released(1);
  WorkerPool pool(1, testing::patient_queue(1));
  ASSERT_TRUE(testing::is_taken(pool, [&started, &released] {
    started.count_down();
    released.wait();
  }));
  started.wait();
  std::atomic<int> calls = 0;
  ASSERT_TRUE(testing::is_taken(pool, [&calls] { ++calls; }));
  EXPECT_EQ(testing::refusal_of(pool, [&calls] { calls += 10; }), JobRefusal::queue_full);
  released.count_down();
  pool.finish();
  EXPECT_EQ(calls, 1);
}

TEST(WorkerPool, FinishesWhatItTookAndTakesNothingMore) {
  std::atomic<int> calls = 0;
  WorkerPool pool(2, testing::patient_queue(50));
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(testing::is_taken(pool, [&calls] { ++calls; }));
  pool.finish();
  EXPECT_EQ(calls, 50);
  EXPECT_FALSE(testing::is_taken(pool, [&calls] { ++calls; }));
  pool.finish();
  EXPECT_EQ(calls, 50);
}

TEST(WorkerPool, FinishesInTimeOrSaysThatItCannot) {
  using std::chrono::milliseconds;
  std::latch released(1);
  std::atomic<int> calls = 0;
  WorkerPool pool(1, testing::patient_queue(2));
  ASSERT_TRUE(testing::is_taken(pool, [&released] { released.wait(); }));
  ASSERT_TRUE(testing::is_taken(pool, [&calls] { ++calls; }));
  EXPECT_FALSE(pool.finish_within(milliseconds(1)));
  EXPECT_FALSE(testing::is_taken(pool, [&calls] { ++calls; }));
  released.count_down();
  EXPECT_TRUE(pool.finish_within(std::chrono::hours(1)));
  EXPECT_EQ(calls, 1);
}

TEST(WorkerPool, GrowsWhileItWorks) {
  std::latch all_there(3);
  WorkerPool pool(1, testing::patient_queue(3));
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(testing::is_taken(pool, [&all_there] { all_there.arrive_and_wait(); }));
  }
  pool.resize(3);
  all_there.wait();
}

TEST(WorkerPool, LosesNoWorkWhenItShrinksAndGrows) {
  std::atomic<int> calls = 0;
  WorkerPool pool(4, testing::patient_queue(1000));
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(testing::is_taken(pool, [&calls] { ++calls; }));
    if (i % 10 == 0) pool.resize(i % 20 == 0 ? 1 : 4);
  }
  pool.finish();
  EXPECT_EQ(calls, 1000);
}

TEST(WorkerPool, WorksOnAsManyThreadsAsAreLeft) {
  std::latch begun(1);
  std::latch opened(1);
  std::latch done(1);
  WorkerPool pool(3, testing::patient_queue(10));
  pool.resize(1);
  ASSERT_TRUE(testing::is_taken(pool, [&] {
    begun.count_down();
    opened.wait();
  }));
  begun.wait();
  std::atomic<bool> overtaken = false;
  ASSERT_TRUE(testing::is_taken(pool, [&] {
    overtaken = true;
    done.count_down();
  }));
  EXPECT_FALSE(overtaken);
  opened.count_down();
  done.wait();
}

// Hands out the numbers below `count`, as parts.
struct Parts {
  explicit Parts(int part_count) : count(part_count) {}
  // The next one, or -1.
  int take() {
    const int part = next.fetch_add(1);
    return part < count ? part : -1;
  }
  const int count;
  std::atomic<int> next = 0;
};

TEST(WorkerPool, DoesPartsOnAllItsThreadsAtOnce) {
  std::latch all_there(3);
  Parts parts(3);
  WorkerPool pool(3, testing::patient_queue(3));
  const auto do_part = [&] {
    if (parts.take() < 0) return false;
    all_there.arrive_and_wait();
    return true;
  };
  ASSERT_TRUE(
      testing::is_taken(pool, [&] { pool.do_together(do_part, [&] { return do_part; }, 2); }));
  all_there.wait();
  pool.finish();
  EXPECT_GE(parts.next, 3);
}

TEST(WorkerPool, DoesAllPartsAloneWhenNobodyCanHelp) {
  std::vector<int> done;
  Parts parts(5);
  WorkerPool pool(1, testing::patient_queue(3));
  const auto own = [&] {
    const int part = parts.take();
    if (part >= 0) done.push_back(part);
    return part >= 0;
  };
  ASSERT_TRUE(testing::is_taken(pool, [&] { pool.do_together(own, [&] { return own; }, 3); }));
  pool.finish();
  EXPECT_EQ(done, (std::vector{0, 1, 2, 3, 4}));
}

TEST(WorkerPool, HelpsWhoIsNoneOfItsThreads) {
  std::latch both_there(2);
  Parts parts(2);
  WorkerPool pool(1, testing::patient_queue(3));
  const auto do_part = [&] {
    if (parts.take() < 0) return false;
    both_there.arrive_and_wait();
    return true;
  };
  pool.do_together(do_part, [&] { return do_part; }, 1);
  EXPECT_TRUE(both_there.try_wait());
}

TEST(WorkerPool, DoesWorkThatWaitsBetweenTwoParts) {
  std::latch helper_is_within(1);
  std::latch opened(1);
  std::latch work_is_done(1);
  std::atomic<int> early_parts = 0;
  Parts parts(10);
  WorkerPool pool(2, testing::patient_queue(3));
  const auto own = [&] {  // does one part, which lasts until the other work is done
    helper_is_within.wait();
    work_is_done.wait();
    return parts.take() >= 0;
  };
  bool is_first = true;
  const auto help = [&] {
    if (parts.take() < 0) return false;
    if (!is_first) early_parts += work_is_done.try_wait() ? 0 : 1;
    if (std::exchange(is_first, false)) {
      helper_is_within.count_down();
      opened.wait();
    }
    return true;
  };
  ASSERT_TRUE(testing::is_taken(pool, [&] { pool.do_together(own, [&] { return help; }, 1); }));
  helper_is_within.wait();
  ASSERT_TRUE(testing::is_taken(pool, [&] { work_is_done.count_down(); }));
  opened.count_down();
  pool.finish();
  EXPECT_EQ(early_parts, 0);
  EXPECT_GE(parts.next, 10);
}

TEST(WorkerPool, WaitsForThePartsThatItsHelpersAreWithin) {
  std::latch helper_is_within(1);
  std::latch own_is_over(1);
  bool is_helper_done = false;
  bool was_helper_done = false;
  bool has_helped = false;
  WorkerPool pool(2, testing::patient_queue(3));
  const auto own = [&] {
    helper_is_within.wait();
    own_is_over.count_down();
    return false;
  };
  const auto help = [&] {
    if (std::exchange(has_helped, true)) return false;
    helper_is_within.count_down();
    own_is_over.wait();
    is_helper_done = true;
    return true;
  };
  ASSERT_TRUE(testing::is_taken(pool, [&] {
    pool.do_together(own, [&] { return help; }, 1);
    was_helper_done = is_helper_done;
  }));
  pool.finish();
  EXPECT_TRUE(was_helper_done);
}

TEST(WorkerPool, HasNoMoreHelpersThanAreWanted) {
  std::atomic<int> helpers = 0;
  std::atomic<int> helpers_max = 0;
  Parts parts(1000);
  WorkerPool pool(4, testing::patient_queue(3));
  const auto help = [&] {
    const int now = ++helpers;
    for (int most = helpers_max; now > most && !helpers_max.compare_exchange_weak(most, now);) {
    }
    const bool did_one = parts.take() >= 0;
    --helpers;
    return did_one;
  };
  pool.do_together([&] { return parts.take() >= 0; }, [&] { return help; }, 2);
  EXPECT_LE(helpers_max, 2);
}

TEST(WorkerPool, LosesAndDoublesNoPartWhenItShrinksAndGrows) {
  constexpr int kPartCount = 2000;
  std::vector<std::atomic<int>> done(kPartCount);
  WorkerPool pool(4, testing::patient_queue(10));
  for (int round = 0; round < 10; ++round) {
    Parts parts(kPartCount);
    const auto do_part = [&] {
      const int part = parts.take();
      if (part >= 0) ++done[static_cast<std::size_t>(part)];
      return part >= 0;
    };
    std::latch over(1);
    ASSERT_TRUE(testing::is_taken(pool, [&] {
      pool.do_together(do_part, [&] { return do_part; }, 3);
      over.count_down();
    }));
    pool.resize(round % 2 == 0 ? 1 : 4);
    over.wait();
    for (const std::atomic<int>& count : done) ASSERT_EQ(count, round + 1);
  }
}

TEST(WorkerPool, HelpsSeveralAtATimeAndEndsThemAll) {
  constexpr int kPartCount = 50;
  std::atomic<int> done = 0;
  WorkerPool pool(3, testing::patient_queue(30));
  for (int work = 0; work < 30; ++work) {
    ASSERT_TRUE(testing::is_taken(pool, [&] {
      Parts parts(kPartCount);
      const auto do_part = [&] {
        const bool did_one = parts.take() >= 0;
        done += did_one ? 1 : 0;
        return did_one;
      };
      pool.do_together(do_part, [&] { return do_part; }, 2);
    }));
  }
  pool.finish();
  EXPECT_EQ(done, 30 * kPartCount);
}

}  // namespace
}  // namespace ml_inference
