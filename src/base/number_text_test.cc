// SPDX-License-Identifier: MIT
#include "base/number_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>

namespace ml_inference {
namespace {

TEST(NumberText, IsWhatPythonPrints) {
  // Each pair printed by Python 3.11: repr(x).
  EXPECT_EQ(number_text(0.0), "0.0");
  EXPECT_EQ(number_text(-0.0), "-0.0");
  EXPECT_EQ(number_text(1.0), "1.0");
  EXPECT_EQ(number_text(100.0), "100.0");
  EXPECT_EQ(number_text(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(number_text(1.0 / 3), "0.3333333333333333");
  EXPECT_EQ(number_text(0.0001), "0.0001");
  EXPECT_EQ(number_text(0.00001), "1e-05");
  EXPECT_EQ(number_text(1.5e-7), "1.5e-07");
  EXPECT_EQ(number_text(1e15), "1000000000000000.0");
  EXPECT_EQ(number_text(123456789012345680.0), "1.2345678901234568e+17");
  EXPECT_EQ(number_text(9999999999999998.0), "9999999999999998.0");
  EXPECT_EQ(number_text(1e16), "1e+16");
  EXPECT_EQ(number_text(1e100), "1e+100");
  EXPECT_EQ(number_text(5e-324), "5e-324");
  EXPECT_EQ(number_text(std::numeric_limits<double>::max()), "1.7976931348623157e+308");
}

TEST(NumberText, CountsOneThingAsOne) {
  EXPECT_EQ(count_text(0, "row"), "0 rows");
  EXPECT_EQ(count_text(1, "row"), "1 row");
  EXPECT_EQ(count_text(1000, "row"), "1000 rows");
}

TEST(NumberText, WritesTheThreeThatJsonLacksAsPythonDoes) {
  EXPECT_EQ(number_text(NAN), "NaN");
  EXPECT_EQ(number_text(INFINITY), "Infinity");
  EXPECT_EQ(number_text(-INFINITY), "-Infinity");
}

TEST(NumberText, ReadsBackAsTheSameDouble) {
  std::mt19937_64 random(20240101);
  for (int i = 0; i < 100000; ++i) {
    const std::uint64_t bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    ASSERT_EQ(std::strtod(number_text(value).c_str(), nullptr), value);
  }
}

}  // namespace
}  // namespace ml_inference
