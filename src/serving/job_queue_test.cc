// SPDX-License-Identifier: MIT
#include "serving/job_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Is never done.
struct PlainJob final : public Job {
  explicit PlainJob(JobTerms terms) { terms_ = std::move(terms); }
  void run(std::span<Job* const>) override {}
  void drop(JobRefusal) override {}
};

// A queue at a time of its own, with as many workers as the test says.
class JobQueueTest : public ::testing::Test {
 protected:
  // Job number jobs_.size().
  std::optional<JobRefusal> push(JobTerms terms) {
    jobs_.emplace_back(std::move(terms));
    const auto [refusal, displaced] = queue_->push(jobs_.back(), now_, workforce());
    if (displaced != nullptr) displaced_.push_back(number(displaced));
    return refusal;
  }

  // The numbers of the jobs of the next turn.
  std::vector<std::size_t> pop() {
    std::vector<Job*> late;
    const JobQueue::Turn turn = queue_->pop(now_, workforce(), late);
    for (const Job* const job : late) late_.push_back(number(job));
    std::vector<std::size_t> numbers;
    if (turn.job != nullptr) numbers.push_back(number(turn.job));
    for (const Job* const job : turn.others) numbers.push_back(number(job));
    return numbers;
  }

  // Work of the kind is done in so long, and again and again for a second: all workers are busy.
  void be_busy_for_a_second(milliseconds time) {
    for (int i = 0; i < 100; ++i) queue_->end(taken(kind_), kSteps, time);
    now_ += std::chrono::seconds(1);
  }

  // And more comes than they can do: the queue has been long, and is empty now.
  void be_overloaded() {
    be_busy_for_a_second(milliseconds(10));
    const JobTerms terms{.kind = kind_, .step_count = kSteps};
    for (std::size_t i = 0; i < kLongQueueSize; ++i) EXPECT_EQ(push(terms), std::nullopt);
    EXPECT_EQ(push(terms), JobRefusal::standing);
    while (!queue_->empty()) pop();
    jobs_.clear();
  }

  [[nodiscard]] std::shared_ptr<WorkKind> taken(const std::shared_ptr<WorkKind>& kind) {
    PlainJob job({.kind = kind, .step_count = 0});
    const Workforce idle{.worker_count = 1, .idle_since = std::span(&now_, 1)};
    JobQueue::Limits limits;
    JobQueue other(limits, now_);
    EXPECT_FALSE(other.push(job, now_, idle).refusal);
    std::vector<Job*> late;
    EXPECT_EQ(other.pop(now_, idle, late).job, &job);
    return kind;
  }

  [[nodiscard]] std::size_t number(const Job* job) const {
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      if (&jobs_[i] == job) return i + 1;
    }
    return 0;
  }

  [[nodiscard]] Workforce workforce() const {
    return {.worker_count = 2, .idle_since = idle_since_};
  }

  void use(const JobQueue::Limits& limits) { queue_.emplace(limits, now_); }

  static constexpr std::size_t kSteps = 1'000;
  static constexpr std::size_t kLongQueueSize = 8;  // half of what may wait

  JobQueue::Clock::time_point now_{std::chrono::hours(1)};
  std::vector<JobQueue::Clock::time_point> idle_since_;  // of workers that are
  std::optional<JobQueue> queue_{std::in_place, JobQueue::Limits{}, now_};
  std::shared_ptr<WorkKind> kind_ = std::make_shared<WorkKind>();
  std::deque<PlainJob> jobs_;
  std::vector<std::size_t> displaced_;
  std::vector<std::size_t> late_;
};

TEST_F(JobQueueTest, LowerNumbersGoFirstAndEqualOnesInTheOrderOfTheirComing) {
  for (const std::uint32_t priority : {2U, 1U, 3U, 2U, 1U}) {
    EXPECT_EQ(push({.priority = priority}), std::nullopt);
  }
  std::vector<std::size_t> order;
  while (!queue_->empty()) order.push_back(pop().front());
  EXPECT_THAT(order, ElementsAre(2, 5, 1, 4, 3));
}

