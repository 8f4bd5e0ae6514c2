// SPDX-License-Identifier: MIT
#include "host/input_stream.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace ml_inference {
namespace {

std::string all_of(InputStream& stream, std::size_t room_size) {
  std::string text;
  std::string room(room_size, ' ');
  while (const std::size_t size = stream.read(room).value()) text.append(room, 0, size);
  return text;
}

class InputStreamOf : public ::testing::Test {
 protected:
  ~InputStreamOf() override { std::remove(path_.c_str()); }

  const std::string path_ = ::testing::TempDir() + "input_stream_" + std::to_string(::getpid());
};

TEST_F(InputStreamOf, AFileGivesItsBytesInAnyPieces) {
  std::ofstream(path_) << "one\ntwo\n";
  for (const std::size_t size : {1U, 3U, 100U}) {
    const auto stream = InputStream::open(path_).value();
    EXPECT_TRUE(stream->is_ready());
    EXPECT_EQ(all_of(*stream, size), "one\ntwo\n");
  }
}

TEST_F(InputStreamOf, APipeIsReadToItsEnd) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  std::jthread writer([this] { std::ofstream(path_) << "from afar"; });
  EXPECT_EQ(all_of(*InputStream::open(path_).value(), 4), "from afar");
}

TEST_F(InputStreamOf, AStoppedReaderNoLongerWaits) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  std::jthread opener([this] {
    const std::ofstream silent(path_);
    std::array<char, 1> room;
    const auto stream = InputStream::open(path_).value();
    std::jthread stopper([&stream] { stream->stop(); });
    EXPECT_EQ(stream->read(room).value(), 0U);
    EXPECT_EQ(stream->read(room).value(), 0U);
    EXPECT_FALSE(stream->is_ready());
  });
  const std::ifstream other_end(path_);
}

TEST_F(InputStreamOf, WhatCannotBeReadIsNamed) {
  const auto missing = InputStream::open(path_);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, path_ + ": cannot be read: No such file or directory");
  std::array<char, 1> room;
  const auto folder = InputStream::open(::testing::TempDir()).value();
  EXPECT_EQ(folder->read(room).error().message,
            ::testing::TempDir() + ": cannot be read: Is a directory");
}

}  // namespace
}  // namespace ml_inference
