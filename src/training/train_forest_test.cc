// SPDX-License-Identifier: MIT
// What each option means, that a seed means one forest, and that nothing hostile gets through. That
// the splits are the best ones is tree_grower_test's; that accuracy equals scikit-learn's is
// tools/accuracy's.
#include "training/train_forest.h"

#include "data/iris.h"
#include "model/reference_predict.h"
#include "training/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <mutex>
#include <numeric>
#include <set>

namespace ml_inference {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// Rows whose first two features decide, with noise, the rest being there to distract.
struct Sample {
  static constexpr std::size_t kFeatureCount = 5;
  std::vector<float> values;
  std::vector<std::int32_t> classes;
  std::vector<double> targets;

  [[nodiscard]] MatrixView<const float> rows() const {
    return {values, classes.size(), kFeatureCount};
  }
};

Sample make_sample(std::size_t row_count, std::uint64_t seed) {
  Sample sample;
  Random random(seed, 0);
  const auto uniform = [&random] { return static_cast<float>(random.below(1000)) / 1000; };
  for (std::size_t row = 0; row < row_count; ++row) {
    const std::size_t begin = sample.values.size();
    for (std::size_t feature = 0; feature < Sample::kFeatureCount; ++feature) {
      sample.values.push_back(uniform());
    }
    const float sum = sample.values[begin] + sample.values[begin + 1] + uniform() / 4;
    sample.targets.push_back(double{sum});
    sample.classes.push_back(sum < 0.8F ? 0 : sum < 1.4F ? 1 : 2);
  }
  return sample;
}

TrainedForest classifier(const Sample& sample, const ForestOptions& options) {
  Result<TrainedForest> trained = train_classifier(sample.rows(), sample.classes, 3, options);
  EXPECT_TRUE(trained.has_value()) << trained.error().message;
  return std::move(trained).value();
}

TrainedForest regressor(const Sample& sample, const ForestOptions& options) {
  Result<TrainedForest> trained = train_regressor(sample.rows(), sample.targets, options);
  EXPECT_TRUE(trained.has_value()) << trained.error().message;
  return std::move(trained).value();
}

std::vector<double> predict(const Forest& forest, MatrixView<const float> rows) {
  std::vector<double> out(rows.row_count() * forest.output_count());
  reference_predict(forest, rows, out);
  return out;
}

// By leaf, how many of the rows reach it. The forest is one tree.
std::map<const double*, std::size_t> rows_by_leaf(const Forest& tree, const Sample& sample) {
  std::map<const double*, std::size_t> counts;
  for (std::size_t row = 0; row < sample.rows().row_count(); ++row) {
    std::size_t node = 0;
    while (!tree.nodes()[node].is_leaf()) {
      const ForestNode& test = tree.nodes()[node];
      const float value = sample.rows().row(row)[test.feature()];
      node = double{value} <= test.threshold() ? test.left() : test.right();
    }
    ++counts[tree.leaf_values(tree.nodes()[node].leaf()).data()];
  }
  return counts;
}

TEST(TrainForest, LearnsItsRowsByHeartWithoutLimits) {
  const Sample sample = make_sample(200, 1);
  const ForestOptions options{.tree_count = 3, .bootstrap = false};
  const std::vector<double> shares = predict(classifier(sample, options).forest, sample.rows());
  for (std::size_t row = 0; row < 200; ++row) {
    EXPECT_EQ(shares[row * 3 + static_cast<std::size_t>(sample.classes[row])], 1.0);
  }
  const std::vector<double> values = predict(regressor(sample, options).forest, sample.rows());
  for (std::size_t row = 0; row < 200; ++row) EXPECT_DOUBLE_EQ(values[row], sample.targets[row]);
}

TEST(TrainForest, GivesTheSameForestForTheSameSeedWithAnyNumberOfThreads) {
  const Sample sample = make_sample(3000, 2);
  for (const ClassCriterion criterion : {ClassCriterion::gini, ClassCriterion::entropy}) {
    ForestOptions options{.tree_count = 7, .criterion = criterion, .out_of_bag_score = true};
    const TrainedForest alone = classifier(sample, options);
    for (const std::size_t thread_count : {2U, 5U}) {
      options.thread_count = thread_count;
      const TrainedForest together = classifier(sample, options);
      EXPECT_EQ(together.forest, alone.forest);
      EXPECT_EQ(together.feature_importances, alone.feature_importances);
      EXPECT_EQ(together.out_of_bag.value().scores, alone.out_of_bag.value().scores);
    }
  }
  ForestOptions options{.tree_count = 7, .out_of_bag_score = true};
  const TrainedForest alone = regressor(sample, options);
  options.thread_count = 5;
  const TrainedForest together = regressor(sample, options);
  EXPECT_EQ(together.forest, alone.forest);
  EXPECT_EQ(together.out_of_bag.value().scores, alone.out_of_bag.value().scores);
}

TEST(TrainForest, GivesAnotherForestForAnotherSeed) {
  const Sample sample = make_sample(100, 3);
  EXPECT_FALSE(classifier(sample, {.tree_count = 3, .seed = 1}).forest ==
               classifier(sample, {.tree_count = 3, .seed = 2}).forest);
}

// A forest of more trees begins with the trees of the smaller one: each has its own random numbers.
TEST(TrainForest, AddsTreesWithoutChangingTheOthers) {
  const Sample sample = make_sample(100, 4);
  const Forest few = classifier(sample, {.tree_count = 2}).forest;
  const Forest many = classifier(sample, {.tree_count = 4}).forest;
  EXPECT_TRUE(std::ranges::equal(few.nodes(), many.nodes().first(few.nodes().size())));
}

TEST(TrainForest, LimitsDepthAndLeaves) {
  const Sample sample = make_sample(500, 5);
  EXPECT_EQ(classifier(sample, {.tree_count = 5, .max_depth = 3}).forest.depth(), 3U);
  const Forest forest = regressor(sample, {.tree_count = 5, .max_leaf_nodes = 6}).forest;
  EXPECT_EQ(forest.leaf_count(), 5U * 6U);
}

TEST(TrainForest, SplitsFirstWhereMostIsGainedWhenLeavesAreFew) {
  // One far value apart, then a step: with two leaves the far value goes first, in value and
  // position.
  const std::vector<float> values{0, 1, 2, 3, 4, 5, 6, 7};
  const std::vector<double> targets{0, 0, 1, 1, 1, 1, 1, 100};
  const MatrixView<const float> rows(values, 8, 1);
  ForestOptions options{.tree_count = 1, .bootstrap = false, .max_leaf_nodes = 2};
  const Forest two = train_regressor(rows, targets, options).value().forest;
  EXPECT_EQ(two.nodes()[0].threshold(), 6.5);
  options.max_leaf_nodes = 3;
  const Forest three = train_regressor(rows, targets, options).value().forest;
  EXPECT_EQ(three.nodes()[static_cast<std::size_t>(three.nodes()[0].left())].threshold(), 1.5);
}

TEST(TrainForest, KeepsLeavesAsLargeAsAsked) {
  const Sample sample = make_sample(300, 6);
  const Forest tree =
      classifier(sample, {.tree_count = 1, .bootstrap = false, .min_samples_leaf = 13}).forest;
  EXPECT_GT(tree.leaf_count(), 3U);
  for (const auto& [leaf, row_count] : rows_by_leaf(tree, sample)) EXPECT_GE(row_count, 13U);
}

TEST(TrainForest, SplitsNoSmallNode) {
  const Sample sample = make_sample(300, 7);
  const ForestOptions options{.tree_count = 1, .bootstrap = false, .min_samples_split = 301};
  EXPECT_EQ(classifier(sample, options).forest.nodes().size(), 1U);
  ForestOptions enough = options;
  enough.min_samples_split = 300;
  EXPECT_EQ(classifier(sample, enough).forest.nodes().size(), 3U);
}

// The only split takes the whole impurity of the root: 0.5 of Gini, 1 bit, a variance of 0.25.
TEST(TrainForest, RefusesSplitsThatTakeAwayTooLittle) {
  const std::vector<float> values{0, 1, 2, 3};
  const std::vector<std::int32_t> classes{0, 0, 1, 1};
  const std::vector<double> targets{0, 0, 1, 1};
  const MatrixView<const float> rows(values, 4, 1);
  const auto node_count = [&](ClassCriterion criterion, double decrease, bool regression) {
    const ForestOptions options{.tree_count = 1,
                                .criterion = criterion,
                                .bootstrap = false,
                                .min_impurity_decrease = decrease};
    const Result<TrainedForest> trained = regression ? train_regressor(rows, targets, options)
                                                     : train_classifier(rows, classes, 2, options);
    return trained.value().forest.nodes().size();
  };
  EXPECT_EQ(node_count(ClassCriterion::gini, 0.5, false), 3U);
  EXPECT_EQ(node_count(ClassCriterion::gini, 0.501, false), 1U);
  EXPECT_EQ(node_count(ClassCriterion::entropy, 1.0, false), 3U);
  EXPECT_EQ(node_count(ClassCriterion::entropy, 1.001, false), 1U);
  EXPECT_EQ(node_count(ClassCriterion::gini, 0.25, true), 3U);
  EXPECT_EQ(node_count(ClassCriterion::gini, 0.251, true), 1U);
}

TEST(TrainForest, DrawsAsManyRowsAsAsked) {
  const Sample sample = make_sample(200, 8);
  const Forest one = regressor(sample, {.tree_count = 20, .max_samples = std::size_t{1}}).forest;
  EXPECT_EQ(one.nodes().size(), 20U);  // a tree that saw one row is a leaf
  const Forest half = regressor(sample, {.tree_count = 20, .max_samples = 0.5}).forest;
  const Forest all = regressor(sample, {.tree_count = 20}).forest;
  // 79 and 126 different rows are expected of 100 and 200 draws.
  EXPECT_NEAR(static_cast<double>(half.leaf_count()) / 20, 200 * (1 - std::exp(-0.5)), 5);
  EXPECT_NEAR(static_cast<double>(all.leaf_count()) / 20, 200 * (1 - std::exp(-1.0)), 5);
}

TEST(TrainForest, LooksAtAsManyFeaturesAsAsked) {
  const Sample sample = make_sample(400, 9);
  const auto roots = [&](auto max_features) {
    const Forest forest =
        regressor(sample, {.tree_count = 60, .max_features = max_features, .max_depth = 1}).forest;
    std::set<std::size_t> features;
    for (const std::int32_t root : forest.roots()) {
      features.insert(forest.nodes()[static_cast<std::size_t>(root)].feature());
    }
    return features.size();
  };
  EXPECT_EQ(roots(std::size_t{1}), 5U);  // one feature each: every one is at some root
  EXPECT_EQ(roots(0.2), 5U);
  EXPECT_EQ(roots(FeatureRule::square_root), 5U);  // two of five: sometimes none that matters
  EXPECT_EQ(roots(FeatureRule::logarithm), 5U);
  EXPECT_EQ(roots(FeatureRule::all), 2U);  // the two that matter
  EXPECT_EQ(roots(FeatureRule::automatic), 2U);
  EXPECT_EQ(roots(1.0), 2U);
}

TEST(TrainForest, WeighsClasses) {
  // Nine rows of class 0 and one of class 1 that no feature tells apart.
  const std::vector<float> values(10, 1.0F);
  const std::vector<std::int32_t> classes{0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  const MatrixView<const float> rows(values, 10, 1);
  const auto leaf = [&](auto weights) {
    const ForestOptions options{.tree_count = 1, .bootstrap = false, .class_weights = weights};
    const Forest forest = train_classifier(rows, classes, 2, options).value().forest;
    return std::vector<double>(forest.leaf_values(0).begin(), forest.leaf_values(0).end());
  };
  EXPECT_THAT(leaf(ClassWeighting::none), ElementsAre(0.9, 0.1));
  EXPECT_THAT(leaf(ClassWeighting::balanced),
              ElementsAre(::testing::DoubleEq(0.5), ::testing::DoubleEq(0.5)));
  EXPECT_THAT(leaf(std::vector<double>{1, 3}), ElementsAre(0.75, 0.25));
}

TEST(TrainForest, GivesAClassWithoutRowsNoProbability) {
  const std::vector<float> values{0, 1};
  const std::vector<std::int32_t> classes{0, 2};
  for (const ClassWeighting weights : {ClassWeighting::none, ClassWeighting::balanced}) {
    const ForestOptions options{.tree_count = 10, .class_weights = weights};
    const Forest forest = train_classifier({values, 2, 1}, classes, 3, options).value().forest;
    for (const double share :
         {predict(forest, {values, 2, 1})[1], predict(forest, {values, 2, 1})[4]}) {
      EXPECT_EQ(share, 0.0);
    }
  }
}

TEST(TrainForest, FindsWhichFeaturesMatter) {
  const Sample sample = make_sample(1000, 10);
  for (const TrainedForest& trained :
       {classifier(sample, {.tree_count = 20}), regressor(sample, {.tree_count = 20})}) {
    const std::vector<double>& importances = trained.feature_importances;
    EXPECT_NEAR(std::accumulate(importances.begin(), importances.end(), 0.0), 1.0, 1e-12);
    for (std::size_t feature = 2; feature < 5; ++feature) {
      EXPECT_GT(importances[0], 2 * importances[feature]);
      EXPECT_GT(importances[1], 2 * importances[feature]);
    }
  }
}

TEST(TrainForest, ScoresOnRowsOutOfTheBagAsOnNewRows) {
  const Sample sample = make_sample(1000, 11);
  const Sample fresh = make_sample(1000, 12);
  const TrainedForest trained = classifier(sample, {.tree_count = 50, .out_of_bag_score = true});
  const std::vector<double> shares = predict(trained.forest, fresh.rows());
  double right_count = 0;
  for (std::size_t row = 0; row < 1000; ++row) {
    const auto begin = shares.begin() + static_cast<std::ptrdiff_t>(3 * row);
    right_count += std::max_element(begin, begin + 3) - begin == fresh.classes[row] ? 1 : 0;
  }
  const Evaluation& seen = trained.out_of_bag.value();
  EXPECT_EQ(seen.row_count, 1000U);
  EXPECT_NEAR(seen.score(Metric::accuracy).value(), right_count / 1000, 0.04);
  EXPECT_LT(seen.score(Metric::accuracy).value(), 1.0);
  const double r_squared = regressor(sample, {.tree_count = 50, .out_of_bag_score = true})
                               .out_of_bag.value()
                               .score(Metric::r_squared)
                               .value();
  EXPECT_GT(r_squared, 0.85);
  EXPECT_LT(r_squared, 1.0);
}

TEST(ExtraTrees, LetEveryTreeSeeAllRowsByDefault) {
  const Sample sample = make_sample(200, 1);
  ForestOptions options = extra_trees_options();
  options.tree_count = 1;
  const TrainedForest trained = classifier(sample, options);
  const std::vector<double> out = predict(trained.forest, sample.rows());
  for (std::size_t row = 0; row < sample.classes.size(); ++row) {
    EXPECT_EQ(out[row * 3 + static_cast<std::size_t>(sample.classes[row])], 1.0) << row;
  }
}

TEST(ExtraTrees, GiveTheSameForestForTheSameSeedWithAnyNumberOfThreads) {
  const Sample sample = make_sample(300, 1);
  const Sample fresh = make_sample(300, 2);
  const auto answers = [&](std::uint64_t seed, std::size_t thread_count) {
    ForestOptions options = extra_trees_options();
    options.tree_count = 12;
    options.seed = seed;
    options.thread_count = thread_count;
    return predict(regressor(sample, options).forest, fresh.rows());
  };
  EXPECT_EQ(answers(1, 4), answers(1, 1));
  EXPECT_NE(answers(2, 1), answers(1, 1));
}

TEST(ExtraTrees, PredictNewRows) {
  const Sample sample = make_sample(500, 1);
  const Sample fresh = make_sample(500, 2);
  const std::vector<double> out =
      predict(classifier(sample, extra_trees_options()).forest, fresh.rows());
  std::size_t right_count = 0;
  for (std::size_t row = 0; row < fresh.classes.size(); ++row) {
    const auto shares = std::span(out).subspan(row * 3, 3);
    right_count += std::ranges::max_element(shares) - shares.begin() == fresh.classes[row] ? 1 : 0;
  }
  EXPECT_GT(right_count, 400U);
}

// The threshold of a tree's root lies anywhere between the two values, as often in each quarter.
TEST(ExtraTrees, CutAnywhereBetweenTheLeastAndTheGreatestValue) {
  const std::vector<float> values{2, 6};
  const std::vector<double> targets{0, 1};
  ForestOptions options = extra_trees_options();
  options.tree_count = 4'000;
  const TrainedForest trained = train_regressor({values, 2, 1}, targets, options).value();
  std::map<int, int> quarters;
  for (const std::size_t root : trained.forest.roots()) {
    const double threshold = trained.forest.nodes()[root].threshold();
    ASSERT_GE(threshold, 2);
    ASSERT_LT(threshold, 6);
    ++quarters[static_cast<int>(threshold - 2)];
  }
  for (int quarter = 0; quarter < 4; ++quarter) EXPECT_NEAR(quarters[quarter], 1'000, 120);
}

TEST(ExtraTrees, SendMissingValuesToEitherSide) {
  const std::vector<float> values{1, 2, kNaN, kNaN};
  const std::vector<double> targets{0, 1, 2, 3};
  ForestOptions options = extra_trees_options();
  options.tree_count = 1'000;
  options.max_depth = 1;
  const TrainedForest trained = train_regressor({values, 4, 1}, targets, options).value();
  const auto left_count = std::ranges::count_if(trained.forest.roots(), [&](std::size_t root) {
    return trained.forest.nodes()[root].missing_goes_left();
  });
  EXPECT_NEAR(static_cast<double>(left_count), 500, 80);
}

TEST(TrainForest, HasNoOutOfBagScoreWhenEveryTreeSawEveryRow) {
  const std::vector<float> values{1};
  const TrainedForest trained =
      train_regressor({values, 1, 1}, std::vector<double>{2}, {.out_of_bag_score = true}).value();
  EXPECT_FALSE(trained.out_of_bag.has_value());
}

TEST(TrainForest, TellsOfEachTreeThatHasGrown) {
  const Sample sample = make_sample(50, 3);
  std::mutex mutex;
  std::multiset<std::size_t> told;
  const auto progress = [&](std::size_t done, std::size_t total) {
    const std::lock_guard lock(mutex);
    EXPECT_EQ(total, 20U);
    told.insert(done);
  };
  const TrainedForest trained =
      classifier(sample, {.tree_count = 20, .thread_count = 3, .progress = progress});
  EXPECT_EQ(trained.forest.tree_count(), 20U);
  std::multiset<std::size_t> expected;
  for (std::size_t done = 1; done <= 20; ++done) expected.insert(done);
  EXPECT_EQ(told, expected);
}

TEST(TrainForest, LearnsWhereMissingValuesGo) {
  // What is missing belongs to class 1, as the high values do; then to class 0, as the low ones.
  const std::vector<float> values{1, 2, 3, 4, 5, 6, kNaN, kNaN};
  const MatrixView<const float> rows(values, 8, 1);
  const ForestOptions options{.tree_count = 1, .bootstrap = false};
  const std::vector<std::int32_t> high{0, 0, 0, 1, 1, 1, 1, 1};
  const Forest right = train_classifier(rows, high, 2, options).value().forest;
  ASSERT_EQ(right.nodes().size(), 3U);
  EXPECT_EQ(right.nodes()[0].threshold(), 3.5);
  EXPECT_FALSE(right.nodes()[0].missing_goes_left());
  const std::vector<std::int32_t> low{0, 0, 0, 1, 1, 1, 0, 0};
  const Forest left = train_classifier(rows, low, 2, options).value().forest;
  ASSERT_EQ(left.nodes().size(), 3U);
  EXPECT_TRUE(left.nodes()[0].missing_goes_left());
}

TEST(TrainForest, SplitsMissingFromPresentWhenThatTellsMost) {
  const std::vector<float> values{1, 2, 3, kNaN, kNaN};
  const std::vector<std::int32_t> classes{0, 0, 0, 1, 1};
  const Forest tree =
      train_classifier({values, 5, 1}, classes, 2, {.tree_count = 1, .bootstrap = false})
          .value()
          .forest;
  ASSERT_EQ(tree.nodes().size(), 3U);
  EXPECT_EQ(tree.nodes()[0].threshold(), std::numeric_limits<double>::infinity());
  EXPECT_FALSE(tree.nodes()[0].missing_goes_left());
}

// As scikit-learn: a test on a column that misses nothing sends what is missing later with the
// crowd.
TEST(TrainForest, SendsUnseenMissingValuesWithTheMajority) {
  const std::vector<float> values{1, kNaN, 2, 0, 3, 0, 4, 0, 5, 0};
  const std::vector<double> targets{0, 0, 0, 0, 1};
  const Forest tree =
      train_regressor({values, 5, 2}, targets, {.tree_count = 1, .bootstrap = false})
          .value()
          .forest;
  EXPECT_EQ(tree.nodes()[0].feature(), 0U);
  EXPECT_TRUE(tree.nodes()[0].missing_goes_left());
}

TEST(TrainForest, LearnsNothingOfMissingValuesWhenThereAreNone) {
  const Sample sample = make_sample(100, 13);
  const Forest forest = classifier(sample, {.tree_count = 5}).forest;
  for (const ForestNode& node : forest.nodes()) EXPECT_FALSE(node.missing_goes_left());
}

TEST(TrainForest, KeepsTheDigitsOfTargetsFarFromZero) {
  const std::vector<float> values{0, 1, 2, 3};
  const std::vector<double> targets{1e9, 1e9, 1e9 + 1e-3, 1e9 + 1e-3};
  const Forest tree =
      train_regressor({values, 4, 1}, targets, {.tree_count = 1, .bootstrap = false})
          .value()
          .forest;
  ASSERT_EQ(tree.nodes().size(), 3U);
  EXPECT_EQ(tree.nodes()[0].threshold(), 1.5);
  EXPECT_EQ(predict(tree, {values, 4, 1}), targets);
}

TEST(TrainForest, SplitsTargetsHoweverSmall) {
  const std::vector<float> values{0, 1, 2, 3};
  const std::vector<double> targets{0, 0, 1e-20, 1e-20};
  const Forest tree =
      train_regressor({values, 4, 1}, targets, {.tree_count = 1, .bootstrap = false})
          .value()
          .forest;
  EXPECT_EQ(predict(tree, {values, 4, 1}), targets);
}

TEST(TrainForest, MakesALeafOfOneClassOneRowOrEqualRows) {
  const std::vector<float> values{1, 1, 1};
  const auto node_count = [&](std::vector<std::int32_t> classes) {
    const std::span<const float> present = std::span<const float>(values).first(classes.size());
    const MatrixView<const float> rows(present, classes.size(), 1);
    const TrainedForest trained = train_classifier(rows, classes, 2, {.tree_count = 1}).value();
    EXPECT_THAT(trained.feature_importances, ElementsAre(0.0));
    return trained.forest.nodes().size();
  };
  EXPECT_EQ(node_count({1, 1, 1}), 1U);
  EXPECT_EQ(node_count({1}), 1U);
  EXPECT_EQ(node_count({0, 1, 0}), 1U);
}

TEST(TrainForest, TakesNegativeZeroForZeroAndTheSmallestNumbers) {
  const std::vector<float> values{-0.0F, 0.0F, 1e-45F, 3.4e38F, -3.4e38F};
  const std::vector<std::int32_t> classes{0, 0, 0, 1, 0};
  const Forest tree =
      train_classifier({values, 5, 1}, classes, 2, {.tree_count = 1, .bootstrap = false})
          .value()
          .forest;
  ASSERT_EQ(tree.nodes().size(), 3U);
  EXPECT_NEAR(tree.nodes()[0].threshold(), 1.7e38, 1e32);
}

// ---- refusals ----

std::string classifier_fault(std::vector<float> values, std::vector<std::int32_t> classes,
                             std::size_t class_count, const ForestOptions& options = {}) {
  const std::size_t columns = classes.empty() ? 0 : values.size() / classes.size();
  const Result<TrainedForest> trained =
      train_classifier({values, classes.size(), columns}, classes, class_count, options);
  return trained ? "" : trained.error().message;
}

TEST(TrainForest, RefusesRowsItCannotLearnFrom) {
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_THAT(classifier_fault({}, {}, 2), HasSubstr("rows, got 0"));
  EXPECT_THAT(classifier_fault({}, {0, 1}, 2), HasSubstr("features, got 0"));
  EXPECT_EQ(classifier_fault({0, 1, 2, -infinity}, {0, 1}, 2),
            "row 1 feature 1: expected a finite number or a missing one, got -inf");
  EXPECT_EQ(classifier_fault({0, 1}, {0, 2}, 2), "row 1: expected a class from 0 to 1, got 2");
  EXPECT_EQ(classifier_fault({0, 1}, {-1, 0}, 2), "row 0: expected a class from 0 to 1, got -1");
  EXPECT_THAT(classifier_fault({0, 1}, {0, 0}, 0), HasSubstr("classes, got 0"));
}

TEST(TrainForest, RefusesTargetsThatAreNotFinite) {
  const std::vector<float> values{0, 1};
  for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL, 1e200}) {
    const std::vector<double> targets{0, bad};
    EXPECT_THAT(train_regressor({values, 2, 1}, targets, {}).error().message,
                HasSubstr("row 1: expected a target"));
  }
}

TEST(TrainForest, RefusesOptionsOutOfRange) {
  const auto fault = [](const ForestOptions& options) {
    return classifier_fault({0, 1, 2, 3}, {0, 1}, 2, options);
  };
  EXPECT_EQ(fault({.tree_count = 0}), "tree_count: expected 1 to 100000, got 0");
  EXPECT_THAT(fault({.tree_count = 100'001}), HasSubstr("tree_count"));
  EXPECT_THAT(fault({.thread_count = 0}), HasSubstr("thread_count"));
  EXPECT_THAT(fault({.max_features = std::size_t{3}}), HasSubstr("max_features"));
  EXPECT_THAT(fault({.max_features = 0.0}), HasSubstr("max_features"));
  EXPECT_THAT(fault({.max_features = std::nan("")}), HasSubstr("max_features"));
  EXPECT_THAT(fault({.max_samples = 1.5}), HasSubstr("max_samples"));
  EXPECT_THAT(fault({.max_samples = std::size_t{3}}), HasSubstr("max_samples"));
  EXPECT_THAT(fault({.max_depth = 0}), HasSubstr("max_depth"));
  EXPECT_THAT(fault({.min_samples_split = 1}), HasSubstr("min_samples_split"));
  EXPECT_THAT(fault({.min_samples_leaf = 0}), HasSubstr("min_samples_leaf"));
  EXPECT_THAT(fault({.max_leaf_nodes = 1}), HasSubstr("max_leaf_nodes"));
  EXPECT_THAT(fault({.min_impurity_decrease = -1}), HasSubstr("min_impurity_decrease"));
  EXPECT_THAT(fault({.min_impurity_decrease = std::nan("")}), HasSubstr("min_impurity_decrease"));
  EXPECT_THAT(fault({.class_weights = std::vector<double>{1}}), HasSubstr("class_weights"));
  EXPECT_THAT(fault({.class_weights = std::vector<double>{1, 0}}), HasSubstr("class_weights"));
}

TEST(TrainForest, RefusesOptionsThatExcludeEachOther) {
  const auto fault = [](const ForestOptions& options) {
    return classifier_fault({0, 1}, {0, 1}, 2, options);
  };
  EXPECT_THAT(fault({.bootstrap = false, .max_samples = 0.5}), HasSubstr("max_samples"));
  EXPECT_THAT(fault({.bootstrap = false, .out_of_bag_score = true}), HasSubstr("out_of_bag_score"));
  const std::vector<float> values{0, 1};
  const std::vector<double> targets{0, 1};
  const MatrixView<const float> rows(values, 2, 1);
  EXPECT_THAT(
      train_regressor(rows, targets, {.criterion = ClassCriterion::entropy}).error().message,
      HasSubstr("criterion"));
  EXPECT_THAT(
      train_regressor(rows, targets, {.class_weights = ClassWeighting::balanced}).error().message,
      HasSubstr("class_weights"));
}

}  // namespace
}  // namespace ml_inference