TEST_F(JobQueueTest, AFullQueueRefusesUnlessTheJobGoesBeforeAnother) {
  use({.size_max = 2});
  EXPECT_EQ(push({.priority = 2}), std::nullopt);
  EXPECT_EQ(push({.priority = 2}), std::nullopt);
  EXPECT_EQ(push({.priority = 2}), JobRefusal::queue_full);
  EXPECT_EQ(push({.priority = 1}), std::nullopt);
  EXPECT_THAT(displaced_, ElementsAre(2));
  EXPECT_THAT(pop(), ElementsAre(4));
  EXPECT_THAT(pop(), ElementsAre(1));
  EXPECT_THAT(pop(), IsEmpty());
}

TEST_F(JobQueueTest, AWorkerThatIsIdleGetsItsJobThoughTheQueueIsFull) {
  use({.size_max = 0});
  EXPECT_EQ(push({}), JobRefusal::queue_full);
  idle_since_ = {now_};
  EXPECT_EQ(push({}), std::nullopt);
  EXPECT_EQ(push({}), JobRefusal::queue_full);
}

TEST_F(JobQueueTest, ABurstWaitsAndAStandingQueueDoesNot) {
  for (int i = 0; i < 16; ++i) EXPECT_EQ(push({.kind = kind_, .step_count = kSteps}), std::nullopt);
  while (!queue_->empty()) pop();
  be_overloaded();
  EXPECT_EQ(push({.kind = kind_, .step_count = kSteps}), std::nullopt);  // nobody waits yet
  EXPECT_EQ(push({.kind = kind_, .step_count = kSteps}), JobRefusal::standing);
}

TEST_F(JobQueueTest, AFewClientsThatAskAgainAndAgainWaitForEachOther) {
  be_busy_for_a_second(milliseconds(10));
  for (int turn = 0; turn < 100; ++turn) {
    while (queue_->size() < kLongQueueSize) {
      EXPECT_EQ(push({.kind = kind_, .step_count = kSteps}), std::nullopt);
    }
    pop();
    queue_->end(kind_, kSteps, milliseconds(10));
    now_ += milliseconds(10);
  }
}

TEST_F(JobQueueTest, AShortQueueIsLongWhenHalfOfItIsFull) {
  use({.size_max = 4});
  be_busy_for_a_second(milliseconds(10));
  EXPECT_EQ(push({.kind = kind_, .step_count = kSteps}), std::nullopt);
  EXPECT_EQ(push({.kind = kind_, .step_count = kSteps}), std::nullopt);
  EXPECT_EQ(push({.kind = kind_, .step_count = kSteps}), JobRefusal::standing);
}

TEST_F(JobQueueTest, AStandingQueueTakesWhatIsSoonDone) {
  be_overloaded();
  // A quarter of 10 ms: 5 ms of work may be before it, which two workers share.
  EXPECT_EQ(push({.kind = kind_, .step_count = kSteps / 4}), std::nullopt);
  EXPECT_EQ(push({.kind = kind_, .step_count = kSteps / 4}), std::nullopt);
  EXPECT_EQ(push({.kind = kind_, .step_count = kSteps / 4}), std::nullopt);
  EXPECT_EQ(push({.kind = kind_, .step_count = kSteps / 4}), JobRefusal::standing);
}

TEST_F(JobQueueTest, AnOverloadEndsWhenWorkersHaveRoomAgain) {
  be_overloaded();
  EXPECT_EQ(push({.kind = kind_, .step_count = kSteps}), std::nullopt);
  EXPECT_EQ(push({.kind = kind_, .step_count = kSteps}), JobRefusal::standing);
  queue_->was_idle(now_ - milliseconds(8), now_);  // of some 33 ms that count, for two workers
  EXPECT_NEAR(queue_->idle_share(now_, workforce()), 0.11, 0.01);
  EXPECT_EQ(push({.kind = kind_, .step_count = kSteps}), JobRefusal::standing);
  queue_->was_idle(now_ - milliseconds(4), now_);
  EXPECT_GT(queue_->idle_share(now_, workforce()), 0.15);
  EXPECT_EQ(push({.kind = kind_, .step_count = kSteps}), std::nullopt);
}

TEST_F(JobQueueTest, WorkersThatAreIdleForATenthOfTheirTimeAreNotOverloaded) {
  queue_->was_idle(now_ - milliseconds(20), now_);
  now_ += milliseconds(70);  // of the idle share, a fifth or so is left
  EXPECT_GT(queue_->idle_share(now_, workforce()), 0.05);
  for (int i = 0; i < 16; ++i) EXPECT_EQ(push({.kind = kind_, .step_count = kSteps}), std::nullopt);
}

