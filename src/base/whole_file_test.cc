// SPDX-License-Identifier: MIT
#include "base/whole_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>

namespace ml_inference {
namespace {

namespace fs = std::filesystem;

class WholeFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "whole-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string write(const std::string& text) const {
    std::ofstream(folder_ / "file") << text;
    return (folder_ / "file").string();
  }

  fs::path folder_;
};

TEST_F(WholeFileTest, ReadsAFileUpToALimit) {
  const std::string text(10'000, 'x');
  const std::string path = write(text);
  EXPECT_EQ(read_whole_file(path, 10'000).value(), text);
  EXPECT_EQ(read_whole_file(path, 9'999).error().code, Code::resource_exhausted);
  EXPECT_EQ(read_whole_stream(path, 10'000).value(), text);
}

TEST_F(WholeFileTest, WaitsForNoPipe) {
  const std::string path = (folder_ / "pipe").string();
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(read_whole_file(path, 1).error().code, Code::invalid_argument);
  EXPECT_EQ(read_whole_file(folder_.string(), 1).error().code, Code::invalid_argument);
  EXPECT_EQ(read_whole_file((folder_ / "none").string(), 1).error().code, Code::not_found);
}

}  // namespace
}  // namespace ml_inference
