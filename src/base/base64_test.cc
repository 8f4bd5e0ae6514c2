// SPDX-License-Identifier: MIT
#include "base/base64.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

TEST(Base64, DecodesItsSpecificationsExamples) {
  EXPECT_EQ(decode_base64(""), "");
  EXPECT_EQ(decode_base64("Zg=="), "f");
  EXPECT_EQ(decode_base64("Zm8="), "fo");
  EXPECT_EQ(decode_base64("Zm9v"), "foo");
  EXPECT_EQ(decode_base64("Zm9v\nYmFy"), "foobar");
  EXPECT_EQ(decode_base64("AP8="), std::string("\0\xFF", 2));
}

TEST(Base64, RefusesWhatIsNone) {
  for (const char* const text : {"Z", "Zg", "Zg=", "Zg===", "Zm9v!", "-_--", "=Zg="}) {
    EXPECT_FALSE(decode_base64(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace ml_inference