TEST_F(JobQueueTest, KnowsWhichShareOfTheirTimeWorkersWereIdle) {
  be_busy_for_a_second(milliseconds(10));
  EXPECT_NEAR(queue_->idle_share(now_, workforce()), 0, 1e-9);
  idle_since_ = {now_ - std::chrono::minutes(1)};
  EXPECT_NEAR(queue_->idle_share(now_, workforce()), 0.5, 1e-9);
  idle_since_.push_back(now_ - std::chrono::minutes(1));
  EXPECT_NEAR(queue_->idle_share(now_, workforce()), 1, 1e-9);
  for (const auto since : std::exchange(idle_since_, {})) queue_->was_idle(since, now_);
  EXPECT_NEAR(queue_->idle_share(now_, workforce()), 1, 1e-9);
  now_ += milliseconds(100);
  EXPECT_NEAR(queue_->idle_share(now_, workforce()), 0.05, 1e-9);
}

TEST_F(JobQueueTest, ABurstAfterALongRestWaits) {
  be_busy_for_a_second(milliseconds(10));
  idle_since_.assign(2, now_ - std::chrono::minutes(1));
  for (int i = 0; i < 16; ++i) EXPECT_EQ(push({.kind = kind_, .step_count = kSteps}), std::nullopt);
}

TEST_F(JobQueueTest, ABurstMayLastEightTimesWhatAJobTakes) {
  for (int i = 0; i < 100; ++i) queue_->end(taken(kind_), kSteps, milliseconds(500));
  for (int i = 0; i < 2; ++i) queue_->was_idle(now_ - std::chrono::minutes(1), now_);
  now_ += milliseconds(3'900);
  for (std::size_t i = 0; i <= kLongQueueSize; ++i) {
    EXPECT_EQ(push({.kind = kind_, .step_count = kSteps}), std::nullopt);
  }
  now_ += milliseconds(200);
  EXPECT_EQ(push({.kind = kind_, .step_count = kSteps}), JobRefusal::standing);
}

TEST_F(JobQueueTest, NeverCountsAsStandingIfItIsToldSo) {
  use({.size_max = 16, .standing_after = nanoseconds(0)});
  be_busy_for_a_second(milliseconds(10));
  for (int i = 0; i < 16; ++i) EXPECT_EQ(push({.kind = kind_, .step_count = kSteps}), std::nullopt);
  EXPECT_EQ(push({.kind = kind_, .step_count = kSteps}), JobRefusal::queue_full);
}

TEST_F(JobQueueTest, HigherPriorityTakesThePlaceInAStandingQueue) {
  be_overloaded();
  const JobTerms low{.kind = kind_, .step_count = kSteps, .priority = 2};
  const JobTerms high{.kind = kind_, .step_count = kSteps, .priority = 1};
  EXPECT_EQ(push(low), std::nullopt);
  EXPECT_EQ(push(low), JobRefusal::standing);
  EXPECT_EQ(push(high), std::nullopt);  // what goes after it is none of its business
  EXPECT_EQ(push(high), std::nullopt);
  EXPECT_THAT(displaced_, ElementsAre(1));
  EXPECT_EQ(push(high), JobRefusal::standing);
}

TEST_F(JobQueueTest, RefusesAtOnceWhatItsTurnWouldComeTooLateFor) {
  for (int i = 0; i < 100; ++i) queue_->end(taken(kind_), kSteps, milliseconds(10));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(push({.kind = kind_, .step_count = kSteps, .deadline = now_ + milliseconds(11)}),
              std::nullopt);
  }
  EXPECT_EQ(push({.kind = kind_, .step_count = kSteps, .deadline = now_ + milliseconds(9)}),
            JobRefusal::too_late);
  EXPECT_EQ(push({.kind = kind_, .step_count = kSteps, .deadline = now_}), JobRefusal::too_late);
}

TEST_F(JobQueueTest, DropsWhatHasWaitedTooLong) {
  EXPECT_EQ(push({.deadline = now_ + milliseconds(1)}), std::nullopt);
  EXPECT_EQ(push({.deadline = now_ + milliseconds(3)}), std::nullopt);
  now_ += milliseconds(2);
  EXPECT_THAT(pop(), ElementsAre(2));
  EXPECT_THAT(late_, ElementsAre(1));
}

