// SPDX-License-Identifier: MIT
#include "serving/numbered_names.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

TEST(NumberedNames, AreThoseOfAFileThatNamesNone) {
  EXPECT_EQ(numbered_name_prefix({.feature_names = {"x0", "x1", "x2"}}), "x");
  EXPECT_EQ(numbered_name_prefix({.feature_names = {"f0"}}), "f");
  EXPECT_EQ(numbered_name_prefix({.feature_names = {"Column_0", "Column_1"}}), "Column_");
  EXPECT_EQ(numbered_name_prefix({.feature_names = {"x0", "age"}}), std::nullopt);
  EXPECT_EQ(numbered_name_prefix({.feature_names = {"x1", "x2"}}), std::nullopt);
  EXPECT_EQ(numbered_name_prefix({.feature_names = {"x", "f"}}), std::nullopt);
}

}  // namespace
}  // namespace ml_inference
