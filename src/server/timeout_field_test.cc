// SPDX-License-Identifier: MIT
#include "server/timeout_field.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

using std::chrono::milliseconds;

TEST(TimeoutField, IsANumberOfMilliseconds) {
  EXPECT_EQ(parse_timeout_field("1"), milliseconds(1));
  EXPECT_EQ(parse_timeout_field("0250"), milliseconds(250));
  EXPECT_EQ(parse_timeout_field("999999999"), milliseconds(999'999'999));
}

TEST(TimeoutField, IsNothingElse) {
  for (const char* const text : {"", "0", "-1", "+1", " 1", "1 ", "1.5", "1s", "0x1", "1000000000",
                                 "18446744073709551617"}) {
    EXPECT_EQ(parse_timeout_field(text), std::nullopt) << text;
  }
  EXPECT_EQ(timeout_field_fault("1s\n"),
            "x-request-timeout-ms (or x-envoy-expected-rq-timeout-ms) is '1s\\n', expected "
            "milliseconds from 1 to 999999999");
}

}  // namespace
}  // namespace ml_inference
