// SPDX-License-Identifier: MIT
#include "formats/xgboost/parameters.h"

#include "formats/format_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ml_inference {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class Call>
std::string refusal(const Call& call) {
  try {
    static_cast<void>(call());
  } catch (const FormatError& error) {
    return error.error.message;
  }
  return "read";
}

std::string base_score_refusal(std::string_view text) {
  return refusal([&] { return xgboost_base_score(text); });
}

TEST(XgboostParameters, ReadsCounts) {
  EXPECT_EQ(xgboost_count("num_class", "0"), 0U);
  EXPECT_EQ(xgboost_count("num_class", "2147483647"), 2147483647U);
  for (const char* text : {"", "-1", "x", "3.0", "2147483648", "99999999999999999999", "3 4"}) {
    EXPECT_THAT(refusal([&] { return xgboost_count("num_class", text); }),
                HasSubstr("xgboost: num_class is '"))
        << text;
  }
}

TEST(XgboostParameters, ReadsOneBaseScore) {
  EXPECT_THAT(xgboost_base_score("5E-1"), ElementsAre(0.5F));
  EXPECT_THAT(xgboost_base_score("0.500000"), ElementsAre(0.5F));
  EXPECT_THAT(xgboost_base_score("-1.5e+01"), ElementsAre(-15.0F));
  EXPECT_THAT(xgboost_base_score("5.488135E-1"), ElementsAre(0.5488135F));
  EXPECT_THAT(xgboost_base_score("152"), ElementsAre(152.0F));
}

TEST(XgboostParameters, ReadsAListOfBaseScoresToTheNearestFloat) {
  EXPECT_THAT(xgboost_base_score("[5E-1]"), ElementsAre(0.5F));
  EXPECT_THAT(xgboost_base_score("[3.3333334E-1, 1E-45,-2]"),
              ElementsAre(0.33333334F, 1e-45F, -2.0F));
  EXPECT_THAT(xgboost_base_score("[1E-50,1E39]"),
              ElementsAre(0.0F, std::numeric_limits<float>::infinity()));
}

TEST(XgboostParameters, RefusesBaseScoresThatAreNone) {
  for (const char* text : {"", "x", "-", "5E-1x", "nan", "inf", "-inf", "[nan]", "[", "[]", "[1,]",
                           "[1", "[a]", "[1 2]", "1,2", "E"}) {
    EXPECT_THAT(base_score_refusal(text), HasSubstr("expected a number or a list of numbers"))
        << text;
  }
}

}  // namespace
}  // namespace ml_inference
