// SPDX-License-Identifier: MIT
// Every code point is accepted in its one form, and the number of accepted sequences is the number
// of code points, so nothing else is accepted.
#include "base/utf8.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace ml_inference {
namespace {

// The code point in UTF-8 by the plain rule of RFC 3629, section 3.
std::string encoded(std::uint32_t point) {
  const auto byte = [](std::uint32_t value) { return static_cast<char>(value); };
  const auto tail = [&](std::uint32_t shift) { return byte(0x80 | ((point >> shift) & 0x3F)); };
  if (point < 0x80) return {byte(point)};
  if (point < 0x800) return {byte(0xC0 | (point >> 6)), tail(0)};
  if (point < 0x10000) return {byte(0xE0 | (point >> 12)), tail(6), tail(0)};
  return {byte(0xF0 | (point >> 18)), tail(12), tail(6), tail(0)};
}

bool is_surrogate(std::uint32_t point) { return point >= 0xD800 && point <= 0xDFFF; }

TEST(Utf8, AcceptsEveryCodePointAndNoSurrogate) {
  for (std::uint32_t point = 0; point <= 0x10FFFF; ++point) {
    const std::string text = encoded(point);
    ASSERT_EQ(utf8_sequence_size(text), is_surrogate(point) ? 0 : text.size()) << point;
    ASSERT_EQ(utf8_sequence_size(text + "z"), is_surrogate(point) ? 0 : text.size()) << point;
  }
}

TEST(Utf8, AcceptsNothingElse) {
  std::size_t counts[5] = {};
  for (std::uint32_t bytes = 0; bytes < (1U << 24); ++bytes) {
    const char text[] = {static_cast<char>(bytes >> 16), static_cast<char>(bytes >> 8),
                         static_cast<char>(bytes)};
    ++counts[utf8_sequence_size({text, 3})];
  }
  EXPECT_EQ(counts[1], 0x80U << 16);
  EXPECT_EQ(counts[2], (0x800U - 0x80U) << 8);
  EXPECT_EQ(counts[3], 0x10000U - 0x800U - 0x800U);  // without the surrogates
  EXPECT_EQ(counts[4], 0U);
}

TEST(Utf8, AcceptsNoFourBytesBeyondTheLastCodePoint) {
  std::size_t count = 0;
  for (std::uint32_t bytes = 0; bytes < (1U << 24); ++bytes) {
    // The last byte is the only one that no rule singles out: one good, one bad on each side.
    const char text[] = {static_cast<char>(bytes >> 16), static_cast<char>(bytes >> 8),
                         static_cast<char>(bytes), '\x80'};
    count += utf8_sequence_size({text, 4}) == 4 ? 1 : 0;
  }
  EXPECT_EQ(count, 0x100000U / 0x40U);
  EXPECT_EQ(utf8_sequence_size("\xF0\x90\x80\x7F"), 0U);
  EXPECT_EQ(utf8_sequence_size("\xF0\x90\x80\xC0"), 0U);
}

TEST(Utf8, RefusesACharacterThatIsCutShort) {
  for (const std::string text : {"ä", "花", "🌸"}) {
    ASSERT_TRUE(is_utf8(text));
    for (std::size_t size = 1; size < text.size(); ++size) {
      EXPECT_FALSE(is_utf8(text.substr(0, size))) << text << " " << size;
      EXPECT_FALSE(is_utf8(text.substr(size))) << text << " " << size;
    }
  }
}

TEST(Utf8, LooksAtTheWholeText) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("größe 花 🌸"));
  EXPECT_FALSE(is_utf8("größe\xFF"));
}

}  // namespace
}  // namespace ml_inference
