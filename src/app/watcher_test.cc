// SPDX-License-Identifier: MIT
#include "app/watcher.h"

#include <gtest/gtest.h>

#include <latch>
#include <optional>
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
  std::optional<Watcher> watcher;
  watcher.emplace(std::chrono::hours(1),
                  std::vector<std::function<void()>>{[&looked] { looked.count_down(); }});
  looked.wait();
  watcher.reset();  // the test's own time limit is the promise
}

}  // namespace
}  // namespace ml_inference
