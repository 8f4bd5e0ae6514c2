// SPDX-License-Identifier: MIT
#include "load/rate_schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ml_inference {
namespace {

using testing::ElementsAre;

TEST(RateSchedule, SpreadsRequestsEvenly) {
  const RateSchedule schedule({{.rate = 4, .seconds = 2}});
  EXPECT_EQ(schedule.request_count(), 8);
  EXPECT_EQ(schedule.due_ns(0), 0);
  EXPECT_EQ(schedule.due_ns(1), 250'000'000);
  EXPECT_EQ(schedule.due_ns(7), 1'750'000'000);
}

TEST(RateSchedule, ChangesItsPaceWithEachStep) {
  const RateSchedule schedule(
      {{.rate = 10, .seconds = 1}, {.rate = 0, .seconds = 5}, {.rate = 100, .seconds = 1}});
  EXPECT_EQ(schedule.request_count(), 110);
  EXPECT_EQ(schedule.seconds(), 7);
  EXPECT_EQ(schedule.due_ns(9), 900'000'000);
  EXPECT_EQ(schedule.due_ns(10), 6'000'000'000);
  EXPECT_EQ(schedule.due_ns(11), 6'010'000'000);
}

TEST(RateSchedule, CountsNoRequestTwiceForRounding) {
  EXPECT_EQ(RateSchedule({{.rate = 0.1, .seconds = 30}}).request_count(), 3);
  EXPECT_EQ(RateSchedule({{.rate = 1.0 / 3, .seconds = 9}}).request_count(), 3);
  EXPECT_EQ(RateSchedule({{.rate = 0.5, .seconds = 1}}).request_count(), 1);
}

TEST(RateSchedule, NeverGoesBack) {
  const RateSchedule schedule({{.rate = 33.3, .seconds = 0.7},
                               {.rate = 0.3, .seconds = 1},
                               {.rate = 1'000, .seconds = 0.35}});
  std::uint64_t last = 0;
  for (std::uint64_t request = 0; request < schedule.request_count(); ++request) {
    EXPECT_GE(schedule.due_ns(request), last) << request;
    last = schedule.due_ns(request);
  }
  EXPECT_LT(last, 2'050'000'001);
}

TEST(RateSchedule, HasNothingDueAtARateOfZero) {
  EXPECT_EQ(RateSchedule({{.rate = 0, .seconds = 3}}).request_count(), 0);
  EXPECT_EQ(RateSchedule().request_count(), 0);
}

TEST(ParseRate, TakesOneRateOrSteps) {
  EXPECT_THAT(*parse_rate("500", 30), ElementsAre(RateStep{.rate = 500, .seconds = 30}));
  EXPECT_THAT(*parse_rate("100:10s,0:500ms,2.5:1m", 30),
              ElementsAre(RateStep{.rate = 100, .seconds = 10}, RateStep{.rate = 0, .seconds = 0.5},
                          RateStep{.rate = 2.5, .seconds = 60}));
}

TEST(ParseRate, RefusesWhatIsNoRate) {
  for (const char* text : {"", "fast", "-1", "1e9", "nan", "100:", "100:10h", "100:0s", "100,200",
                           "100:10s,200", "100:10s,", "100x", "1:1440m,1:1s"}) {
    const auto steps = parse_rate(text, 30);
    ASSERT_FALSE(steps.has_value()) << text;
    EXPECT_EQ(steps.error().code, Code::invalid_argument);
  }
}

}  // namespace
}  // namespace ml_inference
