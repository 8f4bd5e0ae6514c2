// SPDX-License-Identifier: MIT
#include "data/short_decimal.h"

#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <cstdint>
#include <random>
#include <string>

namespace ml_inference {
namespace {

// Whether the text is read whole; then its bits are those of from_chars().
bool is_read(const std::string& text) {
  double value = 0;
  const char* const end = read_short_decimal(text.c_str(), value);
  if (end != text.c_str() + text.size()) return false;
  double expected = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), expected);
  EXPECT_EQ(stop, text.data() + text.size()) << text;
  EXPECT_EQ(std::bit_cast<std::uint64_t>(value), std::bit_cast<std::uint64_t>(expected)) << text;
  return true;
}

TEST(ShortDecimal, IsReadAsFromCharsReadsIt) {
  for (const char* text : {"0", "-0", "0.0", "5.1", "-3.50", "007", "0.1", "0.3", "1.005",
                           "999999999999999", "0.00000000000001", "9007199254.74099"}) {
    EXPECT_TRUE(is_read(text)) << text;
  }
}

TEST(ShortDecimal, LeavesAllElseToFromChars) {
  for (const char* text :
       {"", "-", "+1", ".5", "5.", ".", "1e5", "nan", "inf", " 1", "1 ", "--1", "1.2.3", "1,5",
        "1234567890123456", "0.000000000000001", "18446744073709551617", "\xB1"}) {
    EXPECT_FALSE(is_read(text)) << text;
  }
}

TEST(ShortDecimal, StopsAtWhatIsNoDigit) {
  const std::string text = "5.1,3";
  double value = 0;
  EXPECT_EQ(read_short_decimal(text.c_str(), value), text.c_str() + 3);
  EXPECT_EQ(value, 5.1);
}

TEST(ShortDecimal, EqualsFromCharsOnAllShortOnesAndOnManyRandomOnes) {
  for (int whole = 0; whole < 100; ++whole) {
    for (int fraction = 0; fraction < 10'000; ++fraction) {
      ASSERT_TRUE(is_read(std::to_string(whole) + "." + std::to_string(fraction)));
    }
  }
  std::mt19937_64 random(5);
  for (int round = 0; round < 200'000; ++round) {
    std::string text = std::to_string(random() % 1'000'000'000'000'000ULL);
    if (round % 3 != 0) text.insert(1 + random() % text.size(), ".");
    if (text.back() == '.') text.pop_back();
    if (round % 2 == 0) text.insert(0, "-");
    ASSERT_TRUE(is_read(text)) << text;
  }
}

}  // namespace
}  // namespace ml_inference
