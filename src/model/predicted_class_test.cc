// SPDX-License-Identifier: MIT
#include "model/predicted_class.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace ml_inference {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(PredictedClass, IsTheFirstOfTheLargest) {
  EXPECT_EQ(first_largest(std::vector{0.1, 0.7, 0.2}), 1U);
  EXPECT_EQ(first_largest(std::vector{0.4, 0.4, 0.2}), 0U);
  EXPECT_EQ(first_largest(std::vector{0.2, 0.4, 0.4}), 1U);
  EXPECT_EQ(first_largest(std::vector{1.0}), 0U);
  EXPECT_EQ(first_largest(std::vector{0.9, kNan, 1.0}), 1U);
}

std::size_t class_of(ClassRule rule, std::vector<double> outputs, std::vector<double> scores) {
  return predicted_class({.class_labels = {"no", "yes"}, .class_rule = rule}, outputs, scores);
}

TEST(PredictedClass, FollowsTheRuleOfTheLibrary) {
  EXPECT_EQ(class_of(ClassRule::largest_probability, {0.5, 0.5}, {0.0}), 0U);
  EXPECT_EQ(class_of(ClassRule::largest_score, {0.5, 0.5}, {1.0, 2.0}), 1U);
  EXPECT_EQ(class_of(ClassRule::positive_score, {}, {0.0}), 0U);
  EXPECT_EQ(class_of(ClassRule::non_negative_score, {}, {0.0}), 1U);
  EXPECT_EQ(class_of(ClassRule::non_negative_score, {}, {-0.5}), 0U);
}

}  // namespace
}  // namespace ml_inference
