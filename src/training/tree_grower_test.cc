// SPDX-License-Identifier: MIT
// The splits of a tree beside a plain oracle: it tries every cut of every feature, and every side
// for missing values, and computes impurities from their definitions.
#include "training/tree_grower.h"

#include "training/criteria.h"
#include "training/node_search.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace ml_inference {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Sample {
  std::size_t feature_count = 1;
  std::vector<float> values;
  std::vector<std::int32_t> classes;
  std::vector<double> targets;
  std::vector<double> weights;

  [[nodiscard]] std::size_t row_count() const { return weights.size(); }
  [[nodiscard]] float value(std::size_t row, std::size_t feature) const {
    return values[row * feature_count + feature];
  }
};

constexpr std::size_t kClassCount = 3;

// Few different values, so that many rows share one; some missing in half of the samples; some rows
// not in the tree, some in it twice.
Sample make_sample(std::uint64_t seed) {
  Random random(seed, 0);
  Sample sample{.feature_count = 1 + random.below(4)};
  const std::uint32_t value_count = 2 + random.below(12);
  const bool has_missing = seed % 2 == 1;
  const std::size_t row_count = 2 + random.below(40);
  for (std::size_t row = 0; row < row_count; ++row) {
    for (std::size_t feature = 0; feature < sample.feature_count; ++feature) {
      const float value = static_cast<float>(random.below(value_count)) * 0.3F - 1;
      const bool is_missing = has_missing && random.below(4) == 0;
      sample.values.push_back(is_missing ? std::numeric_limits<float>::quiet_NaN() : value);
    }
    sample.classes.push_back(static_cast<std::int32_t>(random.below(kClassCount)));
    sample.targets.push_back(static_cast<double>(random.below(50)) / 7);
    sample.weights.push_back(random.below(3));
  }
  sample.weights[0] = 1;
  return sample;
}

using Impurity = double (*)(const Sample& sample, const std::vector<std::size_t>& rows);

double weight_of(const Sample& sample, const std::vector<std::size_t>& rows) {
  double weight = 0;
  for (const std::size_t row : rows) weight += sample.weights[row];
  return weight;
}

std::vector<double> shares_of(const Sample& sample, const std::vector<std::size_t>& rows) {
  std::vector<double> shares(kClassCount);
  for (const std::size_t row : rows) {
    shares[static_cast<std::size_t>(sample.classes[row])] +=
        sample.weights[row] / weight_of(sample, rows);
  }
  return shares;
}

double gini(const Sample& sample, const std::vector<std::size_t>& rows) {
  double impurity = 1;
  for (const double share : shares_of(sample, rows)) impurity -= share * share;
  return impurity;
}

double entropy(const Sample& sample, const std::vector<std::size_t>& rows) {
  double impurity = 0;
  for (const double share : shares_of(sample, rows)) {
    if (share > 0) impurity -= share * std::log2(share);
  }
  return impurity;
}

double variance(const Sample& sample, const std::vector<std::size_t>& rows) {
  const double weight = weight_of(sample, rows);
  double mean = 0;
  for (const std::size_t row : rows) mean += sample.weights[row] * sample.targets[row] / weight;
  double impurity = 0;
  for (const std::size_t row : rows) {
    impurity += sample.weights[row] * std::pow(sample.targets[row] - mean, 2) / weight;
  }
  return impurity;
}

struct Sides {
  std::vector<std::size_t> left;
  std::vector<std::size_t> right;
};

Sides sides_of(const Sample& sample, const std::vector<std::size_t>& rows, const GrownNode& test) {
  Sides sides;
  for (const std::size_t row : rows) {
    const float value = sample.value(row, static_cast<std::size_t>(test.feature));
    const bool goes_left =
        std::isnan(value) ? test.missing_goes_left : double{value} <= test.threshold;
    (goes_left ? sides.left : sides.right).push_back(row);
  }
  return sides;
}

// The weighted impurity decrease of a test; nothing may be gained by one that leaves a side short.
double decrease_of(const Sample& sample, const std::vector<std::size_t>& rows,
                   const GrownNode& test, std::size_t min_samples_leaf, Impurity impurity) {
  const Sides sides = sides_of(sample, rows, test);
  if (std::min(sides.left.size(), sides.right.size()) < min_samples_leaf) return -kInfinity;
  return weight_of(sample, rows) * impurity(sample, rows) -
         weight_of(sample, sides.left) * impurity(sample, sides.left) -
         weight_of(sample, sides.right) * impurity(sample, sides.right);
}

