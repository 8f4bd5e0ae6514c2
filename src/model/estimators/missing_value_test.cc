// SPDX-License-Identifier: MIT
#include "model/estimators/missing_value.h"

#include "model/estimators/linear.h"
#include "model/workspace.h"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <optional>
#include <vector>

namespace ml_inference {
namespace {

// 10 + 1 * the first value + 2 * the second, each left out when it is missing.
std::vector<double> sums(float missing, const std::vector<double>& rows) {
  const MissingValue estimator(
      std::make_unique<Linear>(2, std::vector<float>{1, 2}, std::vector<float>{10}, std::nullopt),
      missing);
  std::vector<double> out(rows.size() / 2);
  Workspace workspace;
  estimator.predict({rows, out.size(), 2}, out, workspace);
  return out;
}

TEST(MissingValue, IsLeftOutAsNaNIs) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(sums(-1, {-1, 3, nan, 3, 5, -1, -1, -1}), (std::vector<double>{16, 16, 15, 10}));
  EXPECT_EQ(sums(0, {-0.0, 3, 1, 0}), (std::vector<double>{16, 11}));
}

TEST(MissingValue, IsComparedAsAFloat32) {
  EXPECT_EQ(sums(0.1F, {0.1, 0, 0.25, 0}), (std::vector<double>{10, 10.25}));
  EXPECT_EQ(sums(std::numeric_limits<float>::infinity(), {1e39, 3}), std::vector<double>{16});
}

}  // namespace
}  // namespace ml_inference
