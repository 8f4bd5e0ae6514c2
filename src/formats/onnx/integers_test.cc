// SPDX-License-Identifier: MIT
#include "formats/onnx/integers.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

std::string varint(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7F) | 0x80);
  return out + static_cast<char>(value);
}

// Field 8, one by one.
std::string message_of(const std::vector<std::int64_t>& values) {
  std::string out;
  for (const std::int64_t value : values) out += "\x40" + varint(static_cast<std::uint64_t>(value));
  return out;
}

std::size_t bytes_for(const std::vector<std::int64_t>& values) {
  const std::string message = message_of(values);
  OnnxMemory memory(0);
  const std::size_t before = memory.left();
  const OnnxIntegers list(message, 8, memory);
  EXPECT_EQ(std::vector<std::int64_t>(list.begin(), list.end()), values);
  return before - memory.left();
}

TEST(OnnxIntegers, TakesAsManyBytesANumberAsTheLargestNeeds) {
  using Int64 = std::numeric_limits<std::int64_t>;
  EXPECT_EQ(bytes_for({}), 0);
  EXPECT_EQ(bytes_for({0, 255, 3}), 3);
  EXPECT_EQ(bytes_for({0, 256, 3}), 6);
  EXPECT_EQ(bytes_for({65535}), 2);
  EXPECT_EQ(bytes_for({65536, 1}), 8);
  EXPECT_EQ(bytes_for({-1, 1}), 8);
  EXPECT_EQ(bytes_for({std::int64_t{1} << 31, 1}), 16);
  EXPECT_EQ(bytes_for({Int64::min(), Int64::max()}), 16);
}

TEST(OnnxIntegers, ReadsPackedNumbersAndSuchBetweenSingleOnes) {
  const std::string message = message_of({1}) + "\x42\x03\x02\xAC\x02" + message_of({3});
  OnnxMemory memory(0);
  const OnnxIntegers list(message, 8, memory);
  EXPECT_EQ(std::vector<std::int64_t>(list.begin(), list.end()),
            (std::vector<std::int64_t>{1, 2, 300, 3}));
}

TEST(OnnxIntegers, HoldsWhatIsSetAndIsCut) {
  OnnxMemory memory(0);
  OnnxIntegers list(3, -5, 70'000, memory);
  list.set(0, -5);
  list.set(2, 70'000);
  EXPECT_EQ(std::vector<std::int64_t>(list.begin(), list.end()),
            (std::vector<std::int64_t>{-5, 0, 70'000}));
  list.truncate(1);
  EXPECT_EQ(list.size(), 1);
}

}  // namespace
}  // namespace ml_inference
