// SPDX-License-Identifier: MIT
#include "formats/xgboost/json_events.h"

#include "formats/format_error.h"
#include "formats/xgboost/testing/event_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ml_inference {
namespace {

using ::testing::HasSubstr;

std::string events_of(std::string_view text) {
  testing::EventText events;
  try {
    read_xgboost_json(text, events);
  } catch (const FormatError& refusal) {
    return refusal.error.message;
  }
  return events.take();
}

// The float that a number becomes, in hexadecimal: every bit.
std::string float_of(std::string_view number) {
  class Last final : public XgboostEvents {
   public:
    void begin_object() override {}
    void key(std::string_view) override {}
    void end_object() override {}
    bool begin_list(std::size_t) override { return true; }
    void end_list() override {}
    void text(std::string_view) override {}
    void integer(std::int64_t) override {}
    void real(float value) override { last = value; }
    void boolean(bool) override {}
    void null() override {}
    float last = -1;
  };
  Last events;
  read_xgboost_json(number, events);
  return fmt::format("{:a}", events.last);
}

TEST(XgboostJson, GivesEventsInTheOrderOfTheText) {
  EXPECT_EQ(events_of(R"({"a":[1,2.5E0,-3],"b":{"c":"x"},"d":[true,false,null],"e":[]})"),
            "{ a: [ 1 2.5 -3 ] b: { c: 'x' } d: [ true false null ] e: [ ] }");
}

TEST(XgboostJson, ReadsTextsWithEscapes) {
  EXPECT_EQ(events_of(R"({"a\"b":"c\\d\u00e9\n"})"), "{ a\"b: 'c\\d\xC3\xA9\n' }");
  EXPECT_EQ(events_of("\"no UTF-8: \xE9\""), "'no UTF-8: \xE9'");
}

TEST(XgboostJson, ReadsTheNearestFloat) {
  EXPECT_EQ(float_of("1E-45"), "0x1p-149");
  EXPECT_EQ(float_of("1e-45"), "0x1p-149");
  EXPECT_EQ(float_of("-1.1754942E-38"), "-0x1.fffffcp-127");
  EXPECT_EQ(float_of("3.4028235E38"), "0x1.fffffep+127");
  EXPECT_EQ(float_of("-0E0"), "-0x0p+0");
  EXPECT_EQ(float_of("1E-46"), "0x0p+0");
  EXPECT_EQ(float_of("-1E-400"), "-0x0p+0");
  EXPECT_EQ(float_of("1E39"), "inf");
  EXPECT_EQ(float_of("-1E39"), "-inf");
  EXPECT_EQ(float_of("18446744073709551615"), "0x1p+64");
  // Between two floats and next to the middle: a detour over a double rounds twice.
  EXPECT_EQ(float_of("1.00000017881393432617187499"), "0x1.000002p+0");
  EXPECT_EQ(float_of("1.00000017881393432617187500"), "0x1.000004p+0");
}

TEST(XgboostJson, TakesWordsForNumbers) {
  EXPECT_EQ(events_of("[NaN,Infinity,-Infinity, NaN ,1]"), "[ nan inf -inf nan 1 ]");
  EXPECT_EQ(events_of("NaN"), "nan");
  EXPECT_EQ(events_of(R"({"NaN":"Infinity \" NaN","b":NaN})"), "{ NaN: 'Infinity \" NaN' b: nan }");
  EXPECT_EQ(events_of("[null,NaN,null]"), "[ null nan null ]");
}

TEST(XgboostJson, RefusesWordsWhereNoNumberMayStand) {
  EXPECT_THAT(events_of("[1NaN]"), HasSubstr("damaged at byte"));
  EXPECT_THAT(events_of("[NaN1]"), HasSubstr("damaged at byte"));
  EXPECT_THAT(events_of("[NaNNaN]"), HasSubstr("damaged at byte"));
  EXPECT_THAT(events_of("[--Infinity]"), HasSubstr("damaged at byte"));
  EXPECT_THAT(events_of("{NaN:1}"), HasSubstr("damaged at byte"));
  EXPECT_THAT(events_of("[1]NaN"), HasSubstr("damaged at byte"));
  EXPECT_THAT(events_of("NaN NaN"), HasSubstr("damaged at byte"));
  EXPECT_THAT(events_of("[1,NaN"), HasSubstr("breaks off or is damaged at byte 6 of 6"));
}

TEST(XgboostJson, RefusesWhatIsNoJson) {
  EXPECT_THAT(events_of(""), HasSubstr("breaks off or is damaged at byte 0 of 0"));
  EXPECT_THAT(events_of("[1,]"), HasSubstr("at byte 3 of 4: syntax error"));
  EXPECT_THAT(events_of("{\"a\" 1}"), HasSubstr("syntax error"));
  EXPECT_THAT(events_of("[1] 2"), HasSubstr("at byte 4 of 5"));
  EXPECT_THAT(events_of("[1e"), HasSubstr("breaks off"));
  EXPECT_THAT(events_of("[1"), HasSubstr("breaks off"));
  EXPECT_THAT(events_of("[nan]"), HasSubstr("syntax error"));
}

TEST(XgboostJson, RefusesWhatIsNestedTooDeeply) {
  const std::string brackets(kXgboostDepthMax, '[');
  const std::string closed(kXgboostDepthMax, ']');
  EXPECT_THAT(events_of(brackets + closed), HasSubstr("[ [ ["));
  EXPECT_THAT(events_of("[" + brackets + closed + "]"), HasSubstr("deep"));
  EXPECT_THAT(events_of(std::string(1'000'000, '[')), HasSubstr("deep"));
}

TEST(XgboostJson, RefusesTextsThatAreTooLong) {
  EXPECT_THAT(events_of("{\"" + std::string(kXgboostKeySizeMax + 1, 'k') + "\":1}"),
              HasSubstr("key too large"));
  EXPECT_THAT(events_of("\"\\n" + std::string(kXgboostTextSizeMax, 't') + "\""),
              HasSubstr("string too large"));
}

}  // namespace
}  // namespace ml_inference
