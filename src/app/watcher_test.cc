// SPDX-License-Identifier: MIT
#include "app/watcher.h"

#include <gtest/gtest.h>

#include <latch>
#include <memory>
#include <vector>

namespace ml_inference {
namespace {

TEST(Watcher, LooksAgainAndAgainInTurn) {
  std::vector<int> looks;
  std::latch third_round(3);
  {
    const Watcher watcher(std::chrono::milliseconds(1), {[&] { looks.push_back(1); },
                                                         [&] {
                                                           looks.push_back(2);
                                                           if (looks.size() <= 6) {
                                                             third_round.count_down();
                                                           }
                                                         }});
    third_round.wait();
  }
  ASSERT_GE(looks.size(), 6U);
  for (std::size_t i = 0; i < looks.size(); ++i) EXPECT_EQ(looks[i], i % 2 == 0 ? 1 : 2);
}

TEST(Watcher, EndsWithoutWaitingForItsPause) {
  std::latch looked(1);
  std::vector<std::function<void()>> looks{[&looked] { looked.count_down(); }};
  auto watcher = std::make_unique<Watcher>(std::chrono::hours(1), std::move(looks));
  looked.wait();
  watcher.reset();  // the test's own time limit is the promise
}

TEST(Watcher, TellsWhetherALookHangs) {
  std::latch looked(1);
  std::latch released(1);
  int later_look_count = 0;
  Watcher watcher(std::chrono::milliseconds(1), {[&] {
                                                   looked.count_down();
                                                   released.wait();
                                                 },
                                                 [&] { ++later_look_count; }});
  looked.wait();
  EXPECT_FALSE(watcher.stop(std::chrono::milliseconds(10)));
  released.count_down();
  EXPECT_TRUE(watcher.stop(std::chrono::minutes(1)));
  EXPECT_EQ(later_look_count, 0);
}

}  // namespace
}  // namespace ml_inference
