// SPDX-License-Identifier: MIT
#include "app/row_blocks.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

class RowBlocksOf : public ::testing::Test {
 protected:
  ~RowBlocksOf() override { std::remove(path_.c_str()); }

  RowBlocks begin(std::string_view text, std::size_t block_size) const {
    std::ofstream(path_, std::ios::binary) << text;
    return RowBlocks::begin(InputStream::open(path_).value(), {.block_size = block_size}).value();
  }

  const std::string path_ = ::testing::TempDir() + "row_blocks_" + std::to_string(::getpid());
};

// "line:text" of each block.
std::vector<std::string> all_of(RowBlocks& blocks) {
  std::vector<std::string> texts;
  RowBlock block;
  while (blocks.next(block).value()) texts.push_back(std::to_string(block.line) + ":" + block.text);
  return texts;
}

TEST_F(RowBlocksOf, HoldWholeRowsAndKnowTheirLine) {
  RowBlocks blocks = begin("a,b\n1,\"x\ny\"\n\n2,z", 5);
  EXPECT_EQ(all_of(blocks), (std::vector<std::string>{"1:a,b\n", "2:1,\"x\ny\"\n\n", "5:2,z"}));
}

TEST_F(RowBlocksOf, TellCsvFromJsonLines) {
  for (const char* text : {"[1]\n", " \n\t{", "\xEF\xBB\xBF\r\n[", "{"}) {
    EXPECT_EQ(begin(text, 1).kind(), RowsKind::json_lines) << text;
  }
  for (const char* text : {"", "a\n[1]\n", "\xEF\xBB\xBF", "\"[\"\n", "\xEF[\n"}) {
    EXPECT_EQ(begin(text, 1).kind(), RowsKind::csv) << text;
  }
}

TEST_F(RowBlocksOf, LeaveOutAByteOrderMarkAtTheBeginningOnly) {
  RowBlocks blocks = begin(
      "\xEF\xBB\xBF"
      "a\n\xEF\xBB\xBF"
      "1\n",
      100);
  EXPECT_EQ(all_of(blocks), (std::vector<std::string>{"1:a\n\xEF\xBB\xBF"
                                                      "1\n"}));
}

TEST_F(RowBlocksOf, GiveAgainWhatIsPutBack) {
  RowBlocks blocks = begin("a\n1\n2\n3\n", 6);
  RowBlock block;
  ASSERT_TRUE(blocks.next(block).value());
  EXPECT_EQ(block.text, "a\n1\n2\n");
  blocks.put_back(std::string_view(block.text).substr(2), 2);
  EXPECT_EQ(all_of(blocks), (std::vector<std::string>{"2:1\n2\n3\n"}));
}

TEST_F(RowBlocksOf, GiveWhatHasComeOfAPipe) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  const int end = ::open(path_.c_str(), O_RDWR);  // both ends: neither open() waits
  ASSERT_GE(end, 0);
  const auto send = [end](std::string_view text) {
    ASSERT_EQ(::write(end, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  };
  send("[1]\n[2]\n[");
  auto blocks = RowBlocks::begin(InputStream::open(path_).value(), {.block_size = 1000}).value();
  RowBlock block;
  ASSERT_TRUE(blocks.next(block).value());
  EXPECT_EQ(block.text, "[1]\n[2]\n");
  send("3]\n");
  ASSERT_TRUE(blocks.next(block).value());
  EXPECT_EQ(block.text, "[3]\n");
  EXPECT_EQ(block.line, 3U);
  blocks.stop();
  EXPECT_FALSE(blocks.next(block).value());
  ::close(end);
}

TEST_F(RowBlocksOf, AFolderHasNoRows) {
  const std::string folder = ::testing::TempDir();
  const auto blocks = RowBlocks::begin(InputStream::open(folder).value(), {});
  ASSERT_FALSE(blocks);
  EXPECT_EQ(blocks.error().message, folder + ": cannot be read: Is a directory");
}

}  // namespace
}  // namespace ml_inference
