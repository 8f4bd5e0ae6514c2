// SPDX-License-Identifier: MIT
#include "telemetry/trace_context.h"

#include <gtest/gtest.h>

#include <string>

namespace ml_inference {
namespace {

const std::string kTraceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kSpanId = "00f067aa0ba902b7";

std::string header(const std::string& version, const std::string& flags) {
  return version + '-' + kTraceId + '-' + kSpanId + '-' + flags;
}

TEST(Traceparent, IsReadAsTheSpecificationsExample) {
  const auto context = parse_traceparent(header("00", "01"));
  ASSERT_TRUE(context.has_value());
  EXPECT_EQ(context->trace_id.high, 0x4bf92f3577b34da6U);
  EXPECT_EQ(context->trace_id.low, 0xa3ce929d0e0e4736U);
  EXPECT_EQ(context->span_id, 0x00f067aa0ba902b7U);
  EXPECT_TRUE(context->sampled);
}

TEST(Traceparent, BelievesOfTheFlagsOnlyThatItIsSampled) {
  EXPECT_FALSE(parse_traceparent(header("00", "00"))->sampled);
  EXPECT_FALSE(parse_traceparent(header("00", "fe"))->sampled);
  EXPECT_TRUE(parse_traceparent(header("00", "ff"))->sampled);
}

TEST(Traceparent, OfAHigherVersionMayGoOnBehindADash) {
  EXPECT_TRUE(parse_traceparent(header("cc", "01")).has_value());
  EXPECT_TRUE(parse_traceparent(header("cc", "01") + "-what the future brings").has_value());
  EXPECT_TRUE(parse_traceparent(header("01", "01") + "-").has_value());
  EXPECT_FALSE(parse_traceparent(header("cc", "01") + ".more").has_value());
  EXPECT_FALSE(parse_traceparent(header("00", "01") + "-more").has_value());
  EXPECT_FALSE(parse_traceparent(header("ff", "01")).has_value());
}

TEST(Traceparent, IsNoneWhenAnyOfItIsWrong) {
  const std::string good = header("00", "01");
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(parse_traceparent(good.substr(0, size)).has_value()) << size;
  }
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char wrong : {'A', 'g', '.', ' ', '\0', '\xff'}) {
      std::string text = good;
      text[at] = wrong;
      EXPECT_FALSE(parse_traceparent(text).has_value()) << text;
    }
  }
  EXPECT_FALSE(parse_traceparent(good + ',' + good).has_value()) << "sent twice";
}

TEST(Traceparent, KnowsNoIdOfZeros) {
  EXPECT_FALSE(parse_traceparent("00-" + std::string(32, '0') + '-' + kSpanId + "-01"));
  EXPECT_FALSE(parse_traceparent("00-" + kTraceId + '-' + std::string(16, '0') + "-01"));
  EXPECT_TRUE(parse_traceparent("00-" + std::string(31, '0') + "1-" + kSpanId + "-01"));
}

TEST(Traceparent, IdsAreWrittenAsTheyAreRead) {
  const auto context = parse_traceparent(header("00", "01"));
  const auto trace_id = hex_digits(context->trace_id);
  const auto span_id = hex_digits(context->span_id);
  EXPECT_EQ(std::string(trace_id.data(), trace_id.size()), kTraceId);
  EXPECT_EQ(std::string(span_id.data(), span_id.size()), kSpanId);
}

TEST(Tracestate, IsPassedOnAsItIs) {
  for (const char* text : {"", "a=1", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "a=1, b=2 ,,c=3",
                           "0tenant@vendor=x y", "a*b/c_d-e=!\"#$%&'()*+-./:;<>?@"}) {
    EXPECT_EQ(usable_tracestate(text), text);
  }
}

TEST(Tracestate, EndsWithItsLastMember) {
  EXPECT_EQ(usable_tracestate("a=1,, ,"), "a=1");
  EXPECT_EQ(usable_tracestate(" ,"), "");
}

TEST(Tracestate, IsDroppedWhenItBreaksTheGrammar) {
  for (const char* text : {"a", "=1", "a=", "A=1", "1a=1", "a=1=2", "a b=1", "@v=1", "a@=1",
                           "a@1=1", "a=\x01", "a=\xc3\xa4", "a=1;b=2=3"}) {
    EXPECT_EQ(usable_tracestate(text), "") << text;
  }
  EXPECT_EQ(usable_tracestate(std::string(257, 'k') + "=1"), "");
  EXPECT_EQ(usable_tracestate("k=" + std::string(257, 'v')), "");
}

TEST(Tracestate, MayHave32Members) {
  std::string text = "a0=1";
  for (int i = 1; i < 32; ++i) text += ",a" + std::to_string(i) + "=1";
  EXPECT_EQ(usable_tracestate(text), text);
  EXPECT_EQ(usable_tracestate(text + ",one=more"), "");
}

TEST(Tracestate, LosesItsLastMembersWhenItIsLong) {
  const std::string first = "a=" + std::string(254, 'v');
  const std::string second = "b=" + std::string(253, 'v');
  EXPECT_EQ(usable_tracestate(first + ',' + second), first + ',' + second);
  EXPECT_EQ(usable_tracestate(first + ',' + second + ",c=1"), first + ',' + second);
  EXPECT_EQ(usable_tracestate(first + ',' + second + "v"), first);
}

}  // namespace
}  // namespace ml_inference
