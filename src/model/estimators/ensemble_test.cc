// SPDX-License-Identifier: MIT
#include "model/estimators/ensemble.h"

#include "model/estimators/constant.h"
#include "model/estimators/isolation.h"
#include "model/estimators/linear.h"
#include "model/estimators/pipeline.h"
#include "model/transformers/column_affine.h"
#include "model/transformers/impute.h"
#include "model/transformers/rearrange.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<double> answers(const Estimator& estimator, std::vector<double> rows) {
  const std::size_t row_count = rows.size() / estimator.feature_count();
  std::vector<double> out(row_count * estimator.answer_width());
  Workspace workspace;
  const std::span<const double> values = rows;
  estimator.predict({values, row_count, estimator.feature_count()}, out, workspace);
  return out;
}

// Gives its only column back.
std::unique_ptr<Estimator> echo() {
  return std::make_unique<Linear>(1, std::vector{1.0F}, std::vector{0.0F}, Link{});
}

Member constant(std::vector<double> answer) {
  return {.estimator = std::make_unique<Constant>(2, std::move(answer))};
}

TEST(Mean, AddsWhatEachMemberKnowsToItsOutputs) {
  std::vector<Member> members;
  members.push_back(constant({1, 0}));
  members.push_back({.estimator = std::make_unique<Constant>(1, std::vector{1.0}),
                     .columns = {1},
                     .outputs = {1}});
  EXPECT_EQ(answers(Mean(2, 2, std::move(members)), {7, 8}), (std::vector{0.5, 0.5}));
}

TEST(Mean, ShowsAMemberItsColumnsOnly) {
  std::vector<Member> members;
  members.push_back({.estimator = echo(), .columns = {1}, .outputs = {0, 1}});
  EXPECT_EQ(answers(Mean(2, 2, std::move(members)), {7, 8, 9, 10}),
            (std::vector<double>{8, 8, 10, 10}));
}

TEST(Mean, TakesTheStepsOfItsMembersAndItsOwn) {
  std::vector<Member> members;
  members.push_back(constant({1, 0}));  // 2 numbers, and they are added
  members.push_back({.estimator = echo(), .columns = {1}, .outputs = {0, 1}});
  EXPECT_EQ(Mean(2, 2, std::move(members)).steps_per_row(), 2U + 2 + (1 + 1 + 2));
}

std::vector<double> vote(BoostRule rule) {
  std::vector<Member> members;
  members.push_back(constant({0.25, 0.5, 0.25}));
  members.push_back(constant({0.75, 0.25, 0}));
  return answers(AdaBoostVote(2, 3, rule, std::move(members), {1, 3}, 4), {0, 0});
}

TEST(AdaBoostVote, CountsWeightsByTheRuleOfTheVersion) {
  const std::vector<double> before = vote(BoostRule::weight_or_nothing);
  EXPECT_EQ(std::vector(before.begin() + 3, before.end()), (std::vector{0.75, 0.25, 0.0}));
  const std::vector<double> since = vote(BoostRule::weight_or_share);
  EXPECT_EQ(std::vector(since.begin() + 3, since.end()), (std::vector{0.625, -0.125, -0.5}));
}

TEST(AdaBoostVote, GivesOneScoreForTwoClasses) {
  std::vector<Member> members;
  members.push_back(constant({0.25, 0.75}));
  const std::vector<double> got =
      answers(AdaBoostVote(2, 2, BoostRule::weight_or_nothing, std::move(members), {2}, 2), {0, 0});
  EXPECT_EQ(got[2], 1);
  EXPECT_NEAR(got[1], 1 / (1 + std::exp(-1)), 1e-15);
}

TEST(WeightedMedian, TakesTheAnswerAtWhichHalfOfTheWeightIsReached) {
  std::vector<Member> members;
  for (const double answer : {10.0, 30.0, 20.0}) members.push_back(constant({answer}));
  EXPECT_EQ(answers(WeightedMedian(2, std::move(members), {1, 1, 3}), {0, 0}), std::vector{20.0});
}

TEST(Isolation, IsBelowZeroForAShortPath) {
  for (const double length : {1.0, 20.0}) {
    std::vector<Member> members;
    members.push_back(constant({length}));
    const double score = answers(Isolation(2, std::move(members), 10, -0.5), {0, 0})[0];
    EXPECT_EQ(score < 0, length < 10) << score;
  }
}

TEST(Isolation, TakesItsOwnScoreForTheBorder) {
  const double score = std::pow(2.0, -0.3);
  const double beside = std::nextafter(score, 0.0);
  for (const bool is_a_score : {true, false}) {
    std::vector<Member> members;
    members.push_back(constant({3.0}));
    const Isolation isolation(2, std::move(members), 10, -beside, is_a_score);
    EXPECT_EQ(answers(isolation, {0, 0})[0] == 0, is_a_score);
  }
}

TEST(Pipeline, TransformsAndRefusesWhatNoEstimatorTakes) {
  std::vector<std::unique_ptr<const Transformer>> steps;
  steps.push_back(std::make_unique<ShiftAndDivide>(1, std::vector{2.0}, std::vector{4.0}));
  const Pipeline pipeline(std::move(steps), echo(), {});
  EXPECT_EQ(answers(pipeline, {10})[0], 2);
  Workspace workspace;
  EXPECT_FALSE(pipeline.refusal(std::vector{10.0}, workspace));
  EXPECT_TRUE(pipeline.refusal(std::vector{kNan}, workspace));
  EXPECT_TRUE(pipeline.refusal(std::vector{1e40}, workspace)) << "beyond float32";
}

std::vector<double> transformed(const Transformer& transformer, std::vector<double> row) {
  std::vector<double> out(transformer.output_width());
  const std::span<const double> in = row;
  transformer.transform({in, 1, row.size()}, {out, 1, out.size()});
  return out;
}

TEST(Transformers, ScaleAndClip) {
  const MultiplyAndShift clipping({2, 2}, {1, 1}, std::pair(0.0, 3.0));
  EXPECT_EQ(transformed(clipping, {5, -5}), (std::vector<double>{3, 0}));
  EXPECT_TRUE(std::isnan(transformed(clipping, {kNan, 0})[0]));
  EXPECT_EQ(transformed(ShiftAndDivide(1, {}, {}), {5}), std::vector<double>{5});
}

TEST(Transformers, ImputeDropIndicate) {
  const Impute impute({.values = {1, kNan, 3}, .missing = kNan, .indicators = {2}});
  EXPECT_EQ(transformed(impute, {kNan, 9, 4}), (std::vector<double>{1, 4, 0}));
  EXPECT_EQ(transformed(impute, {7, 9, kNan}), (std::vector<double>{7, 3, 1}));
  const Impute of_number({.values = {5}, .missing = -1, .indicators = {}});
  EXPECT_EQ(transformed(of_number, {-1}), std::vector<double>{5});
  EXPECT_FALSE(of_number.input_rules().accepts_missing);
}

TEST(Transformers, RearrangeAndRecode) {
  const Rearrange rearrange(2, {},
                            {{.from = 1, .is_recoded = true, .categories = {30, 10}},
                             {.from = 0, .is_recoded = false, .categories = {}}});
  EXPECT_EQ(transformed(rearrange, {7, 10}), (std::vector<double>{1, 7}));
  EXPECT_TRUE(std::isnan(transformed(rearrange, {7, 11})[0]));
  EXPECT_TRUE(rearrange.refusal(std::vector{7.0, std::numeric_limits<double>::infinity()}));
}

}  // namespace
}  // namespace ml_inference
