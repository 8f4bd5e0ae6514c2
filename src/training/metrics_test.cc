// SPDX-License-Identifier: MIT
// The expected numbers are those of scikit-learn 1.9.1 with numpy 2.4.6 on the same answers.
#include "training/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace ml_inference {
namespace {

using ::testing::DoubleNear;
using ::testing::Optional;

// Sums are rounded in another order than numpy's.
constexpr double kRounding = 1e-13;

struct Answers {
  std::size_t class_count = 0;
  std::vector<std::int32_t> classes;
  std::vector<double> probabilities;
  std::vector<double> targets;
  std::vector<double> predicted;

  [[nodiscard]] MatrixView<const double> matrix() const {
    return {probabilities, classes.size(), class_count};
  }
};

const Answers kTwoClasses{
    .class_count = 2,
    .classes = {0, 0, 1, 1, 0, 1, 1, 0},
    .probabilities = {.9, .1, .6, .4, .65, .35, .2, .8, .6, .4, .6, .4, 0, 1, 1, 0},
};

const Answers kThreeClasses{
    .class_count = 3,
    .classes = {0, 1, 2, 2, 1, 0, 1, 2, 0},
    .probabilities = {.7, .2, .1,  .3,  .4, .3, .1, .2, .7, .3, .4, .3, .3, .4,
                      .3, .5, .25, .25, .6, .3, .1, .2, .2, .6, .3, .3, .4},
};

// 500 rows of four classes and of a target, by a generator that any language has in a line.
Answers many_answers() {
  Answers answers{.class_count = 4};
  std::uint64_t state = 12345;
  const auto next = [&state](std::uint64_t bound) {
    state = (state * 1103515245 + 12345) % (std::uint64_t{1} << 31);
    return static_cast<double>(state / 65536 % bound);
  };
  for (int row = 0; row < 500; ++row) {
    answers.classes.push_back(static_cast<std::int32_t>(next(4)));
    std::vector<double> weights;
    for (std::int32_t number = 0; number < 4; ++number) {
      weights.push_back(next(10) + 1 + (number == answers.classes.back() ? 8 : 0));
    }
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (const double weight : weights) answers.probabilities.push_back(weight / sum);
    answers.targets.push_back(next(1000) / 8);
    answers.predicted.push_back(answers.targets.back() + next(64) / 4 - 8);
  }
  return answers;
}

TEST(Accuracy, IsTheShareOfRowsThatAreRight) {
  EXPECT_EQ(accuracy(std::vector<std::int32_t>{0, 1, 2, 2}, std::vector<std::int32_t>{0, 2, 2, 2}),
            0.75);
}

TEST(LogLoss, IsScikitLearns) {
  EXPECT_NEAR(log_loss(kTwoClasses.classes, kTwoClasses.matrix()), 0.4145335213596063, kRounding);
  EXPECT_NEAR(log_loss(kThreeClasses.classes, kThreeClasses.matrix()), 0.8179802854366132,
              kRounding);
  const Answers many = many_answers();
  EXPECT_NEAR(log_loss(many.classes, many.matrix()), 0.8072459569611912, kRounding);
}

TEST(LogLoss, OfACertaintyThatIsWrongIsFinite) {
  const std::vector<double> probabilities{1, 0, .25, .75, 0, 1};
  EXPECT_NEAR(log_loss(std::vector<std::int32_t>{1, 0, 1}, {probabilities, 3, 2}),
              12.476649250079014, kRounding);
}

TEST(RocAuc, CountsTiesAsHalves) {
  EXPECT_THAT(roc_auc(kTwoClasses.classes, kTwoClasses.matrix()), Optional(0.8125));
  EXPECT_THAT(roc_auc({true, false}, std::vector<double>{3, 3}), Optional(0.5));
  EXPECT_THAT(roc_auc({true, false}, std::vector<double>{-0.0, 0.0}), Optional(0.5));
  EXPECT_THAT(roc_auc({true, false, true}, std::vector<double>{1, 2, 3}), Optional(0.5));
}

TEST(RocAuc, OfSeveralClassesIsTheMeanOfEachAgainstTheRest) {
  EXPECT_THAT(roc_auc(kThreeClasses.classes, kThreeClasses.matrix()),
              Optional(DoubleNear(0.851851851851852, kRounding)));
  const Answers many = many_answers();
  EXPECT_THAT(roc_auc(many.classes, many.matrix()),
              Optional(DoubleNear(0.9899300492521044, kRounding)));
}

TEST(RocAuc, OfRoughScoresIsScikitLearns) {
  const Answers many = many_answers();
  std::vector<bool> is_positive;
  std::vector<double> scores;
  for (std::size_t row = 0; row < many.classes.size(); ++row) {
    is_positive.push_back(many.classes[row] > 1);
    scores.push_back(static_cast<int>(many.matrix().row(row)[2] * 10));
  }
  EXPECT_THAT(roc_auc(is_positive, scores), Optional(DoubleNear(0.7668812864373118, kRounding)));
}

TEST(RocAuc, IsNothingWithoutRowsOfEachClass) {
  EXPECT_EQ(roc_auc({true, true}, std::vector<double>{1, 2}), std::nullopt);
  EXPECT_EQ(roc_auc(std::vector<bool>(), {}), std::nullopt);
  const std::vector<double> probabilities{.5, .3, .2, .5, .3, .2};
  EXPECT_EQ(roc_auc(std::vector<std::int32_t>{0, 1}, {probabilities, 2, 3}), std::nullopt);
  EXPECT_EQ(roc_auc(std::vector<std::int32_t>{0, 0}, {std::vector<double>{1, 1}, 2, 1}),
            std::nullopt);
}

TEST(Regression, IsScoredAsByScikitLearn) {
  const std::vector<double> targets{3, -.5, 2, 7, 4.25};
  const std::vector<double> predicted{2.5, 0, 2, 8, 4};
  EXPECT_NEAR(root_mean_squared_error(targets, predicted), 0.5590169943749475, kRounding);
  EXPECT_THAT(r_squared(targets, predicted), Optional(DoubleNear(0.9491042345276873, kRounding)));
  const Answers many = many_answers();
  EXPECT_NEAR(root_mean_squared_error(many.targets, many.predicted), 4.645696933722647, kRounding);
  EXPECT_THAT(r_squared(many.targets, many.predicted),
              Optional(DoubleNear(0.983256106801009, kRounding)));
}

TEST(RSquared, HasScikitLearnsEdges) {
  using Numbers = std::vector<double>;
  EXPECT_THAT(r_squared(Numbers{2, 2}, Numbers{2, 2}), Optional(1.0));
  EXPECT_THAT(r_squared(Numbers{2, 2}, Numbers{2, 3}), Optional(0.0));
  EXPECT_THAT(r_squared(Numbers{1, 2, 3}, Numbers{3, 2, 1}), Optional(-3.0));
  EXPECT_EQ(r_squared(Numbers{1}, Numbers{1}), std::nullopt);
}

TEST(ConfusionMatrix, CountsPairsAndAddsUp) {
  ConfusionMatrix matrix;
  matrix.add(0, 0);
  matrix.add(0, 1);
  matrix.add(0, 1);
  ConfusionMatrix other;
  other.add(0, 1, 5);
  other.add(9999, 2);
  matrix.add(other);
  EXPECT_EQ(matrix.row_count(0, 0), 1U);
  EXPECT_EQ(matrix.row_count(0, 1), 7U);
  EXPECT_EQ(matrix.row_count(1, 0), 0U);
  EXPECT_EQ(matrix.row_count(9999, 2), 1U);
  EXPECT_EQ(matrix.counts().size(), 3U);
}

}  // namespace
}  // namespace ml_inference
