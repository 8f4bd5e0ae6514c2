// SPDX-License-Identifier: MIT
#include "training/work_team.h"

#include <gtest/gtest.h>

#include <vector>

namespace ml_inference {
namespace {

TEST(WorkTeam, DoesEveryIndexOnce) {
  for (const std::size_t thread_count : {1U, 2U, 5U}) {
    WorkTeam team(thread_count);
    for (const std::size_t count : {0U, 1U, 2U, 3U, 100U}) {
      std::vector<int> done(count);
      team.run(count, [&done](std::size_t, std::size_t index) { ++done[index]; });
      EXPECT_EQ(done, std::vector<int>(count, 1)) << thread_count << " threads";
    }
  }
}

TEST(WorkTeam, GivesEachWorkerANumberOfItsOwn) {
  WorkTeam team(4);
  std::vector<std::size_t> sums(team.size());  // without a lock: a worker has its own
  for (int round = 0; round < 200; ++round) {
    team.run(50, [&sums](std::size_t worker, std::size_t) { ++sums[worker]; });
  }
  std::size_t all = 0;
  for (const std::size_t sum : sums) all += sum;
  EXPECT_EQ(all, 200U * 50U);
}

TEST(WorkTeam, SeesInOneRoundWhatWasDoneInTheRoundBefore) {
  WorkTeam team(3);
  std::vector<std::size_t> values(64, 0);
  for (std::size_t round = 1; round <= 500; ++round) {
    team.run(values.size(), [&](std::size_t, std::size_t index) {
      EXPECT_EQ(values[index], round - 1);
      values[index] = round;
    });
  }
}

TEST(WorkTeam, MayEndWithoutHavingWorked) { const WorkTeam team(3); }

}  // namespace
}  // namespace ml_inference
