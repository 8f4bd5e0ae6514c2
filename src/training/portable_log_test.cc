// SPDX-License-Identifier: MIT
#include "training/portable_log.h"

#include "training/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace ml_inference {
namespace {

TEST(PortableLog2, IsExactForPowersOfTwo) {
  for (int exponent = -1022; exponent < 1024; ++exponent) {
    EXPECT_EQ(portable_log2(std::ldexp(1.0, exponent)), exponent);
  }
}

TEST(PortableLog2, IsWithinFourUnitsInTheLastPlace) {
  Random random(1, 0);
  for (int draw = 0; draw < 100'000; ++draw) {
    const double mantissa = 1 + static_cast<double>(random.next() >> 12) * 0x1p-52;
    const double value = std::ldexp(mantissa, static_cast<int>(random.below(64)) - 32);
    const double exact = std::log2(value);
    const double place = std::nextafter(std::abs(exact), HUGE_VAL) - std::abs(exact);
    // Around 1 the sum of exponent and mantissa's logarithm cancels: there the place is that of 1.
    const double allowed = 4 * std::max(place, std::numeric_limits<double>::epsilon() / 2);
    EXPECT_NEAR(portable_log2(value), exact, allowed) << value;
  }
}

// The bits themselves: another compiler or processor must find the same.
TEST(PortableLog2, HasTheSameBitsEverywhere) {
  EXPECT_EQ(portable_log2(3.0), 0x1.95c01a39fbd69p+0);
  EXPECT_EQ(portable_log2(10.0), 0x1.a934f0979a371p+1);
}

}  // namespace
}  // namespace ml_inference
