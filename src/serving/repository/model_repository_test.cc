// SPDX-License-Identifier: MIT
#include "serving/repository/model_repository.h"

#include "serving/repository/testing/repository_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>

namespace ml_inference {
namespace {

using std::chrono::milliseconds;
using testing::constant_model;
using testing::RepositoryTest;

// Waits as the program does, without a folder's events: each wake() is one.
class Bell {
 public:
  bool wait(milliseconds limit) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, limit, [this] { return rings_ > 0; });
    return std::exchange(rings_, 0) > 0;
  }
  void ring() {
    const std::lock_guard lock(mutex_);
    ++rings_;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int rings_ = 0;
};

TEST_F(RepositoryTest, WorksOnAThreadOfItsOwn) {
  folder_.put("m/1/m.onnx", constant_model(1));
  folder_.put("m/2/m.onnx", constant_model(2));
  options_.poll_pause = std::chrono::hours(1);
  Bell bell;
  doors_.wait = [&](milliseconds limit, bool) { return bell.wait(limit); };
  doors_.wake = [&] { bell.ring(); };
  ModelRepository repository(options_, doors_, readiness_, metrics_, log_);
  ASSERT_TRUE(repository.start());
  EXPECT_EQ(answer(), 2);
  EXPECT_TRUE(repository.set_default("m", 1, {}));
  EXPECT_EQ(answer(), 1);
  folder_.put("m/3/m.onnx", constant_model(3));
  EXPECT_TRUE(repository.reload_all({}));
  EXPECT_EQ(answer({.version = "3"}), 3);
  EXPECT_EQ(repository.index().size(), 2);
  EXPECT_TRUE(repository.stop(std::chrono::seconds(20)));
  EXPECT_EQ(repository.load("m", {}, {}).error().code, Code::unavailable);
}

TEST_F(RepositoryTest, LeavesTheWaitWhenItsCallerDoes) {
  Bell bell;
  doors_.wait = [&](milliseconds limit, bool) { return bell.wait(limit); };
  doors_.wake = [&] { bell.ring(); };
  std::mutex held;
  doors_.verify = [&](const ServedModel&, const std::string&) -> Result<std::string> {
    const std::lock_guard lock(held);
    return "";
  };
  options_.poll_pause = std::chrono::hours(1);
  ModelRepository repository(options_, doors_, readiness_, metrics_, log_);
  ASSERT_TRUE(repository.start());
  folder_.put("m/1/m.onnx", constant_model(1));
  {
    const std::lock_guard lock(held);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(repository.reload_all(stop.get_token()).error().code, Code::deadline_exceeded);
  }
  EXPECT_TRUE(repository.stop(std::chrono::seconds(20)));
}

}  // namespace
}  // namespace ml_inference
