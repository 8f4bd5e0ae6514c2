// SPDX-License-Identifier: MIT
#include "base/simd_targets.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace ml_inference {
namespace {

TEST(SimdTargets, AreChosenFromTheWidestOn) {
  const std::vector<std::string_view> targets = simd_targets();
  ASSERT_FALSE(targets.empty());
  EXPECT_EQ(simd_target(), targets.front());
}

TEST(SimdTargets, AreNoWiderThanTheLimit) {
  const std::vector<std::string_view> targets = simd_targets();
  for (std::size_t first = 0; first < targets.size(); ++first) {
    ASSERT_TRUE(limit_simd_targets(targets[first]));
    EXPECT_EQ(simd_target(), targets[first]);
    EXPECT_EQ(simd_targets(),
              std::vector(targets.begin() + static_cast<std::ptrdiff_t>(first), targets.end()));
  }
  ASSERT_TRUE(limit_simd_targets(""));
  EXPECT_EQ(simd_targets(), targets);
}

TEST(SimdTargets, AreRefusedUnderOtherNames) {
  const auto refused = limit_simd_targets("AVX9");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("AVX9"), std::string_view::npos);
  EXPECT_NE(refused.error().message.find(simd_target()), std::string_view::npos);
}

}  // namespace
}  // namespace ml_inference
