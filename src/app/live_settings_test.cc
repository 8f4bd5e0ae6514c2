// SPDX-License-Identifier: MIT
#include "app/live_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ml_inference {
namespace {

using ::testing::HasSubstr;

std::string refusal(std::string_view text) {
  const auto settings = parse_live_settings(text, {});
  return settings ? "taken" : settings.error().message;
}

TEST(LiveSettings, ReadsEachKey) {
  const auto settings = parse_live_settings(
      "# look\r\nlog-level = debug\r\n\n log-sample=10\t\n#log-level = error\ntrace-sample = 0.5",
      {});
  ASSERT_TRUE(settings.has_value()) << settings.error().message;
  EXPECT_EQ(*settings, (LiveSettings{LogLevel::debug, 10, 0.5}));
}

TEST(LiveSettings, KeepsTheDefaultOfAKeyThatIsNotThere) {
  const LiveSettings defaults{LogLevel::warning, 7, std::nullopt};
  for (const char* text : {"", "\n\n", "# nothing"}) {
    EXPECT_EQ(parse_live_settings(text, defaults).value(), defaults);
  }
  EXPECT_EQ(parse_live_settings("log-sample = 1", defaults).value(),
            (LiveSettings{LogLevel::warning, 1, std::nullopt}));
}

TEST(LiveSettings, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(refusal("\nlog-levle = info"),
            "line 2: the key is unknown, expected one of log-level, log-sample, trace-sample");
  EXPECT_THAT(refusal("log-level info"), HasSubstr("line 1: is no 'key = value', expected one of"));
  EXPECT_EQ(refusal("log-level = info\nlog-level = info"), "line 2: 'log-level' stands here twice");
  EXPECT_EQ(refusal("log-level = loud"),
            "line 1: log-level is 'loud', expected debug, info, warning or error");
}

TEST(LiveSettings, RefusesNumbersOutOfTheirRange) {
  for (const char* value : {"", "0", "-1", "+1", "010", "1.5", "1e3", "4294967296", "1 # one"}) {
    EXPECT_THAT(refusal("log-sample = " + std::string(value)),
                HasSubstr("expected a whole number"));
  }
  for (const char* value : {"", "-0.1", "1.1", "nan", "inf", "0x1", "0,5", "1e400"}) {
    EXPECT_THAT(refusal("trace-sample = " + std::string(value)),
                HasSubstr("expected a number from 0 to 1"));
  }
}

TEST(LiveSettings, ShowsNothingOfAFileOfTokens) {
  for (const char* text : {"s3cret", "s3cret==", "s3cret = s3cret", "=s3cret"}) {
    EXPECT_EQ(refusal(text).find("s3"), std::string::npos) << refusal(text);
  }
}

TEST(LiveSettings, ShowsLittleOfWhatItRefusesAndNoControlCharacters) {
  EXPECT_LT(refusal(std::string(60'000, 'x')).size(), 200U);
  EXPECT_LT(refusal(std::string(30'000, 'x') + "=" + std::string(30'000, 'y')).size(), 250U);
  for (const std::string& text :
       {std::string("\0", 1), std::string("\x1B[2J = 1"), std::string("log-level = \x1B[2J")}) {
    EXPECT_EQ(refusal(text).find_first_of(std::string_view("\0\x1B", 2)), std::string::npos);
  }
}

}  // namespace
}  // namespace ml_inference
