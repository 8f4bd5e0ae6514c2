// SPDX-License-Identifier: MIT
// NodeSearch and RandomSearch beside a tree that is grown the plain way: the same nodes to the last
// bit, for every criterion, on columns of every kind and under every limit.
#include "training/node_search.h"

#include "training/criteria.h"
#include "training/random_search.h"
#include "training/testing/plain_tree.h"
#include "training/tree_grower.h"
#include "training/whole_criteria.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace ml_inference {
namespace {

struct Sample {
  std::size_t row_count = 0;
  std::size_t feature_count = 0;
  std::vector<float> values;
  std::vector<std::int32_t> classes;
  std::vector<double> targets;
  std::vector<double> counts;   // whole weights
  std::vector<double> weights;  // of any kind

  [[nodiscard]] MatrixView<const float> rows() const { return {values, row_count, feature_count}; }
};

constexpr std::size_t kClassCount = 4;

// A value of a column: two values, some, as many as rows, close together, skewed, or all missing
// but a few.
float random_value(std::size_t kind, Random& random) {
  const double fraction = random.fraction();
  switch (kind % 7) {
    case 0: return static_cast<float>(random.below(2));
    case 1: return static_cast<float>(random.below(5)) * 0.3F - 1;
    case 2: return static_cast<float>(random.below(300));
    case 3: return static_cast<float>(fraction * 1000);
    case 4: return static_cast<float>(fraction * 3e-6);
    case 5: return static_cast<float>(std::floor(1 / (fraction + 1e-3)));
    default: return random.below(20) == 0 ? static_cast<float>(fraction) : std::nanf("");
  }
}

Sample make_sample(std::uint64_t seed, std::size_t row_count, bool has_missing) {
  Random random(seed, 7);
  Sample sample{.row_count = row_count, .feature_count = has_missing ? 14U : 6U};
  for (std::size_t row = 0; row < row_count; ++row) {
    for (std::size_t feature = 0; feature < sample.feature_count; ++feature) {
      const bool is_missing = feature >= 7 && random.below(5) == 0;
      const float value = random_value(feature, random);
      sample.values.push_back(is_missing ? std::nanf("") : value);
    }
    const float* const values = sample.values.data() + row * sample.feature_count;
    const double sum = double{values[0]} + double{values[1]} + double{values[3]} / 300;
    const auto guess = static_cast<std::uint32_t>(sum + 2 * random.fraction());
    sample.classes.push_back(static_cast<std::int32_t>(guess % kClassCount));
    sample.targets.push_back(sum + random.fraction());
    sample.counts.push_back(random.below(4));
    sample.weights.push_back(sample.counts.back() * (0.1 + static_cast<double>(guess % 3)));
  }
  sample.counts[0] = 1;
  sample.weights[0] = 0.3;
  return sample;
}

void expect_same(const GrownTree& tree, const GrownTree& plain) {
  ASSERT_EQ(tree.nodes.size(), plain.nodes.size());
  for (std::size_t node = 0; node < tree.nodes.size(); ++node) {
    ASSERT_EQ(tree.nodes[node].feature, plain.nodes[node].feature) << "node " << node;
    ASSERT_EQ(tree.nodes[node].threshold, plain.nodes[node].threshold) << "node " << node;
    ASSERT_EQ(tree.nodes[node].decrease, plain.nodes[node].decrease) << "node " << node;
    ASSERT_EQ(tree.nodes[node].left, plain.nodes[node].left) << "node " << node;
    ASSERT_EQ(tree.nodes[node].missing_goes_left, plain.nodes[node].missing_goes_left)
        << "node " << node;
  }
  ASSERT_EQ(tree.leaf_values, plain.leaf_values);
}

std::vector<GrowthLimits> all_limits(const Sample& sample) {
  return {{.max_features = 2},
          {.max_features = sample.feature_count},
          {.max_features = 3, .max_depth = 4, .min_samples_split = 9},
          {.max_features = 2, .min_samples_leaf = 5},
          {.max_features = 3, .max_leaf_nodes = 20, .best_first = true},
          {.max_features = 2, .min_impurity_decrease = 0.002}};
}

// quick  grows with this criterion; plain, the oracle, with that one.
template <class Quick, class Plain>
void expect_plain_trees(const Sample& sample, const Quick& quick, const Plain& plain,
                        std::span<const double> weights) {
  const RankedRows ranked(sample.rows(), 1);
  const ColumnRows columns(sample.rows());
  for (const GrowthLimits& limits : all_limits(sample)) {
    const std::size_t least = limits.min_samples_leaf;
    TreeGrower best(NodeSearch<Quick>(ranked, quick, least), limits);
    TreeGrower random(RandomSearch<Quick>(columns, quick, least), limits);
    for (std::uint64_t seed = 0; seed < 2; ++seed) {
      const auto oracle = [&](bool random_cuts) {
        return PlainTree<Plain>(sample.rows(), plain, limits, random_cuts)
            .grow(weights, Random(seed, 1));
      };
      ASSERT_NO_FATAL_FAILURE(expect_same(best.grow(weights, Random(seed, 1)), oracle(false)));
      ASSERT_NO_FATAL_FAILURE(expect_same(random.grow(weights, Random(seed, 1)), oracle(true)));
    }
  }
}

class PlainTreeTest : public testing::TestWithParam<std::size_t> {
 protected:
  template <class Check>
  static void for_each_sample(const Check& check) {
    for (std::uint64_t seed = 0; seed < (GetParam() > 100 ? 2 : 20); ++seed) {
      for (const bool has_missing : {false, true}) {
        ASSERT_NO_FATAL_FAILURE(check(make_sample(seed, GetParam(), has_missing)));
      }
    }
  }
};

TEST_P(PlainTreeTest, GiniOfWholeWeightsGivesTheSameTree) {
  for_each_sample([](const Sample& sample) {
    expect_plain_trees(sample, WholeGini(sample.classes, kClassCount),
                       GiniCriterion(sample.classes, kClassCount), sample.counts);
  });
}

TEST_P(PlainTreeTest, EntropyOfWholeWeightsGivesTheSameTree) {
  for_each_sample([](const Sample& sample) {
    expect_plain_trees(sample, WholeEntropy(sample.classes, kClassCount, 4 * sample.row_count),
                       EntropyCriterion(sample.classes, kClassCount), sample.counts);
  });
}

TEST_P(PlainTreeTest, GiniOfAnyWeightsGivesTheSameTree) {
  for_each_sample([](const Sample& sample) {
    const GiniCriterion criterion(sample.classes, kClassCount);
    expect_plain_trees(sample, criterion, criterion, sample.weights);
  });
}

TEST_P(PlainTreeTest, EntropyOfAnyWeightsGivesTheSameTree) {
  for_each_sample([](const Sample& sample) {
    const EntropyCriterion criterion(sample.classes, kClassCount);
    expect_plain_trees(sample, criterion, criterion, sample.weights);
  });
}

TEST_P(PlainTreeTest, SquaredErrorGivesTheSameTree) {
  for_each_sample([](const Sample& sample) {
    const SquaredErrorCriterion criterion(sample.targets);
    expect_plain_trees(sample, criterion, criterion, sample.counts);
  });
}

INSTANTIATE_TEST_SUITE_P(RowCounts, PlainTreeTest, testing::Values(2, 5, 40, 700),
                         testing::PrintToStringParamName());

// Ranks of 32 bits: more different values than 16 bits can number, and nodes of more rows.
TEST(NodeSearch, GivesThePlainTreeWithMoreValuesThan16BitsNumber) {
  constexpr std::size_t kRowCount = 70'000;
  Sample sample{.row_count = kRowCount, .feature_count = 2};
  Random random(1, 1);
  for (std::size_t row = 0; row < kRowCount; ++row) {
    sample.values.push_back(static_cast<float>(row * 48'271 % kRowCount));
    sample.values.push_back(static_cast<float>(random.below(300)));
    sample.classes.push_back(static_cast<std::int32_t>(random.below(kClassCount)));
    sample.counts.push_back(1);
  }
  const RankedRows ranked(sample.rows(), 1);
  const GrowthLimits limits{.max_features = 2, .max_depth = 5};
  TreeGrower grower(NodeSearch(ranked, WholeGini(sample.classes, kClassCount), 1), limits);
  PlainTree plain(sample.rows(), GiniCriterion(sample.classes, kClassCount), limits, false);
  expect_same(grower.grow(sample.counts, Random(1, 1)), plain.grow(sample.counts, Random(1, 1)));
}

}  // namespace
}  // namespace ml_inference
