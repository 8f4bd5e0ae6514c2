// SPDX-License-Identifier: MIT
#include "base/printable_text.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

TEST(PrintableText, LeavesTextAsItIs) {
  EXPECT_EQ(printable_text("say \"5 \xC2\xB5m\" \\ once"), "say \"5 \xC2\xB5m\" \\ once");
  EXPECT_EQ(printable_text(""), "");
}

TEST(PrintableText, ShowsControlCharactersAndObeysNone) {
  EXPECT_EQ(printable_text("a\nb\tc\x1B[31m"), "a\\nb\\tc\\u001b[31m");
  EXPECT_EQ(printable_text(std::string("\0\x7F", 2)), "\\u0000\\u007f");
}

}  // namespace
}  // namespace ml_inference
