// SPDX-License-Identifier: MIT
#include "telemetry/json_line.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

constexpr JsonLine::Time kTime{seconds(1769860799) + microseconds(42)};  // 2026-01-31 11:59:59
const std::string kHead =
    R"({"timestamp":"2026-01-31T11:59:59.000042Z","level":"INFO","logger":"a","message":)";

std::string line(std::string_view message, const std::vector<LogField>& fields = {}) {
  JsonLine json_line;
  return std::string(json_line.format(kTime, LogLevel::info, "a", message, fields));
}

TEST(JsonLine, HasTheFourKeysFirstAndTheFieldsInTheCallersOrder) {
  EXPECT_EQ(line("hello", {{"z", "text"}, {"a", 200}, {"d", 0.5}, {"b", true}}),
            kHead + "\"hello\",\"z\":\"text\",\"a\":200,\"d\":0.5,\"b\":true}\n");
}

TEST(JsonLine, WritesNumbersThatReadBackTheSame) {
  EXPECT_EQ(line("", {{"min", std::numeric_limits<std::int64_t>::min()},
                      {"tenth", 0.1},
                      {"small", 1e-300},
                      {"nan", std::numeric_limits<double>::quiet_NaN()},
                      {"inf", -std::numeric_limits<double>::infinity()}}),
            kHead +
                "\"\",\"min\":-9223372036854775808,\"tenth\":0.1,\"small\":1e-300,"
                "\"nan\":null,\"inf\":null}\n");
}

TEST(JsonLine, EscapesTextAndReplacesWhatIsNoUtf8) {
  EXPECT_EQ(line("a\"b\\c\n\x01\xC3\xA9\xFF", {{"k\"", "\t"}}),
            kHead + "\"a\\\"b\\\\c\\n\\u0001\xC3\xA9\xEF\xBF\xBD\",\"k\\\"\":\"\\t\"}\n");
}

TEST(JsonLine, FollowsTheClockFromSecondToSecond) {
  JsonLine json_line;
  const auto timestamp = [&json_line](JsonLine::Time time) {
    return std::string(json_line.format(time, LogLevel::error, "", "", {}).substr(14, 27));
  };
  EXPECT_EQ(timestamp(kTime), "2026-01-31T11:59:59.000042Z");
  EXPECT_EQ(timestamp(kTime + microseconds(999957)), "2026-01-31T11:59:59.999999Z");
  EXPECT_EQ(timestamp(kTime + microseconds(999958)), "2026-01-31T12:00:00.000000Z");
  EXPECT_EQ(timestamp(JsonLine::Time{}), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(timestamp(JsonLine::Time{seconds(1709164800)}), "2024-02-29T00:00:00.000000Z");
  EXPECT_EQ(timestamp(kTime), "2026-01-31T11:59:59.000042Z");
}

TEST(JsonLine, CutsALongMessageBetweenCharactersAndSaysSo) {
  for (const std::string character :
       {"x", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\"", "\x01"}) {
    std::string message;
    while (message.size() < 2 * kLogLineSizeMax) message += character;
    const std::string cut = line(message, {{"after", "lost"}});
    EXPECT_LE(cut.size(), kLogLineSizeMax);
    EXPECT_GT(cut.size(), kLogLineSizeMax - 32);
    EXPECT_TRUE(cut.ends_with("\",\"truncated\":true}\n"));
    EXPECT_EQ(cut.find("after"), std::string::npos);
    EXPECT_EQ(cut.find("\xEF\xBF\xBD"), std::string::npos) << "a character was cut in two";
  }
}

TEST(JsonLine, KeepsAMessageThatLeavesRoomForTheTail) {
  const std::size_t around = line("").size() + std::string_view(R"(,"truncated":true)").size();
  const std::size_t fits = kLogLineSizeMax - around;
  EXPECT_EQ(line(std::string(fits, 'x')), kHead + '"' + std::string(fits, 'x') + "\"}\n");
  EXPECT_TRUE(line(std::string(fits + 1, 'x')).ends_with("x\",\"truncated\":true}\n"));
}

TEST(JsonLine, CutsALongFieldAndLeavesOutThoseAfterIt) {
  const std::string text(kLogLineSizeMax, 'y');
  const std::string cut = line("m", {{"one", 1}, {"long", text}, {"lost", 2}});
  EXPECT_TRUE(cut.starts_with(kHead + R"("m","one":1,"long":"yyyy)"));
  EXPECT_TRUE(cut.ends_with("yyy\",\"truncated\":true}\n"));
  EXPECT_LE(cut.size(), kLogLineSizeMax);
  EXPECT_EQ(line("m", {{text, 1}}), kHead + "\"m\",\"truncated\":true}\n");
}

TEST(JsonLine, StaysWithinItsLimitWhateverTheBytes) {
  std::uint32_t state = 1;  // any bytes, the same in each run
  const auto next = [&state] { return (state = state * 1664525U + 1013904223U) >> 24; };
  JsonLine json_line;
  for (int round = 0; round < 200; ++round) {
    std::array<std::string, 3> texts;
    for (std::string& text : texts) {
      text.resize(next() * 40);
      for (char& byte : text) byte = static_cast<char>(next());
    }
    const std::vector<LogField> fields = {{"a", texts[1]}, {"b", texts[2]}, {"c", 0.25}};
    const std::string_view bytes = json_line.format(kTime, LogLevel::debug, "t", texts[0], fields);
    EXPECT_LE(bytes.size(), kLogLineSizeMax);
    EXPECT_EQ(bytes.find('\n'), bytes.size() - 1);
  }
}

TEST(LogLevel, HasNamesThatReadBackInAnyCase) {
  for (LogLevel level : {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error}) {
    EXPECT_EQ(parse_log_level(log_level_name(level)), level);
  }
  EXPECT_EQ(parse_log_level("warning"), LogLevel::warning);
  EXPECT_EQ(parse_log_level("warn"), std::nullopt);
  EXPECT_EQ(parse_log_level(""), std::nullopt);
}

}  // namespace
}  // namespace ml_inference
