// SPDX-License-Identifier: MIT
#include "formats/pickle/text_scan.h"

#include "base/utf8.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace ml_inference {
namespace {

TextScan scan_of(std::string_view text, std::size_t piece_size) {
  TextScan scan;
  for (; !text.empty(); text.remove_prefix(std::min(piece_size, text.size()))) {
    scan.feed(text.substr(0, piece_size));
  }
  return scan;
}

TEST(TextScan, AgreesWithTheCheckOfTheHouseInAllPieces) {
  std::mt19937 random(20);
  const std::string_view parts[] = {"a",        "abcdefghijk",  "\xc2\x80",     "\xc3\xbf",
                                    "\xc4\x80", "\xe2\x82\xac", "\xef\xbf\xbf", "\xf0\x9f\x98\x80",
                                    "\x80",     "\xc3",         "\xe0\x9f\x80", "\xf4\x90\x80\x80"};
  for (int round = 0; round < 2'000; ++round) {
    std::string text;
    const bool is_good = round % 2 == 0;
    for (int part = 0; part < 12; ++part) text += parts[random() % (is_good ? 8 : 12)];
    for (const std::size_t size : {1, 2, 3, 7, 1000}) {
      EXPECT_EQ(scan_of(text, size).is_valid(), is_utf8(text));
    }
  }
}

TEST(TextScan, CountsCharacters) {
  EXPECT_EQ(scan_of("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 3).character_count(), 4);
  EXPECT_EQ(scan_of("", 1).character_count(), 0);
}

TEST(TextScan, KnowsLatin1) {
  EXPECT_TRUE(scan_of("a\xc3\xbf", 9).is_latin1());
  EXPECT_FALSE(scan_of("a\xc4\x80", 9).is_latin1());
  EXPECT_FALSE(scan_of("\xe2\x82\xac", 1).is_latin1());
}

TEST(TextScan, LetsHalvesOfSurrogatePairsPass) {
  EXPECT_TRUE(scan_of("\xed\xa0\x80", 9).is_valid());
  EXPECT_TRUE(scan_of("\xed\xbf\xbf", 1).has_surrogates());
  EXPECT_FALSE(scan_of("\xed\x9f\xbf", 1).has_surrogates());
}

}  // namespace
}  // namespace ml_inference
