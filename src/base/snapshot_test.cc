// SPDX-License-Identifier: MIT
#include "base/snapshot.h"

#include <gtest/gtest.h>

#include <functional>
#include <thread>
#include <vector>

namespace ml_inference {
namespace {

TEST(Snapshot, IsNullBeforeTheFirstVersion) { EXPECT_EQ(Snapshot<int>().get(), nullptr); }

TEST(Snapshot, KeepsAnOldVersionForTheReaderThatHasIt) {
  Snapshot<int> snapshot;
  snapshot.set(std::make_shared<int>(1));
  const auto old = snapshot.get();
  const std::weak_ptr<const int> watched = old;
  snapshot.set(std::make_shared<int>(2));
  EXPECT_EQ(*old, 1);
  EXPECT_EQ(*snapshot.get(), 2);
  EXPECT_EQ(watched.use_count(), 1);
}

// Runs a function when it ends.
struct Farewell {
  std::function<void()> say;
  ~Farewell() {
    if (say) say();
  }
};

TEST(Snapshot, LetsTheOldVersionEndOutsideTheLock) {
  Snapshot<Farewell> snapshot;
  bool ended = false;
  // Would wait for itself for ever if set() still held the lock.
  snapshot.set(std::make_shared<Farewell>([&] { ended = snapshot.get() != nullptr; }));
  snapshot.set(std::make_shared<Farewell>());
  EXPECT_TRUE(ended);
}

TEST(Snapshot, GivesEveryReaderAWholeVersionWhileItIsReplaced) {
  constexpr int kVersionCount = 2000;
  Snapshot<std::vector<int>> snapshot;
  snapshot.set(std::make_shared<std::vector<int>>(64, 0));
  const auto read = [&snapshot] {
    for (int seen = 0; seen < kVersionCount;) {
      const auto version = snapshot.get();
      ASSERT_GE(version->front(), seen);
      ASSERT_EQ(version->front(), version->back());
      seen = version->front();
    }
  };
  std::vector<std::jthread> readers;
  for (int reader = 0; reader < 3; ++reader) readers.emplace_back(read);
  for (int version = 1; version <= kVersionCount; ++version) {
    snapshot.set(std::make_shared<std::vector<int>>(64, version));
  }
}

}  // namespace
}  // namespace ml_inference
