// SPDX-License-Identifier: MIT
#include "app/unfinished_files.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace ml_inference {
namespace {

std::string make_file(const std::string& name) {
  const std::string path = ::testing::TempDir() + name + std::to_string(::getpid());
  std::ofstream(path) << "half";
  return path;
}

class UnfinishedFiles : public ::testing::TestWithParam<int> {};

TEST_P(UnfinishedFiles, AreRemovedByASignalThatThenEndsTheProgram) {
  const std::string path = make_file("unfinished");
  EXPECT_EXIT(
      {
        UnfinishedFile file;
        file.make([&path] { return path; });
        ::raise(GetParam());
      },
      ::testing::KilledBySignal(GetParam()), "");
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_P(UnfinishedFiles, StayOnceTheyAreFinished) {
  const std::string path = make_file("finished");
  EXPECT_EXIT(
      {
        UnfinishedFile file;
        file.make([&path] { return path; });
        file.forget();
        ::raise(GetParam());
      },
      ::testing::KilledBySignal(GetParam()), "");
  EXPECT_TRUE(std::filesystem::remove(path));
}

TEST_P(UnfinishedFiles, LeaveASignalThatIsIgnoredAlone) {
  const std::string path = make_file("ignored");
  EXPECT_EXIT(
      {
        ::signal(GetParam(), SIG_IGN);
        UnfinishedFile file;
        file.make([&path] { return path; });
        ::raise(GetParam());
        ::_exit(7);
      },
      ::testing::ExitedWithCode(7), "");
  EXPECT_TRUE(std::filesystem::remove(path));
}

INSTANTIATE_TEST_SUITE_P(Signals, UnfinishedFiles, ::testing::Values(SIGINT, SIGTERM, SIGHUP));

}  // namespace
}  // namespace ml_inference
