// SPDX-License-Identifier: MIT
#include "model/estimators/guarded.h"

#include "model/estimators/constant.h"
#include "model/workspace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <vector>

namespace ml_inference {
namespace {

TEST(Guarded, RefusesWhatItsRulesDoNotLetIn) {
  const Guarded guarded(std::make_unique<Constant>(std::size_t{2}, std::vector<double>{1}),
                        {.accepts_missing = true});
  Workspace workspace;
  const double infinity = std::numeric_limits<double>::infinity();
  const double missing = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(guarded.refusal(std::vector<double>{1, missing}, workspace).has_value());
  EXPECT_THAT(guarded.refusal(std::vector<double>{1, infinity}, workspace).value_or(""),
              ::testing::StartsWith("column 1 of those that a member sees is"));
  EXPECT_TRUE(guarded.may_refuse());
  const Guarded of_one(std::make_unique<Constant>(std::size_t{2}, std::vector<double>{1}), {}, {1});
  EXPECT_FALSE(of_one.refusal(std::vector<double>{missing, 1}, workspace).has_value());
  EXPECT_TRUE(of_one.refusal(std::vector<double>{1, missing}, workspace).has_value());
}

}  // namespace
}  // namespace ml_inference
