// SPDX-License-Identifier: MIT
#include "serving/numbered_names.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

TEST(NumberedNames, AreThoseOfAFileThatNamesNone) {
  EXPECT_TRUE(has_numbered_names({.feature_names = {"x0", "x1", "x2"}}));
  EXPECT_TRUE(has_numbered_names({.feature_names = {"f0"}}));
  EXPECT_TRUE(has_numbered_names({.feature_names = {"Column_0", "Column_1"}}));
  EXPECT_FALSE(has_numbered_names({.feature_names = {"x0", "age"}}));
  EXPECT_FALSE(has_numbered_names({.feature_names = {"x1", "x2"}}));
  EXPECT_FALSE(has_numbered_names({.feature_names = {"x", "f"}}));
}

}  // namespace
}  // namespace ml_inference
