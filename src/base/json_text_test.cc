// SPDX-License-Identifier: MIT
#include "base/json_text.h"

#include "base/utf8.h"

#include <gtest/gtest.h>

#include <cmath>

namespace ml_inference {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(JsonText, EscapesWhatJsonAsksFor) {
  EXPECT_EQ(quoted(""), "\"\"");
  EXPECT_EQ(quoted("sepal length (cm)"), "\"sepal length (cm)\"");
  EXPECT_EQ(quoted("a\"b\\c\n\r\t"), R"x("a\"b\\c\n\r\t")x");
  EXPECT_EQ(quoted(std::string_view("\0\x1f\x7f", 3)), "\"\\u0000\\u001f\x7f\"");
}

TEST(JsonText, LeavesUtf8AndReplacesWhatIsNot) {
  EXPECT_EQ(quoted("größe 花 🌸"), "\"größe 花 🌸\"");
  EXPECT_EQ(quoted("a\xFFz"), "\"a\xEF\xBF\xBDz\"");
  EXPECT_EQ(quoted("\xE8\x8A"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const char bytes[] = {static_cast<char>(first), static_cast<char>(second)};
      ASSERT_TRUE(is_utf8(quoted({bytes, 2})));
    }
  }
}

TEST(JsonText, WritesWhatIsNoNumberOfJsonAsText) {
  std::string out;
  for (const double value : {0.25, HUGE_VAL, -HUGE_VAL, std::nan("")}) {
    append_json_number(out, value);
    out += ' ';
  }
  EXPECT_EQ(out, R"(0.25 "Infinity" "-Infinity" "NaN" )");
}

}  // namespace
}  // namespace ml_inference
