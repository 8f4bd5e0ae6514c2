// SPDX-License-Identifier: MIT
#include "formats/xgboost/ubjson_events.h"

#include "formats/format_error.h"
#include "formats/xgboost/testing/event_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ml_inference {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;

std::string events_of(std::string_view bytes, bool wants_numbers = true) {
  testing::EventText events;
  events.wants_numbers = wants_numbers;
  try {
    read_xgboost_ubjson(bytes, events);
  } catch (const FormatError& refusal) {
    return refusal.error.message;
  }
  return events.take();
}

TEST(XgboostUbjson, ReadsNumbersOfEveryWidth) {
  EXPECT_EQ(
      events_of("[i\xFFU\xFFI\xFF\xFEl\x00\x01\x00\x00L\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFDTFZ]"s),
      "[ -1 255 -2 65536 -3 true false null ]");
  EXPECT_EQ(events_of("[d\x3F\xC0\x00\x00"
                      "D\x3F\xE0\x00\x00\x00\x00\x00\x00]"s),
            "[ 1.5 0.5 ]");
}

TEST(XgboostUbjson, ReadsObjectsAndTexts) {
  EXPECT_EQ(events_of("{i\x01"
                      "aSU\x02xyL\x00\x00\x00\x00\x00\x00\x00\x01"
                      "b{}i\x00"
                      "Cz}"s),
            "{ a: 'xy' b: { } : 'z' }");
  EXPECT_EQ(events_of("{#i\x02i\x01"
                      "ai\x05i\x01"
                      "bZ"s),
            "{ a: 5 b: null }");
}

TEST(XgboostUbjson, ReadsListsOfOneType) {
  EXPECT_EQ(events_of("[$U#i\x03\x01\x02\x03"s), "[3: 1 2 3 ]");
  EXPECT_EQ(events_of("[$d#L\x00\x00\x00\x00\x00\x00\x00\x01\x40\x00\x00\x00"s), "[1: 2.0 ]");
  EXPECT_EQ(events_of("[$l#i\x00"s), "[ ]");
  EXPECT_EQ(events_of("[#i\x02TSi\x01x"s), "[2: true 'x' ]");
}

TEST(XgboostUbjson, LeavesOutNumbersThatNobodyWants) {
  EXPECT_EQ(events_of("[#i\x02[$U#i\x03\x01\x02\x03T"s, false), "[2: [3: ] true ]");
}

TEST(XgboostUbjson, PassesOverNothing) { EXPECT_EQ(events_of("N[NNTN]NN"), "[ true ]"); }

TEST(XgboostUbjson, RefusesCountsThatTheFileDoesNotHave) {
  EXPECT_EQ(events_of("[$d#L\x00\x00\x00\x00\x00\x00\x00\x02\x40\x00\x00\x00"s),
            "xgboost: the UBJSON breaks off at byte 13 of 17");
  EXPECT_THAT(events_of("[$d#L\x40\x00\x00\x00\x00\x00\x00\x00"s), HasSubstr("breaks off"));
  EXPECT_THAT(events_of("[#L\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s), HasSubstr("breaks off"));
  EXPECT_THAT(events_of("{#L\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s), HasSubstr("breaks off"));
  EXPECT_THAT(events_of("SL\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s), HasSubstr("breaks off"));
  EXPECT_THAT(events_of("[$U#L\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s), HasSubstr("negative length"));
  EXPECT_THAT(events_of("Sd\x3F\x80\x00\x00"s), HasSubstr("no whole number"));
}

// Elements without bytes: a few bytes of a file could ask for any number of them.
TEST(XgboostUbjson, RefusesListsOfOneTypeThatIsNoNumber) {
  for (const char type : {'Z', 'T', 'F', 'N', '[', '{', 'S', 'H', 'C'}) {
    EXPECT_THAT(events_of("[$"s + type + "#L\x00\x00\x00\x00\x00\x00\x00\x01 "s),
                HasSubstr("no number"));
  }
  EXPECT_THAT(events_of("{$T#L\x00\x00\x00\x00\x00\x00\x00\x01 "s),
              HasSubstr("an object of one type"));
}

TEST(XgboostUbjson, RefusesWhatIsNoUbjson) {
  EXPECT_EQ(events_of(""), "xgboost: the UBJSON breaks off at byte 0 of 0");
  EXPECT_EQ(events_of("[Q]"), "xgboost: the UBJSON is damaged at byte 1 of 3: 'Q' begins no value");
  EXPECT_THAT(events_of("[Hi\x01"
                        "1]"),
              HasSubstr("'H' begins no value"));
  EXPECT_THAT(events_of("TT"), HasSubstr("bytes behind the end"));
  EXPECT_THAT(events_of("[$Ui\x01\x01"), HasSubstr("without a count"));
}

TEST(XgboostUbjson, RefusesWhatIsNestedTooDeeply) {
  const std::string brackets(kXgboostDepthMax, '[');
  const std::string closed(kXgboostDepthMax, ']');
  EXPECT_THAT(events_of(brackets + closed), HasSubstr("[ [ ["));
  EXPECT_THAT(events_of("[" + brackets + closed + "]"), HasSubstr("nested too deeply"));
  EXPECT_THAT(events_of(std::string(1'000'000, '[')), HasSubstr("nested too deeply"));
}

TEST(XgboostUbjson, RefusesTextsThatAreTooLong) {
  const std::string size("l\x00\x01\x00\x01"s);
  EXPECT_THAT(events_of("{" + size + std::string(65'537, 'k') + "T}"),
              HasSubstr("has 65537 bytes, expected at most 65536"));
}

}  // namespace
}  // namespace ml_inference
