// SPDX-License-Identifier: MIT
#include "host/watched_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace ml_inference {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr std::size_t kSizeMax = 64;

class WatchedFileTest : public testing::Test {
 protected:
  WatchedFileTest() {
    std::string pattern = (fs::temp_directory_path() / "watched_file_test.XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~WatchedFileTest() override {
    std::error_code error;
    fs::remove_all(folder_, error);
  }

  void put(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }

  // The content, the error's message, or "as before".
  static std::string look(WatchedFile& file) {
    const auto seen = file.look();
    if (!seen) return "as before";
    return *seen ? **seen : seen->error().message;
  }

  fs::path folder_;
};

TEST_F(WatchedFileTest, TellsOfEachContentOnce) {
  put("file", "a");
  WatchedFile file(folder_ / "file", kSizeMax);
  EXPECT_EQ(look(file), "a");
  EXPECT_EQ(look(file), "as before");
  put("file", "b");  // as long as before, perhaps within the same tick of the clock
  EXPECT_EQ(look(file), "b");
  put("file", "b");
  EXPECT_EQ(look(file), "as before");
  put("file", "");
  EXPECT_EQ(look(file), "");
}

// As the kubelet mounts a Secret: file -> ..data/file, ..data -> a folder with the time as name.
TEST_F(WatchedFileTest, FollowsTheLinkOfAMountedSecret) {
  put("..2026_1/file", "old");
  fs::create_symlink("..2026_1", folder_ / "..data");
  fs::create_symlink("..data/file", folder_ / "file");
  WatchedFile file(folder_ / "file", kSizeMax);
  EXPECT_EQ(look(file), "old");
  put("..2026_2/file", "new");
  EXPECT_EQ(look(file), "as before");
  fs::create_symlink("..2026_2", folder_ / "..data_tmp");
  fs::rename(folder_ / "..data_tmp", folder_ / "..data");
  fs::remove_all(folder_ / "..2026_1");
  EXPECT_EQ(look(file), "new");
}

TEST_F(WatchedFileTest, TellsOnceThatTheFileIsGoneAndThatItIsBack) {
  put("file", "a");
  WatchedFile file(folder_ / "file", kSizeMax);
  EXPECT_EQ(look(file), "a");
  fs::remove(folder_ / "file");
  EXPECT_THAT(look(file), HasSubstr("file: cannot be read: No such file"));
  EXPECT_EQ(look(file), "as before");
  put("file", "a");
  EXPECT_EQ(look(file), "a");
}

TEST_F(WatchedFileTest, RefusesWhatIsNoSmallFile) {
  put("large", std::string(kSizeMax + 1, 'x'));
  WatchedFile large(folder_ / "large", kSizeMax);
  EXPECT_THAT(look(large), HasSubstr("larger than 64 bytes"));
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  for (const char* name : {"", "pipe"}) {
    WatchedFile file(folder_ / name, kSizeMax);
    EXPECT_THAT(look(file), HasSubstr("is not a regular file"));
  }
}

// Whoever writes into the folder may put a pipe there between any two of our system calls; opening
// one to read waits for a writer. The test's own time limit is the promise.
TEST_F(WatchedFileTest, NeverWaitsForAPipeThatTakesTheFilesPlace) {
  put("file", "a");
  const std::string path = folder_ / "file";
  std::jthread swapper([&](const std::stop_token& stop) {
    const std::string next = folder_ / "next";
    while (!stop.stop_requested()) {
      EXPECT_EQ(::mkfifo(next.c_str(), 0600), 0);
      EXPECT_EQ(::rename(next.c_str(), path.c_str()), 0);
      put("next", "b");
      EXPECT_EQ(::rename(next.c_str(), path.c_str()), 0);
    }
  });
  for (int i = 0; i < 50'000; ++i) {
    WatchedFile file(path, kSizeMax);
    EXPECT_THAT(look(file), ::testing::AnyOf("a", "b", HasSubstr("is not a regular file")));
  }
}

}  // namespace
}  // namespace ml_inference
