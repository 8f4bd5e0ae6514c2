// SPDX-License-Identifier: MIT
#include "training/portable_exp.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace ml_inference {
namespace {

TEST(PortableExp, IsWithinTwoUnitsInTheLastPlace) {
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  for (double x = -708; x <= 709; x += 0.00371) {
    EXPECT_NEAR(portable_exp(x) / std::exp(x), 1, 2 * kEpsilon) << x;
  }
}

TEST(PortableExp, IsExactlyOneForZero) {
  EXPECT_EQ(portable_exp(0.0), 1.0);
  EXPECT_EQ(portable_exp(-0.0), 1.0);
}

TEST(PortableExp, StaysNormalForAnyNumber) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(portable_exp(-kInfinity), portable_exp(-708));
  EXPECT_EQ(portable_exp(-1e300), portable_exp(-708));
  EXPECT_EQ(portable_exp(kInfinity), portable_exp(709));
  EXPECT_TRUE(std::isnormal(portable_exp(-708)));
  EXPECT_TRUE(std::isnormal(portable_exp(709)));
}

// The bits of some results, so that another compiler or processor that gives others is seen.
TEST(PortableExp, HasTheBitsThatItAlwaysHad) {
  EXPECT_EQ(std::bit_cast<std::uint64_t>(portable_exp(1.0)), 0x4005BF0A8B14576A);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(portable_exp(-0.1)), 0x3FECF46D99D52B3A);
}

}  // namespace
}  // namespace ml_inference
