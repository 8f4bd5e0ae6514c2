// SPDX-License-Identifier: MIT
#include "host/tree_watch.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace ml_inference {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

// Far more than an event takes, so that a busy machine fails no test.
constexpr milliseconds kPatience{20'000};

class TreeWatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "tree-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const fs::path& below) const { std::ofstream(root_ / below) << "text"; }

  fs::path root_;
};

TEST_F(TreeWatchTest, TellsOfAFileInEachLevel) {
  fs::create_directories(root_ / "model/1");
  TreeWatch watch(root_);
  for (const char* place : {"a", "model/b", "model/1/c"}) {
    EXPECT_EQ(watch.renew(), "");
    EXPECT_EQ(watch.wait(milliseconds(0), true), TreeNews::nothing);
    write(place);
    EXPECT_EQ(watch.wait(kPatience, true), TreeNews::changed) << place;
  }
}

TEST_F(TreeWatchTest, SeesThroughALinkThatIsReplaced) {
  fs::create_directories(root_ / "..1");
  fs::create_symlink("..1", root_ / "..data");
  TreeWatch watch(root_);
  EXPECT_EQ(watch.renew(), "");
  fs::create_symlink("..1", root_ / "..fresh");
  fs::rename(root_ / "..fresh", root_ / "..data");
  EXPECT_EQ(watch.wait(kPatience, true), TreeNews::changed);
}

TEST_F(TreeWatchTest, IsWokenFromAnotherThread) {
  TreeWatch watch(root_);
  EXPECT_EQ(watch.renew(), "");
  std::jthread other([&watch] { watch.wake(); });
  EXPECT_EQ(watch.wait(kPatience, true), TreeNews::woken);
}

TEST_F(TreeWatchTest, LeavesChangesForTheNextWait) {
  TreeWatch watch(root_);
  EXPECT_EQ(watch.renew(), "");
  write("a");
  EXPECT_EQ(watch.wait(milliseconds(0), false), TreeNews::nothing);
  EXPECT_EQ(watch.wait(kPatience, true), TreeNews::changed);
}

TEST_F(TreeWatchTest, SaysThatThereIsNothingToWatch) {
  TreeWatch watch(root_ / "none");
  EXPECT_NE(watch.renew(), "");
  EXPECT_EQ(watch.wait(milliseconds(0), true), TreeNews::nothing);
}

}  // namespace
}  // namespace ml_inference