TEST_F(JobQueueTest, AKindHasAsManyWorkersAsItMay) {
  const auto narrow = std::make_shared<WorkKind>(WorkLimits{.concurrency_max = 1});
  EXPECT_EQ(push({.kind = narrow, .step_count = 1}), std::nullopt);
  EXPECT_EQ(push({.kind = narrow, .step_count = 1}), std::nullopt);
  EXPECT_EQ(push({.kind = kind_, .step_count = 1}), std::nullopt);
  EXPECT_THAT(pop(), ElementsAre(1));
  EXPECT_THAT(pop(), ElementsAre(3));
  EXPECT_FALSE(queue_->has_turn());
  EXPECT_THAT(pop(), IsEmpty());
  queue_->end(narrow, 1, milliseconds(1));
  EXPECT_TRUE(queue_->has_turn());
  EXPECT_THAT(pop(), ElementsAre(2));
}

TEST_F(JobQueueTest, NoMoreOfAKindWaitsThanMay) {
  const auto short_queue = std::make_shared<WorkKind>(WorkLimits{.queue_size_max = 1});
  EXPECT_EQ(push({.kind = short_queue, .step_count = 1}), std::nullopt);
  EXPECT_EQ(push({.kind = short_queue, .step_count = 1}), JobRefusal::kind_full);
  EXPECT_EQ(push({.kind = kind_, .step_count = 1}), std::nullopt);
}

TEST_F(JobQueueTest, WhatWaitsForOneModelIsDoneTogether) {
  const JobTerms joins{.kind = kind_, .step_count = 1, .may_join = true};
  EXPECT_EQ(push(joins), std::nullopt);
  EXPECT_EQ(push({.kind = std::make_shared<WorkKind>(), .step_count = 1, .may_join = true}),
            std::nullopt);
  EXPECT_EQ(push(joins), std::nullopt);
  EXPECT_EQ(push({.kind = kind_, .step_count = 1}), std::nullopt);
  EXPECT_EQ(push(joins), std::nullopt);
  EXPECT_THAT(pop(), ElementsAre(1, 3, 5));
  EXPECT_THAT(pop(), ElementsAre(2));
  EXPECT_THAT(pop(), ElementsAre(4));
}

TEST_F(JobQueueTest, LeavesIdleWorkersTheirShare) {
  idle_since_ = {now_};
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(push({.kind = kind_, .step_count = 1, .may_join = true}), std::nullopt);
  }
  EXPECT_THAT(pop(), ElementsAre(1, 2, 3));
}

TEST_F(JobQueueTest, DoesTogetherNoMoreThanIsSoonDone) {
  for (const std::size_t steps : {2'000'000U, 2'000'000U, 2'000'000U, 1'000'000U, 1U}) {
    EXPECT_EQ(push({.kind = kind_, .step_count = steps, .may_join = true}), std::nullopt);
  }
  EXPECT_THAT(pop(), ElementsAre(1, 2, 4));
  EXPECT_THAT(pop(), ElementsAre(3, 5));
}

TEST_F(JobQueueTest, TakesBackWhatNobodyWants) {
  EXPECT_EQ(push({}), std::nullopt);
  EXPECT_EQ(push({}), std::nullopt);
  EXPECT_TRUE(queue_->remove(jobs_.front()));
  EXPECT_FALSE(queue_->remove(jobs_.front()));
  EXPECT_THAT(pop(), ElementsAre(2));
}

TEST_F(JobQueueTest, ForecastsNothingBeforeItHasMeasured) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(push({.kind = kind_, .step_count = 1'000'000'000, .deadline = now_ + nanoseconds(1)}),
              std::nullopt);
  }
}

TEST_F(JobQueueTest, LearnsWhatAStepOfAKindTakes) {
  const auto slow = std::make_shared<WorkKind>();
  for (int i = 0; i < 100; ++i) queue_->end(taken(kind_), 1'000, milliseconds(1));
  for (int i = 0; i < 100; ++i) queue_->end(taken(slow), 1'000, milliseconds(8));
  EXPECT_EQ(queue_->expected({.kind = kind_, .step_count = 2'000}), milliseconds(2));
  EXPECT_EQ(queue_->expected({.kind = slow, .step_count = 2'000}), milliseconds(16));
}

}  // namespace
}  // namespace ml_inference
