// SPDX-License-Identifier: MIT
#include "app/progress_bar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace ml_inference {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A terminal of 80 columns whose clock stands still.
struct FakeTerminal {
  std::chrono::steady_clock::time_point time;
  std::vector<std::string> written;

  ProgressTerminal terminal() {
    return {.width = [] { return std::size_t{80}; },
            .write = [this](std::string_view bytes) { written.emplace_back(bytes); },
            .now = [this] { return time; }};
  }
};

constexpr ProgressState kHalf{
    .done = 50, .total = 100, .share = 0.5, .elapsed = milliseconds(12'400)};

TEST(ProgressText, SaysWhatIsDoneHowLongItTookAndHowLongItWillTake) {
  EXPECT_EQ(progress_text(kHalf, "trees", 80, false),
            "[###############----------------]  50 %  50 of 100 trees  0:12, about 0:12 left");
  EXPECT_EQ(progress_text({.done = 0, .total = 3, .elapsed = milliseconds(3'723'000)}, "trees", 200,
                          false),
            "[" + std::string(40, '-') + "]   0 %  0 of 3 trees  1:02:03");
}

TEST(ProgressText, IsNeverWiderThanTheTerminal) {
  for (std::size_t width = 0; width < 120; ++width) {
    EXPECT_LE(progress_text(kHalf, "trees", width, false).size(), width);
  }
  EXPECT_EQ(progress_text(kHalf, "trees", 50, false),
            " 50 %  50 of 100 trees  0:12, about 0:12 left");
}

TEST(ProgressText, IsColouredOnlyWhereAskedFor) {
  EXPECT_THAT(progress_text(kHalf, "trees", 80, true), HasSubstr("\x1b[32m#"));
  EXPECT_EQ(progress_text(kHalf, "trees", 80, false).find('\x1b'), std::string::npos);
}

TEST(ProgressBar, ShowsNothingOfWorkThatTakesLessThanASecond) {
  FakeTerminal fake;
  {
    ProgressBar bar(fake.terminal(), "trees", {});
    bar.begin_part(1);
    for (int tree = 0; tree < 10; ++tree) {
      fake.time += milliseconds(99);
      bar.advance(10);
    }
  }
  EXPECT_THAT(fake.written, IsEmpty());
}

TEST(ProgressBar, IsDrawnTenTimesASecondAtMostAndThenErased) {
  FakeTerminal fake;
  {
    ProgressBar bar(fake.terminal(), "trees", {});
    bar.begin_part(1);
    bar.advance(4);
    fake.time += milliseconds(1'000);
    bar.advance(4);  // drawn
    fake.time += milliseconds(99);
    bar.advance(4);
    fake.time += milliseconds(1);
    bar.refresh();  // drawn
  }
  ASSERT_EQ(fake.written.size(), 3U);
  EXPECT_THAT(fake.written[0], HasSubstr("50 %  2 of 4 trees  0:01, about 0:01 left"));
  EXPECT_THAT(fake.written[1], HasSubstr("75 %  3 of 4 trees"));
  EXPECT_EQ(fake.written[2], "\r\x1b[K");
}

TEST(ProgressBar, CountsTheStepsOfAllPartsAndTheTimeByTheirWeight) {
  FakeTerminal fake;
  ProgressBar bar(fake.terminal(), "trees", {.part_count = 3, .step_count = 2, .weight = 8});
  bar.begin_part(4);
  fake.time += milliseconds(2'000);
  bar.advance(2);
  EXPECT_THAT(fake.written.back(), HasSubstr("25 %  1 of 6 trees  0:02, about 0:06 left"));
  bar.advance(2);
  bar.begin_part(2);
  fake.time += milliseconds(4'000);
  bar.advance(2);
  EXPECT_THAT(fake.written.back(), HasSubstr("62 %  3 of 6 trees  0:06, about 0:03 left"));
}

TEST(ProgressBar, IsForSeveralThreads) {
  FakeTerminal fake;
  ProgressBar bar(fake.terminal(), "trees", {});
  bar.begin_part(1);
  fake.time += milliseconds(5'000);
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&bar] {
        for (int tree = 0; tree < 100; ++tree) bar.advance(401);
      });
    }
  }
  fake.time += milliseconds(1'000);
  bar.advance(401);
  EXPECT_THAT(fake.written.back(), HasSubstr("100 %  401 of 401 trees"));
}

TEST(ProgressBar, DoesNothingWithoutATerminal) {
  ProgressBar bar(ProgressTerminal(), "trees", {});
  bar.begin_part(1);
  bar.advance(1);
  bar.refresh();
  const ProgressTicker ticker(bar, false);
}

TEST(ProgressBar, IsDrawnBeforeTheFirstStepIsDone) {
  FakeTerminal fake;
  ProgressBar bar(fake.terminal(), "trees", {.step_count = 7});
  fake.time += milliseconds(2'000);
  bar.refresh();
  EXPECT_THAT(fake.written, ElementsAre(HasSubstr("0 %  0 of 7 trees  0:02")));
}

TEST(ProgressTicker, EndsAtOnce) {
  FakeTerminal fake;
  ProgressBar bar(fake.terminal(), "trees", {});
  const ProgressTicker ticker(bar, true);
}

}  // namespace
}  // namespace ml_inference
