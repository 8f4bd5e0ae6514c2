// SPDX-License-Identifier: MIT
#include "formats/xgboost/category_names.h"

#include "formats/format_error.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

using Texts = std::vector<std::string>;

XgboostCategoryNames names_of(const Texts& texts, std::int32_t minor = 2) {
  XgboostFile file;
  file.version = {3, minor, 0};
  return xgboost_category_names(file, texts, 1);
}

TEST(CategoryNames, StandAsTheyAreWhereNothingWasCut) {
  EXPECT_EQ(names_of({"red", "", "blue"}).names, (Texts{"red", "", "blue"}));
  EXPECT_EQ(names_of({"wei\u00df", "rot"}, 4).names, (Texts{"wei\u00df", "rot"}));
  EXPECT_EQ(names_of({"wei\u00df", "rot"}, 0).names, (Texts{"wei\u00df", "rot"}));
  EXPECT_EQ(names_of({"red"}).last_characters, 0U);
}

TEST(CategoryNames, ArePutTogetherAgain) {
  // a, wei\u00df, c, ddd: the last byte is lost.
  const XgboostCategoryNames got = names_of({"a", "wei\xC3", "\x9F", "cdd"});
  EXPECT_EQ(got.names, (Texts{"a", "wei\u00df", "c", "dd"}));
  EXPECT_EQ(got.last_characters, 3U);
}

TEST(CategoryNames, AreLostAtTheEnd) {
  // \u00e4, b: all that is left is the first.
  const XgboostCategoryNames one = names_of({"\xC3", "\xA4"});
  EXPECT_EQ(one.names, (Texts{"\u00e4"}));
  EXPECT_EQ(one.last_characters, 0U);
  // Half a character at the end is no character.
  const XgboostCategoryNames half = names_of({"a\xC3",
                                              "\xA9"
                                              "b\xC3"});
  EXPECT_EQ(half.names, (Texts{"a\u00e9", "b"}));
  EXPECT_EQ(half.last_characters, 3U);
  EXPECT_TRUE(names_of({"\xFF", "b"}).names.empty());
}

TEST(CategoryNames, AreRefusedWhereTheLibraryMixesThemUp) {
  try {
    static_cast<void>(names_of({"b", "\xC3\xA9", "\xC3\xA9"}));
    FAIL();
  } catch (const FormatError& refusal) {
    EXPECT_EQ(refusal.error.code, Code::unimplemented);
    EXPECT_NE(refusal.error.message.find("takes one of these for the other"), std::string::npos);
  }
}

}  // namespace
}  // namespace ml_inference
