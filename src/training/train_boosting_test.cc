// SPDX-License-Identifier: MIT
// What each option means, that a seed means one forest, and that nothing hostile gets through. That
// the trees are the right ones is boosted_tree_test's; that answers are as good as LightGBM's is
// bench/boosting's.
#include "training/train_boosting.h"

#include "model/reference_predict.h"
#include "training/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

namespace ml_inference {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Feature 0 is a number, sometimes missing, which says something; 1 a category of nine, in no
// order; 2 a number that distracts.
struct Sample {
  static constexpr std::size_t kFeatureCount = 3;
  std::vector<double> values;
  std::vector<std::int32_t> classes;  // of three
  std::vector<std::int32_t> halves;   // of two
  std::vector<double> targets;        // above 0

  [[nodiscard]] MatrixView<const double> rows() const {
    return {values, targets.size(), kFeatureCount};
  }
};

Sample make_sample(std::size_t row_count, std::uint64_t seed) {
  constexpr double kWorths[] = {0.1, 2.0, 0.3, 1.7, 1.0, 0.2, 1.9, 1.1, 0.0};
  Sample sample;
  Random random(seed, 0);
  const auto uniform = [&random] { return random.below(1000) / 1000.0; };
  for (std::size_t row = 0; row < row_count; ++row) {
    const double number = uniform();
    const bool is_missing = random.below(4) == 0;
    const std::uint32_t category = random.below(9);
    sample.values.insert(sample.values.end(),
                         {is_missing ? kNaN : static_cast<double>(number),
                          static_cast<double>(category), static_cast<double>(uniform())});
    const double target = (is_missing ? 1.5 : number) + kWorths[category] + uniform() * 0.2;
    sample.targets.push_back(target);
    sample.classes.push_back(target < 1 ? 0 : target < 2 ? 1 : 2);
    sample.halves.push_back(target < 1.5 ? 0 : 1);
  }
  return sample;
}

TrainedBoosting regressor(const Sample& sample, const BoostingOptions& options) {
  Result<TrainedBoosting> trained = train_boosted_regressor(sample.rows(), sample.targets, options);
  EXPECT_TRUE(trained.has_value()) << trained.error().message;
  return std::move(trained).value();
}

TrainedBoosting classifier(const Sample& sample, const BoostingOptions& options) {
  Result<TrainedBoosting> trained =
      train_boosted_classifier(sample.rows(), sample.classes, 3, options);
  EXPECT_TRUE(trained.has_value()) << trained.error().message;
  return std::move(trained).value();
}

std::vector<double> answers(const TrainedBoosting& trained, MatrixView<const double> rows) {
  const std::size_t sum_count = trained.forest.output_count();
  std::vector<double> sums(rows.row_count() * sum_count);
  reference_predict(trained.forest, rows, sums);
  std::vector<double> out(rows.row_count() * trained.link.output_count(sum_count));
  apply_link(trained.link, MatrixView<const double>(sums, rows.row_count(), sum_count), out);
  return out;
}

double squared_error(const TrainedBoosting& trained, const Sample& sample) {
  const std::vector<double> out = answers(trained, sample.rows());
  double sum = 0;
  for (std::size_t row = 0; row < out.size(); ++row) {
    sum += (out[row] - sample.targets[row]) * (out[row] - sample.targets[row]);
  }
  return sum / static_cast<double>(out.size());
}

double accuracy(const TrainedBoosting& trained, const Sample& sample,
                std::span<const std::int32_t> classes) {
  const std::vector<double> out = answers(trained, sample.rows());
  const std::size_t class_count = out.size() / classes.size();
  double right = 0;
  for (std::size_t row = 0; row < classes.size(); ++row) {
    const auto of_row = std::span(out).subspan(row * class_count, class_count);
    const auto best = std::ranges::max_element(of_row) - of_row.begin();
    right += best == classes[row] ? 1 : 0;
  }
  return right / static_cast<double>(classes.size());
}

TEST(TrainBoosting, LearnsANumber) {
  const TrainedBoosting trained = regressor(make_sample(3'000, 1), {});
  EXPECT_LT(squared_error(trained, make_sample(1'000, 2)), 0.02);  // noise alone: 0.0033
  EXPECT_EQ(trained.iteration_count, 100U);
  EXPECT_EQ(trained.forest.tree_count(), 100U);
  EXPECT_TRUE(trained.link.is_identity());
}

TEST(TrainBoosting, LearnsTwoClassesWithOneTreeARound) {
  const Sample sample = make_sample(3'000, 1);
  const Result<TrainedBoosting> trained =
      train_boosted_classifier(sample.rows(), sample.halves, 2, {});
  ASSERT_TRUE(trained.has_value());
  const Sample test = make_sample(1'000, 2);
  EXPECT_GT(accuracy(*trained, test, test.halves), 0.93);
  EXPECT_EQ(trained->forest.tree_count(), 100U);
}

TEST(TrainBoosting, LearnsManyClassesWithATreeAClass) {
  const TrainedBoosting trained = classifier(make_sample(3'000, 1), {.max_iter = 50});
  const Sample test = make_sample(1'000, 2);
  EXPECT_GT(accuracy(trained, test, test.classes), 0.9);
  EXPECT_EQ(trained.forest.tree_count(), 150U);
  EXPECT_EQ(trained.forest.first_outputs()[4], 1U);
}

TEST(TrainBoosting, LearnsCountsAndMedians) {
  const Sample sample = make_sample(3'000, 1);
  const Sample test = make_sample(1'000, 2);
  for (const RegressionLoss loss : {RegressionLoss::poisson, RegressionLoss::absolute_error}) {
    EXPECT_LT(squared_error(regressor(sample, {.loss = loss}), test), 0.04);
  }
}

TEST(TrainBoosting, OfTheAbsoluteErrorPredictsMedians) {
  // No feature tells the rows apart: 60 of 100 are 1, the others far above.
  const std::vector<double> rows(100, 0.0);
  std::vector<double> targets(60, 1.0);
  targets.resize(100, 1000.0);
  const auto trained = train_boosted_regressor(MatrixView<const double>(rows, 100, 1), targets,
                                               {.loss = RegressionLoss::absolute_error});
  EXPECT_EQ(answers(*trained, MatrixView<const double>(rows, 100, 1))[0], 1.0);
}

TEST(TrainBoosting, LearnsWhereMissingValuesGo) {
  // Missing means 5, as values above a half do: only the direction tells.
  std::vector<double> rows;
  std::vector<double> targets;
  for (int row = 0; row < 300; ++row) {
    rows.push_back(row % 3 == 0 ? kNaN : row % 3 == 1 ? 0.9 : 0.1);
    targets.push_back(row % 3 == 2 ? 1 : 5);
  }
  const std::vector<double> test = {kNaN, 0.9, 0.1};
  for (const bool is_high : {true, false}) {
    const auto trained =
        train_boosted_regressor(MatrixView<const double>(rows, 300, 1), targets, {});
    const std::vector<double> out = answers(*trained, MatrixView<const double>(test, 3, 1));
    EXPECT_NEAR(out[0], is_high ? 5 : 1, 0.01);
    for (int row = 0; row < 300; row += 3) targets[static_cast<std::size_t>(row)] = 1;
  }
}

TEST(TrainBoosting, GainsByKnowingWhatIsACategory) {
  const Sample sample = make_sample(2'000, 1);
  const Sample test = make_sample(1'000, 2);
  const BoostingOptions numbers{.max_iter = 10, .learning_rate = 0.5, .max_leaf_nodes = 3};
  BoostingOptions categories = numbers;
  categories.categorical_features = {1};
  EXPECT_LT(squared_error(regressor(sample, categories), test),
            0.6 * squared_error(regressor(sample, numbers), test));
}

TEST(TrainBoosting, TakesAStrangeCategoryForAMissingValue) {
  const TrainedBoosting trained = regressor(make_sample(2'000, 1), {.categorical_features = {1}});
  const std::vector<double> missing = {0.5, kNaN, 0.5};
  const double expected = answers(trained, MatrixView<const double>(missing, 1, 3))[0];
  for (const double stranger : {9.0, 31.0, 32.0, 1e6, -1.0, 0.5}) {
    const std::vector<double> row = {0.5, stranger, 0.5};
    EXPECT_EQ(answers(trained, MatrixView<const double>(row, 1, 3))[0], expected) << stranger;
  }
}

TEST(TrainBoosting, GivesTheSameForestWithAnyNumberOfThreads) {
  const Sample sample = make_sample(9'000, 1);
  for (const EarlyStopping stopping : {EarlyStopping::no, EarlyStopping::yes}) {
    BoostingOptions options{.max_iter = 12,
                            .max_features = 0.7,
                            .categorical_features = {1},
                            .early_stopping = stopping};
    const TrainedBoosting classes = classifier(sample, options);
    const TrainedBoosting numbers = regressor(sample, options);
    for (const std::size_t thread_count : {2U, 3U, 5U}) {
      options.thread_count = thread_count;
      EXPECT_EQ(classifier(sample, options).forest, classes.forest);
      const TrainedBoosting again = regressor(sample, options);
      EXPECT_EQ(again.forest, numbers.forest);
      EXPECT_EQ(again.validation_losses, numbers.validation_losses);
    }
  }
}

TEST(TrainBoosting, GivesAnotherForestForAnotherSeed) {
  const Sample sample = make_sample(500, 1);
  BoostingOptions options{.max_iter = 5, .max_features = 0.5};
  const TrainedBoosting first = regressor(sample, options);
  options.seed = 43;
  EXPECT_NE(regressor(sample, options).forest, first.forest);
}

TEST(TrainBoosting, StopsWhenValidationRowsAreNoLongerPredictedBetter) {
  const Sample sample = make_sample(1'000, 1);
  const TrainedBoosting trained =
      classifier(sample, {.max_iter = 1'000, .early_stopping = EarlyStopping::yes});
  EXPECT_LT(trained.iteration_count, 500U);
  ASSERT_THAT(trained.validation_losses, SizeIs(trained.iteration_count));
  const auto best = std::ranges::min_element(trained.validation_losses);
  EXPECT_GE(trained.validation_losses.end() - best, 10);
}

TEST(TrainBoosting, StopsEarlyOfItselfOnMoreThanTenThousandRows) {
  const BoostingOptions options{.max_iter = 2};
  EXPECT_THAT(regressor(make_sample(10'000, 1), options).validation_losses, IsEmpty());
  EXPECT_THAT(regressor(make_sample(10'001, 1), options).validation_losses, SizeIs(2));
}

TEST(TrainBoosting, OfAConstantTargetIsTheConstant) {
  Sample sample = make_sample(300, 1);
  std::ranges::fill(sample.targets, 7.25);
  for (const RegressionLoss loss :
       {RegressionLoss::squared_error, RegressionLoss::absolute_error, RegressionLoss::poisson}) {
    const TrainedBoosting trained = regressor(sample, {.loss = loss});
    EXPECT_EQ(trained.iteration_count, 1U);  // there is nothing to split
    EXPECT_THAT(answers(trained, sample.rows()), Each(testing::DoubleNear(7.25, 1e-12)));
    EXPECT_THAT(trained.feature_importances, Each(0.0));
  }
}

TEST(TrainBoosting, OfOneClassGivesTheOtherNextToNoProbability) {
  const Sample sample = make_sample(300, 1);
  const std::vector<std::int32_t> ones(300, 1);
  for (const std::size_t class_count : {2U, 4U}) {
    const auto trained = train_boosted_classifier(sample.rows(), ones, class_count, {});
    ASSERT_TRUE(trained.has_value());
    const std::vector<double> out = answers(*trained, sample.rows());
    for (std::size_t row = 0; row < 300; ++row) EXPECT_GT(out[row * class_count + 1], 0.999);
  }
}

TEST(TrainBoosting, TakesOneRow) {
  const std::vector<double> row = {1, 2};
  const std::vector<double> target = {3};
  const auto trained = train_boosted_regressor(MatrixView<const double>(row, 1, 2), target, {});
  ASSERT_TRUE(trained.has_value());
  EXPECT_EQ(answers(*trained, MatrixView<const double>(row, 1, 2))[0], 3);
}

TEST(TrainBoosting, WeighsClasses) {
  // Nine rows in ten are of class 0, whatever the feature says.
  const std::vector<double> rows(1'000, 0.0);
  std::vector<std::int32_t> classes(900, 0);
  classes.resize(1'000, 1);
  const auto probability = [&](ClassWeights weights) {
    const auto trained = train_boosted_classifier(MatrixView<const double>(rows, 1'000, 1), classes,
                                                  2, {.class_weights = std::move(weights)});
    return answers(*trained, MatrixView<const double>(rows, 1'000, 1))[1];
  };
  EXPECT_NEAR(probability(ClassWeighting::none), 0.1, 1e-9);
  EXPECT_NEAR(probability(ClassWeighting::balanced), 0.5, 1e-9);
  EXPECT_NEAR(probability(std::vector<double>{1, 27}), 0.75, 1e-9);
}

TEST(TrainBoosting, WeighsFeaturesByTheirGains) {
  const TrainedBoosting trained = regressor(make_sample(2'000, 1), {.categorical_features = {1}});
  const std::vector<double>& importances = trained.feature_importances;
  EXPECT_NEAR(std::accumulate(importances.begin(), importances.end(), 0.0), 1, 1e-12);
  EXPECT_GT(importances[1], importances[0]);
  EXPECT_GT(importances[0], importances[2]);
}

TEST(TrainBoosting, KeepsToItsLimits) {
  const Sample sample = make_sample(2'000, 1);
  EXPECT_EQ(regressor(sample, {.max_depth = 2}).forest.depth(), 2U);
  const Forest& stumps = regressor(sample, {.max_iter = 7, .max_leaf_nodes = 2}).forest;
  EXPECT_EQ(stumps.nodes().size(), 21U);
  EXPECT_EQ(regressor(sample, {.max_iter = 1, .min_samples_leaf = 1'001}).forest.depth(), 0U);
  const Forest few = regressor(sample, {.max_iter = 20, .max_bins = 2}).forest;
  std::set<std::pair<std::size_t, double>> tests;
  for (const ForestNode& node : few.nodes()) {
    if (!node.is_leaf()) tests.emplace(node.feature(), node.threshold());
  }
  EXPECT_LE(tests.size(), 4U);  // one cut a feature, and that of the missing values
}

TEST(TrainBoosting, ShrinksLeaves) {
  const Sample sample = make_sample(500, 1);
  const auto largest = [&](const BoostingOptions& options) {
    double most = 0;
    const TrainedBoosting trained = regressor(sample, options);
    for (std::size_t leaf = 0; leaf < trained.forest.leaf_count(); ++leaf) {
      most = std::max(most, std::abs(trained.forest.leaf_values(leaf)[0]));
    }
    return most;
  };
  const double whole = largest({.max_iter = 1, .learning_rate = 1});
  EXPECT_NEAR(largest({.max_iter = 1, .learning_rate = 0.25}), whole / 4, 1e-12);
  EXPECT_LT(largest({.max_iter = 1, .learning_rate = 1, .l2_regularization = 100}), whole / 2);
}

TEST(TrainBoosting, RefusesOptionsOutOfTheirRanges) {
  const Sample sample = make_sample(50, 1);
  const std::pair<BoostingOptions, const char*> cases[] = {
      {{.max_iter = 0}, "max_iter: expected 1 or more, got 0"},
      {{.learning_rate = 0}, "learning_rate: expected a number above 0 up to 1e6, got 0"},
      {{.max_leaf_nodes = 1}, "max_leaf_nodes: expected 2 or more, got 1"},
      {{.max_depth = 0}, "max_depth: expected 1 or more, got 0"},
      {{.min_samples_leaf = 0}, "min_samples_leaf: expected 1 or more, got 0"},
      {{.l2_regularization = -1}, "l2_regularization: expected 0 or more, got -1"},
      {{.max_features = 1.5}, "max_features: expected a share above 0 up to 1, got 1.5"},
      {{.max_bins = 256}, "max_bins: expected 2 to 255, got 256"},
      {{.categorical_features = {3}}, "categorical_features: expected numbers of features, got 3"},
      {{.early_stopping = EarlyStopping::yes, .validation_fraction = 1.0}, "validation_fraction"},
      {{.early_stopping = EarlyStopping::yes, .validation_fraction = std::size_t{50}},
       "validation_fraction"},
      {{.n_iter_no_change = 0}, "n_iter_no_change: expected 1 or more, got 0"},
      {{.tol = -1}, "tol: expected 0 or more, got -1"},
      {{.thread_count = 0}, "thread_count: expected 1 to 1024, got 0"}};
  for (const auto& [options, message] : cases) {
    const auto trained = train_boosted_regressor(sample.rows(), sample.targets, options);
    ASSERT_FALSE(trained.has_value()) << message;
    EXPECT_EQ(trained.error().code, Code::invalid_argument);
    EXPECT_THAT(trained.error().message, HasSubstr(message));
  }
}

TEST(TrainBoosting, RefusesWhatBelongsToTheOtherTask) {
  const Sample sample = make_sample(50, 1);
  EXPECT_THAT(train_boosted_regressor(sample.rows(), sample.targets,
                                      {.class_weights = ClassWeighting::balanced})
                  .error()
                  .message,
              HasSubstr("class_weights: expected none for a regression"));
  EXPECT_THAT(
      train_boosted_classifier(sample.rows(), sample.halves, 2, {.loss = RegressionLoss::poisson})
          .error()
          .message,
      HasSubstr("loss: expected none for a classification"));
}

TEST(TrainBoosting, TellsOfEachRound) {
  std::vector<std::size_t> told;
  const auto progress = [&told](std::size_t done, std::size_t total) {
    EXPECT_EQ(total, 4U);
    told.push_back(done);
  };
  regressor(make_sample(100, 1), {.max_iter = 4, .progress = progress});
  EXPECT_THAT(told, ElementsAre(1, 2, 3, 4));
}

TEST(TrainBoosting, RefusesWhatItCannotLearnFrom) {
  Sample sample = make_sample(50, 1);
  EXPECT_THAT(
      train_boosted_classifier(sample.rows(), std::vector<std::int32_t>(50), 1, {}).error().message,
      HasSubstr("expected 2 or more classes, got 1"));
  EXPECT_THAT(train_boosted_regressor(sample.rows(), sample.targets, {.categorical_features = {0}})
                  .error()
                  .message,
              HasSubstr("feature 0: expected a category from 0 to 254"));
  sample.targets[3] = -1;
  EXPECT_THAT(
      train_boosted_regressor(sample.rows(), sample.targets, {.loss = RegressionLoss::poisson})
          .error()
          .message,
      HasSubstr("poisson: expected targets of 0 and more"));
  sample.values[4] = std::numeric_limits<double>::infinity();
  EXPECT_FALSE(train_boosted_regressor(sample.rows(), sample.targets, {}).has_value());
}

TEST(TrainBoosting, TakesTargetsOfAnySize) {
  Sample sample = make_sample(200, 1);
  for (const double size : {1e139, 1e-300}) {
    Sample scaled = sample;
    for (double& target : scaled.targets) target *= size;
    const std::vector<double> out = answers(regressor(scaled, {}), sample.rows());
    EXPECT_THAT(out, Each(testing::Truly([](double value) { return std::isfinite(value); })));
  }
}

// A forest whose bits every machine has to find: leaves, thresholds and sets.
TEST(TrainBoosting, IsTheSameForestEverywhere) {
  const TrainedBoosting trained =
      classifier(make_sample(1'000, 9), {.max_iter = 10, .categorical_features = {1}});
  std::uint64_t print = 1469598103934665603U;  // FNV-1a, 64 bits at a time
  const auto mix = [&print](double value) {
    print = (print ^ std::bit_cast<std::uint64_t>(value)) * 1099511628211U;
  };
  for (const ForestNode& node : trained.forest.nodes()) {
    mix(node.is_leaf() ? trained.forest.leaf_values(node.leaf())[0] : node.threshold());
  }
  EXPECT_EQ(print, 6889306978401654803U);
}

}  // namespace
}  // namespace ml_inference