// The highest decrease that any test can have: every value of a row as a threshold, and infinity.
double best_decrease(const Sample& sample, const std::vector<std::size_t>& rows,
                     std::size_t min_samples_leaf, Impurity impurity) {
  double best = -kInfinity;
  for (std::size_t feature = 0; feature < sample.feature_count; ++feature) {
    std::vector<double> thresholds{kInfinity};
    for (const std::size_t row : rows) {
      const float value = sample.value(row, feature);
      if (!std::isnan(value)) thresholds.push_back(double{value});
    }
    for (const double threshold : thresholds) {
      for (const bool missing_goes_left : {false, true}) {
        const GrownNode test{.threshold = threshold,
                             .feature = static_cast<std::int32_t>(feature),
                             .missing_goes_left = missing_goes_left};
        best = std::max(best, decrease_of(sample, rows, test, min_samples_leaf, impurity));
      }
    }
  }
  return best;
}

// Follows the rows down the tree and compares every node with the oracle.
void expect_best_splits(const Sample& sample, const GrownTree& tree, std::size_t node,
                        const std::vector<std::size_t>& rows, std::size_t min_samples_leaf,
                        Impurity impurity) {
  constexpr double kRounding = 1e-9;
  const GrownNode& test = tree.nodes[node];
  const double best = best_decrease(sample, rows, min_samples_leaf, impurity);
  if (test.feature < 0) {
    EXPECT_TRUE(impurity(sample, rows) < kRounding || best == -kInfinity) << "node " << node;
    return;
  }
  EXPECT_NEAR(decrease_of(sample, rows, test, min_samples_leaf, impurity), best, kRounding);
  EXPECT_NEAR(test.decrease, best, kRounding);
  const Sides sides = sides_of(sample, rows, test);
  expect_best_splits(sample, tree, test.left, sides.left, min_samples_leaf, impurity);
  expect_best_splits(sample, tree, test.left + 1, sides.right, min_samples_leaf, impurity);
}

template <class Criterion>
void expect_best_tree(const Sample& sample, const Criterion& criterion, Impurity impurity) {
  const RankedRows ranked({sample.values, sample.row_count(), sample.feature_count}, 1);
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < sample.row_count(); ++row) {
    if (sample.weights[row] > 0) rows.push_back(row);
  }
  for (const std::size_t min_samples_leaf : {1U, 3U}) {
    TreeGrower grower(NodeSearch<Criterion>(ranked, criterion, min_samples_leaf),
                      {.max_features = sample.feature_count, .min_samples_leaf = min_samples_leaf});
    const GrownTree tree = grower.grow(sample.weights, Random(1, 1));
    expect_best_splits(sample, tree, 0, rows, min_samples_leaf, impurity);
  }
}

TEST(TreeGrower, TakesTheBestSplitByGini) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Sample sample = make_sample(seed);
    expect_best_tree(sample, GiniCriterion(sample.classes, kClassCount), gini);
  }
}

TEST(TreeGrower, TakesTheBestSplitByEntropy) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Sample sample = make_sample(seed);
    expect_best_tree(sample, EntropyCriterion(sample.classes, kClassCount), entropy);
  }
}

TEST(TreeGrower, TakesTheBestSplitBySquaredError) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Sample sample = make_sample(seed);
    expect_best_tree(sample, SquaredErrorCriterion(sample.targets), variance);
  }
}

// Sorted by counting digits or by comparing: more different values than rows, and the other way
// round.
TEST(TreeGrower, SplitsManyRowsOfManyValuesToTheLastOne) {
  for (const std::uint32_t value_count : {3U, 100U, 5'000U, 1'000'000U}) {
    Random random(value_count, 0);
    std::vector<float> values;
    std::vector<double> targets;
    for (int row = 0; row < 3000; ++row) {
      values.push_back(static_cast<float>(random.below(value_count)));
      targets.push_back(double{values.back()} * 3);
    }
    const RankedRows ranked({values, values.size(), 1}, 1);
    TreeGrower grower(NodeSearch(ranked, SquaredErrorCriterion(targets), 1), {});
    const GrownTree tree = grower.grow(std::vector<double>(values.size(), 1.0), Random(1, 1));
    EXPECT_EQ(tree.leaf_values.size(), ranked.values(0).size());
    std::vector<double> leaves = tree.leaf_values;
    std::ranges::sort(leaves);
    for (std::size_t rank = 0; rank < leaves.size(); ++rank) {
      EXPECT_EQ(leaves[rank], double{ranked.values(0)[rank]} * 3);
    }
  }
}

// Source: scikit-learn, FEATURE_THRESHOLD.
TEST(TreeGrower, MakesNoCutBetweenValuesCloserThanOneTenMillionth) {
  const std::vector<double> targets{0, 1};
  const auto node_count = [&targets](std::vector<float> values) {
    const RankedRows ranked({values, 2, 1}, 1);
    TreeGrower grower(NodeSearch(ranked, SquaredErrorCriterion(targets), 1), {});
    return grower.grow(std::vector<double>{1, 1}, Random(1, 1)).nodes.size();
  };
  EXPECT_EQ(node_count({0.0F, 0.9e-7F}), 1U);
  EXPECT_EQ(node_count({0.0F, 1.1e-7F}), 3U);
}

}  // namespace
}  // namespace ml_inference
