// SPDX-License-Identifier: MIT
#include "api/json_tape.h"

#include "api/limits.h"
#include "base/number_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>

namespace ml_inference {
namespace {

std::string round_trip(std::string_view text) {
  JsonTape tape;
  if (const auto parsed = tape.parse(text); !parsed) {
    return std::to_string(parsed.error().offset) + ": " + parsed.error().message;
  }
  std::string out;
  append_json(out, tape.nodes(), 0);
  return out;
}

TEST(JsonTape, ReadsWhatItWrites) {
  for (const char* text :
       {"null", "true", "false", "0", "-1.50e+3", "\"\"", "[]", "{}", "[1,[2,[]],{}]",
        R"({"features":[5.1,3.5,1.4,0.2],"b":{"c":null,"d":[true,false]},"e":"x"})"}) {
    EXPECT_EQ(round_trip(text), text);
  }
  EXPECT_EQ(round_trip(" { \"a\" : [ 1 , 2 ] }\n"), R"({"a":[1,2]})");
}

TEST(JsonTape, DecodesEscapesInKeysAndStrings) {
  EXPECT_EQ(round_trip(R"({"\u0061\tb":"\"\\\/\u00e9\ud83c\udf38","c":"plain"})"),
            "{\"a\\tb\":\"\\\"\\\\/é🌸\",\"c\":\"plain\"}");
  const std::string long_text(10'000, 'x');
  EXPECT_EQ(round_trip("[\"" + long_text + "\\n\",\"" + long_text + "\"]"),
            "[\"" + long_text + "\\n\",\"" + long_text + "\"]");
}

TEST(JsonTape, SaysWhereATextIsNoJson) {
  JsonTape tape;
  for (const auto& [text, offset] :
       std::vector<std::pair<std::string, std::size_t>>{{"", 0},
                                                        {"{\"features\":[1,]}", 15},
                                                        {"[1 2]", 3},
                                                        {"[1", 2},
                                                        {"nul", 3},
                                                        {"[NaN]", 1},
                                                        {"[Infinity]", 1},
                                                        {"{\"a\":1}x", 7},
                                                        {"{'a':1}", 1},
                                                        {"[01]", 2},
                                                        {"[1.]", 3},
                                                        {"1e", 2}}) {
    const auto parsed = tape.parse(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().offset, offset) << text;
    EXPECT_FALSE(parsed.error().message.empty());
    EXPECT_TRUE(tape.nodes().empty());
  }
}

TEST(JsonTape, RefusesBadUtf8AndLoneSurrogates) {
  JsonTape tape;
  EXPECT_FALSE(tape.parse("\"\xFF\""));
  EXPECT_FALSE(tape.parse("\"\xC0\x80\""));
  EXPECT_FALSE(tape.parse(R"("\ud83c")"));
  EXPECT_TRUE(tape.parse(R"("\ud83c\udf38")"));
}

TEST(JsonTape, ReadsNumbersToTheLastBit) {
  JsonTape tape;
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    double value =
        std::ldexp(static_cast<double>(random() >> 11), static_cast<int>(random() % 200) - 150);
    if (i % 2 == 0) value = -value;
    const std::string text = number_text(value);
    ASSERT_TRUE(tape.parse(text)) << text;
    ASSERT_EQ(tape.nodes()[0].number, value) << text;
  }
}

TEST(JsonTape, TakesNumbersBeyondTheDoublesAsPythonDoes) {
  const auto number = [](std::string_view text) {
    JsonTape tape;
    EXPECT_TRUE(tape.parse(text)) << text;
    return tape.nodes().at(0).number;
  };
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(number("1e999"), kInfinity);
  EXPECT_EQ(number("-1e999"), -kInfinity);
  EXPECT_EQ(number(std::string(400, '9')), kInfinity);
  EXPECT_EQ(number("1e-999"), 0.0);
  EXPECT_TRUE(std::signbit(number("-1e-999")));
  EXPECT_EQ(number("0." + std::string(400, '0') + "1"), 0.0);
  EXPECT_EQ(number("123456789012345678901234567890"), 123456789012345678901234567890.0);
  EXPECT_EQ(number("-0"), 0.0);
}

TEST(JsonTape, HasABudgetForDepthAndLength) {
  JsonTape tape;
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(tape.parse(nested(kJsonDepthMax)));
  EXPECT_FALSE(tape.parse(nested(kJsonDepthMax + 1)));
  EXPECT_FALSE(tape.parse(std::string(1'000'000, '[')));
  const auto wide = [](std::size_t node_count) {
    std::string text = "[0";
    for (std::size_t i = 2; i < node_count; ++i) text += ",0";
    return text + "]";
  };
  EXPECT_TRUE(tape.parse(wide(kJsonNodeCountMax)));
  const auto parsed = tape.parse(wide(kJsonNodeCountMax + 1));
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().message, "more than 4194304 values, keys and brackets");
  tape.shrink();
  EXPECT_TRUE(tape.parse("[1]"));
}

TEST(JsonTape, HasASmallerBudgetWhereItIsToldSo) {
  JsonTape tape(4);
  EXPECT_TRUE(tape.parse("[1,2,3]"));
  EXPECT_TRUE(tape.parse(R"({"a":[1]})"));
  for (const std::string text : {"[1,2,3,4]", R"({"a":1,"b":2})"}) {
    const auto parsed = tape.parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_TRUE(tape.nodes().empty());
  }
  EXPECT_EQ(tape.parse("[1,2,3,4]").error().message, "more than 4 values, keys and brackets");
}

TEST(JsonTape, ReadsWordsInThePlaceOfNumbersWhereTheyAreWanted) {
  JsonTape tape;
  const std::string text = R"({"NaN":[NaN, -Infinity ,Inf,"Infinity","\\\"NaN"],"b":-Inf})";
  EXPECT_FALSE(tape.parse(text));
  ASSERT_TRUE(tape.parse(text, JsonNumbers::with_infinite));
  std::string echo;
  append_json(echo, tape.nodes(), 0);
  EXPECT_EQ(echo, R"({"NaN":["NaN","-Infinity","Infinity","Infinity","\\\"NaN"],"b":"-Infinity"})");
  EXPECT_TRUE(std::isnan(tape.nodes()[3].number));
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(tape.nodes()[4].number, -kInfinity);
  EXPECT_EQ(tape.nodes()[5].number, kInfinity);
  ASSERT_TRUE(tape.parse("NaN", JsonNumbers::with_infinite));
  EXPECT_TRUE(std::isnan(tape.nodes()[0].number));
  ASSERT_TRUE(tape.parse("[1]", JsonNumbers::with_infinite));
  EXPECT_EQ(tape.nodes()[1].number, 1.0);
}

TEST(JsonTape, TakesNoPartsOfWords) {
  JsonTape tape;
  for (const char* text : {"[1NaN]", "[NaN1]", "[nan]", "[Infinit]", "[--Inf]", "[+Inf]",
                           "[NaNNaN]", "{NaN:1}", "[NaN", "[\"NaN]", "[-NaN]"}) {
    EXPECT_FALSE(tape.parse(text, JsonNumbers::with_infinite)) << text;
  }
  const auto parsed = tape.parse("[Infinity,x]", JsonNumbers::with_infinite);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().offset, 10U) << "words keep the place of what stands behind them";
}

}  // namespace
}  // namespace ml_inference
