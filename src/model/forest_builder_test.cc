// SPDX-License-Identifier: MIT
// The builder against every small tree there is, right or wrong, and against each rule by itself.
//
// A tree of n nodes is right when it is binary and every child has a greater number than its
// parent. There are 1, 2, 16, 272, ... of them for 1, 3, 5, 7, ... nodes (the tangent numbers:
// increasing binary trees; OEIS A000182), and none for an even number.
#include "model/forest_builder.h"

#include "model/limits.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace ml_inference {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kHuge = std::numeric_limits<std::size_t>::max();
const std::vector<double> kLeaf{1.0};

// What a node of a small tree is said to be. Without children: a leaf, or not given at all.
struct NodeCase {
  bool given = true;
  bool is_leaf = true;
  std::size_t left = 0;
  std::size_t right = 0;
};

// Every test with both children in [begin, end), and a leaf.
std::vector<NodeCase> node_cases(std::size_t begin, std::size_t end) {
  std::vector<NodeCase> cases{{}};
  for (std::size_t left = begin; left < end; ++left) {
    for (std::size_t right = begin; right < end; ++right) {
      cases.push_back({.is_leaf = false, .left = left, .right = right});
    }
  }
  return cases;
}

// How many nodes a walk from `node` meets, each counted as often as it is met; more than the tree
// has when the walk leaves the tree, goes upwards, or meets what is not there.
std::size_t count_met(const std::vector<NodeCase>& tree, std::size_t node) {
  const std::size_t too_many = tree.size() + 1;
  const NodeCase& here = tree[node];
  if (!here.given) return too_many;
  if (here.is_leaf) return 1;
  std::size_t count = 1;
  for (const std::size_t child : {here.left, here.right}) {
    if (child <= node || child >= tree.size()) return too_many;
    count += count_met(tree, child);
  }
  return count;
}

// Whether it is a tree, found in another way than the builder's: a walk that meets n nodes, and
// children at n - 1 different places.
bool is_right(const std::vector<NodeCase>& tree) {
  std::vector<bool> has_parent(tree.size(), false);
  for (const NodeCase& node : tree) {
    if (!node.given) return false;
    if (node.is_leaf) continue;
    for (const std::size_t child : {node.left, node.right}) {
      if (child >= tree.size() || has_parent[child]) return false;
      has_parent[child] = true;
    }
  }
  return count_met(tree, 0) == tree.size();
}

Result<Forest> build(const std::vector<NodeCase>& tree, bool backwards) {
  ForestBuilder builder({.feature_count = 1, .output_count = 1});
  builder.start_tree(tree.size());
  for (std::size_t step = 0; step < tree.size(); ++step) {
    const std::size_t node = backwards ? tree.size() - 1 - step : step;
    const NodeCase& wanted = tree[node];
    if (!wanted.given) continue;
    if (wanted.is_leaf) {
      builder.leaf(node, kLeaf);
    } else {
      builder.numerical_test(node, {.left = wanted.left, .right = wanted.right});
    }
  }
  return std::move(builder).build();
}

// Tries every tree of node_count nodes of these cases, and returns how many were accepted.
std::size_t count_accepted(std::size_t node_count, const std::vector<NodeCase>& cases) {
  std::size_t accepted = 0;
  std::vector<std::size_t> choice(node_count, 0);
  std::vector<NodeCase> tree(node_count, cases.front());
  for (std::size_t trial = 0;; ++trial) {
    const Result<Forest> forest = build(tree, trial % 2 == 1);
    EXPECT_EQ(forest.has_value(), is_right(tree)) << "trial " << trial;
    accepted += forest.has_value() ? 1 : 0;
    std::size_t digit = 0;
    while (digit < node_count && ++choice[digit] == cases.size()) {
      choice[digit] = 0;
      tree[digit++] = cases.front();
    }
    if (digit == node_count) return accepted;
    tree[digit] = cases[choice[digit]];
  }
}

TEST(ForestBuilder, AcceptsExactlyTheRightOnesOfAllTreesOfUpToFourNodes) {
  const std::size_t expected[] = {0, 1, 0, 2, 0};
  for (std::size_t node_count = 1; node_count <= 4; ++node_count) {
    // Children upwards, themselves, and one beyond the last node, too.
    std::vector<NodeCase> cases = node_cases(0, node_count + 1);
    cases.push_back({.given = false});
    EXPECT_EQ(count_accepted(node_count, cases), expected[node_count]) << node_count;
  }
}

TEST(ForestBuilder, AcceptsExactlySixteenTreesOfFiveNodes) {
  EXPECT_EQ(count_accepted(5, node_cases(1, 5)), 16U);
}

// A forest of one tree, with the first fault that `speak` makes in it.
template <class Speak>
Error fault_of(Speak speak) {
  ForestBuilder builder({.feature_count = 2, .output_count = 1});
  builder.start_tree(3);
  speak(builder);
  const Result<Forest> forest = std::move(builder).build();
  return forest ? Error{Code::internal, "no fault"} : forest.error();
}

Error invalid(std::string message) { return {Code::invalid_argument, std::move(message)}; }

TEST(ForestBuilder, RefusesAChildThatPointsUpwards) {
  EXPECT_EQ(fault_of([](auto& b) { b.numerical_test(1, {.left = 0, .right = 2}); }),
            invalid("tree 0 node 1: left child 0 does not lie below its parent"));
  EXPECT_EQ(fault_of([](auto& b) { b.numerical_test(1, {.left = 2, .right = 1}); }),
            invalid("tree 0 node 1: right child 1 does not lie below its parent"));
}

TEST(ForestBuilder, RefusesAChildThatDoesNotExist) {
  EXPECT_EQ(fault_of([](auto& b) { b.numerical_test(0, {.left = 1, .right = 3}); }),
            invalid("tree 0 node 0: right child 3 does not exist, the tree has 3 nodes"));
  EXPECT_EQ(fault_of([](auto& b) { b.numerical_test(0, {.left = kHuge, .right = 1}); }),
            invalid("tree 0 node 0: left child 18446744073709551615 does not exist, the tree has "
                    "3 nodes"));
}

TEST(ForestBuilder, RefusesANodeWithTwoParents) {
  EXPECT_EQ(fault_of([](auto& b) {
              b.numerical_test(0, {.left = 1, .right = 1});
              b.leaf(1, kLeaf);
              b.leaf(2, kLeaf);
            }),
            invalid("tree 0 node 1: the node has two parents"));
}

TEST(ForestBuilder, RefusesANodeThatNoParentLeadsTo) {
  EXPECT_EQ(fault_of([](auto& b) {
              for (std::size_t node = 0; node < 3; ++node) b.leaf(node, kLeaf);
            }),
            invalid("tree 0 node 1: no parent leads to the node"));
}

TEST(ForestBuilder, RefusesANodeThatWasNotGivenOrGivenTwice) {
  EXPECT_EQ(fault_of([](auto& b) {
              b.numerical_test(0, {.left = 1, .right = 2});
              b.leaf(2, kLeaf);
            }),
            invalid("tree 0 node 1: the node was not given"));
  EXPECT_EQ(fault_of([](auto& b) {
              b.leaf(1, kLeaf);
              b.numerical_test(1, {.left = 2, .right = 2});
            }),
            invalid("tree 0 node 1: the node was given twice"));
  EXPECT_EQ(fault_of([](auto& b) { b.leaf(3, kLeaf); }),
            invalid("tree 0 node 3: the tree has only 3 nodes"));
}

TEST(ForestBuilder, RefusesAFeatureThatDoesNotExist) {
  EXPECT_EQ(fault_of([](auto& b) { b.numerical_test(0, {.feature = 2, .left = 1, .right = 2}); }),
            invalid("tree 0 node 0: feature 2 does not exist, there are 2"));
}

TEST(ForestBuilder, RefusesAThresholdThatIsNotANumber) {
  EXPECT_EQ(fault_of([](auto& b) {
              b.numerical_test(0, {.threshold = kNotANumber, .left = 1, .right = 2});
            }),
            invalid("tree 0 node 0: the threshold is not a number"));
}

TEST(ForestBuilder, RefusesALeafOfTheWrongWidthOrWithoutFiniteValues) {
  EXPECT_EQ(fault_of([](auto& b) { b.leaf(1, std::vector<double>{}); }),
            invalid("tree 0 node 1: the leaf has 0 values, expected 1"));
  EXPECT_EQ(fault_of([](auto& b) { b.leaf(1, std::vector{0.5, 0.5}); }),
            invalid("tree 0 node 1: the leaf has 2 values, expected 1"));
  for (const double value : {kInfinity, -kInfinity, kNotANumber}) {
    EXPECT_EQ(fault_of([value](auto& b) { b.leaf(1, std::vector{value}); }),
              invalid("tree 0 node 1: the leaf has a value that is not finite"));
  }
}

TEST(ForestBuilder, ReportsTheFirstOfSeveralFaultsAndNamesItsTree) {
  ForestBuilder builder({.feature_count = 1, .output_count = 1});
  builder.start_tree(1);
  builder.leaf(0, kLeaf);
  builder.start_tree(2);
  builder.leaf(7, kLeaf);
  builder.leaf(8, kLeaf);
  builder.start_tree(0);
  EXPECT_EQ(std::move(builder).build().error(),
            invalid("tree 1 node 7: the tree has only 2 nodes"));
}

TEST(ForestBuilder, RefusesTreesAndForestsWithoutNodes) {
  EXPECT_EQ(ForestBuilder({.feature_count = 1, .output_count = 1}).build().error(),
            invalid("the forest has no trees"));
  ForestBuilder builder({.feature_count = 1, .output_count = 1});
  builder.start_tree(0);
  EXPECT_EQ(std::move(builder).build().error(), invalid("tree 0 has no nodes"));
}

Error fault_of_shape(std::size_t feature_count, std::size_t output_count) {
  ForestBuilder builder({.feature_count = feature_count, .output_count = output_count});
  builder.start_tree(1);
  builder.leaf(0, std::vector<double>(output_count));
  return std::move(builder).build().error();
}

TEST(ForestBuilder, RefusesWidthsOutOfTheLimits) {
  EXPECT_EQ(fault_of_shape(0, 1), invalid("a forest takes 1 to 1000000 features, got 0"));
  EXPECT_EQ(fault_of_shape(kFeatureCountMax + 1, 1),
            invalid("a forest takes 1 to 1000000 features, got 1000001"));
  EXPECT_EQ(fault_of_shape(1, 0), invalid("a forest gives 1 to 10000 outputs, got 0"));
  EXPECT_EQ(fault_of_shape(1, kOutputCountMax + 1),
            invalid("a forest gives 1 to 10000 outputs, got 10001"));
}

TEST(ForestBuilder, RefusesMoreNodesThanTheLimitBeforeItTakesMemory) {
  for (const std::size_t count : {kNodeCountMax, kHuge}) {
    ForestBuilder builder({.feature_count = 1, .output_count = 1});
    builder.start_tree(1);
    builder.leaf(0, kLeaf);
    builder.start_tree(count);  // one more than there is room for, or far more
    EXPECT_EQ(std::move(builder).build().error(),
              (Error{Code::resource_exhausted, "more than 50000000 nodes"}));
  }
}

TEST(ForestBuilder, RefusesOneTreeMoreThanTheLimit) {
  for (const std::size_t count : {kTreeCountMax, kTreeCountMax + 1}) {
    ForestBuilder builder({.feature_count = 1, .output_count = 1});
    for (std::size_t tree = 0; tree < count; ++tree) {
      builder.start_tree(1);
      builder.leaf(0, kLeaf);
    }
    EXPECT_EQ(std::move(builder).build().has_value(), count == kTreeCountMax);
  }
}

TEST(ForestBuilderDeathTest, WantsATreeBeforeItsNodes) {
  ForestBuilder builder({.feature_count = 1, .output_count = 1});
  EXPECT_DEATH(builder.leaf(0, kLeaf), "assertion failed");
}

// Two trees, the second given from its last node to its first.
Forest two_trees() {
  ForestBuilder builder(
      {.feature_count = 3, .output_count = 2, .aggregation = Aggregation::average});
  builder.start_tree(1);
  builder.leaf(0, std::vector{0.25, 0.75});
  builder.start_tree(5);
  builder.leaf(4, std::vector{4.0, 5.0});
  builder.leaf(3, std::vector{3.0, 4.0});
  builder.numerical_test(2, {.feature = 1, .threshold = -kInfinity, .left = 3, .right = 4});
  builder.leaf(1, std::vector{1.0, 2.0});
  builder.numerical_test(
      0, {.feature = 2, .threshold = 0.5, .left = 2, .right = 1, .missing_goes_left = true});
  return std::move(builder).build().value();
}

std::vector<double> values_at(const Forest& forest, std::size_t node) {
  const std::span<const double> values = forest.leaf_values(forest.nodes()[node].leaf());
  return {values.begin(), values.end()};
}

TEST(ForestBuilder, KeepsWhatItWasTold) {
  const Forest forest = two_trees();
  EXPECT_EQ(forest.feature_count(), 3U);
  EXPECT_EQ(forest.output_count(), 2U);
  EXPECT_EQ(forest.aggregation(), Aggregation::average);
  EXPECT_EQ(forest.tree_count(), 2U);
  EXPECT_EQ(forest.leaf_count(), 4U);
  EXPECT_EQ(forest.depth(), 2U);
  EXPECT_EQ(forest, two_trees());
}

TEST(ForestBuilder, NumbersNodesThroughTheWholeForest) {
  const Forest forest = two_trees();
  EXPECT_EQ(std::vector(forest.roots().begin(), forest.roots().end()), (std::vector{0U, 1U}));
  ASSERT_EQ(forest.nodes().size(), 6U);
  const ForestNode& root = forest.nodes()[1];
  EXPECT_EQ(root.threshold(), 0.5);
  EXPECT_EQ(root.feature(), 2U);
  EXPECT_TRUE(root.missing_goes_left());
  EXPECT_EQ(root.left(), 2U);
  EXPECT_EQ(root.right(), 3U);
  const ForestNode& left = forest.nodes()[2];
  EXPECT_FALSE(left.is_leaf());
  EXPECT_EQ(left.left(), 4U);
  EXPECT_EQ(left.threshold(), -kInfinity);
  EXPECT_TRUE(forest.nodes()[3].is_leaf());
  EXPECT_EQ(values_at(forest, 3), (std::vector{1.0, 2.0}));
  EXPECT_EQ(values_at(forest, 5), (std::vector{4.0, 5.0}));
}

// Three levels, numbered as a walk down the left side first meets them.
TEST(ForestBuilder, PutsNodesAndLeavesIntoTheOrderOfTheirLevels) {
  ForestBuilder builder({.feature_count = 9, .output_count = 1});
  builder.start_tree(7);
  builder.numerical_test(0, {.feature = 0, .left = 1, .right = 4});
  builder.numerical_test(1, {.feature = 1, .left = 2, .right = 3});
  builder.numerical_test(4, {.feature = 2, .left = 6, .right = 5});
  for (const std::size_t leaf : {5, 6, 3, 2}) {
    builder.leaf(leaf, std::vector{static_cast<double>(leaf)});
  }
  const Forest forest = std::move(builder).build().value();
  for (std::size_t node = 0; node < 3; ++node) EXPECT_EQ(forest.nodes()[node].feature(), node);
  const double expected[] = {2, 3, 6, 5};
  for (std::size_t leaf = 0; leaf < 4; ++leaf) {
    EXPECT_EQ(forest.nodes()[3 + leaf].leaf(), leaf);
    EXPECT_EQ(forest.leaf_values(leaf).front(), expected[leaf]);
  }
  EXPECT_EQ(forest.depth(), 2U);
}

TEST(ForestBuilder, TellsTwoWaysToNumberTheSameTreeNotApart) {
  const auto make = [](std::size_t first, std::size_t second) {
    ForestBuilder builder({.feature_count = 2, .output_count = 1});
    builder.start_tree(7);
    builder.numerical_test(0, {.left = first, .right = second});
    for (const std::size_t node : {first, second}) {
      const double value = node == first ? 1 : 3;
      builder.numerical_test(node, {.feature = 1, .left = node + 2, .right = node + 4});
      builder.leaf(node + 2, std::vector{value});
      builder.leaf(node + 4, std::vector{value + 1});
    }
    return std::move(builder).build().value();
  };
  EXPECT_EQ(make(1, 2), make(2, 1));
}

TEST(ForestBuilder, KeepsEveryFlagOfATest) {
  for (unsigned bits = 0; bits < 8; ++bits) {
    ForestBuilder builder({.feature_count = kFeatureCountMax, .output_count = 1});
    builder.start_tree(3);
    builder.numerical_test(0, {.feature = kFeatureCountMax - 1,
                               .left = 1,
                               .right = 2,
                               .is_strict = (bits & 1) != 0,
                               .missing_goes_left = (bits & 2) != 0,
                               .zero_is_missing = (bits & 4) != 0});
    builder.leaf(1, kLeaf);
    builder.leaf(2, kLeaf);
    const Forest forest = std::move(builder).build().value();
    const ForestNode& test = forest.nodes().front();
    EXPECT_EQ(test.feature(), kFeatureCountMax - 1);
    EXPECT_EQ(test.is_strict(), (bits & 1) != 0);
    EXPECT_EQ(test.missing_goes_left(), (bits & 2) != 0);
    EXPECT_EQ(test.zero_is_missing(), (bits & 4) != 0);
    EXPECT_FALSE(test.is_categorical() || test.is_leaf());
  }
}

TEST(ForestBuilder, KeepsCategorySets) {
  ForestBuilder builder({.feature_count = 1, .output_count = 1});
  EXPECT_EQ(builder.category_set(std::vector{1U, 2U}), 0U);
  EXPECT_EQ(builder.category_set({}), 1U);
  EXPECT_EQ(builder.category_set(std::vector{7U}), 2U);
  builder.start_tree(3);
  builder.categorical_test(0, {.set = 2, .left = 1, .right = 2, .strangers_go_left = true});
  builder.leaf(1, kLeaf);
  builder.leaf(2, kLeaf);
  const Forest forest = std::move(builder).build().value();
  const ForestNode& test = forest.nodes().front();
  EXPECT_TRUE(test.is_categorical());
  EXPECT_TRUE(test.strangers_go_left());
  EXPECT_FALSE(test.missing_goes_left());
  EXPECT_EQ(test.category_set(), 2U);
  EXPECT_EQ(forest.category_set_count(), 3U);
  EXPECT_EQ(forest.category_set(0).size(), 2U);
  EXPECT_TRUE(forest.category_set(1).empty());
  EXPECT_EQ(forest.category_set(2).front(), 7U);
}

TEST(ForestBuilder, RefusesCategorySetsThatDoNotExistOrAreTooMany) {
  EXPECT_EQ(fault_of([](auto& b) { b.categorical_test(0, {.set = 0, .left = 1, .right = 2}); }),
            invalid("tree 0 node 0: category set 0 does not exist, there are 0"));
  const std::vector<std::uint32_t> half(kCategoryWordCountMax / 2);
  EXPECT_EQ(fault_of([&half](auto& b) {
              b.category_set(half);
              b.category_set(half);
              b.category_set(std::vector{1U});
            }),
            (Error{Code::resource_exhausted, "more than 8388608 words of category sets"}));
}

TEST(ForestBuilder, KeepsLinearLeaves) {
  ForestBuilder builder({.feature_count = 9, .output_count = 1});
  builder.start_tree(3);
  builder.numerical_test(0, {.left = 1, .right = 2});
  const std::vector<std::uint32_t> features{8, 1};
  const std::vector<double> coefficients{0.5, -0.25};
  builder.linear_leaf(2, {.constant = 3, .features = features, .coefficients = coefficients}, 7);
  builder.linear_leaf(1, {.constant = kNotANumber}, 6);
  const Forest forest = std::move(builder).build().value();
  EXPECT_TRUE(forest.nodes()[1].is_linear());
  EXPECT_TRUE(std::isnan(forest.linear_leaf(forest.nodes()[1]).constant));
  EXPECT_TRUE(forest.linear_leaf(forest.nodes()[1]).features.empty());
  const LinearLeaf linear = forest.linear_leaf(forest.nodes()[2]);
  EXPECT_EQ(linear.constant, 3);
  EXPECT_EQ(std::vector(linear.features.begin(), linear.features.end()), features);
  EXPECT_EQ(std::vector(linear.coefficients.begin(), linear.coefficients.end()), coefficients);
  EXPECT_EQ(values_at(forest, 2), std::vector{7.0});
  EXPECT_EQ(forest.linear_leaf_count(), 2U);
  EXPECT_EQ(forest.steps_per_row(), 2U + 2);  // the test, the leaf, and at most two terms
}

TEST(ForestBuilder, RefusesLinearLeavesThatDoNotFit) {
  const std::vector<std::uint32_t> features{0, 2};
  EXPECT_EQ(fault_of([&features](auto& b) {
              b.linear_leaf(1, {.features = features, .coefficients = std::vector{1.0, 1.0}}, 0);
            }),
            invalid("tree 0 node 1: feature 2 does not exist, there are 2"));
  EXPECT_EQ(fault_of([&features](auto& b) { b.linear_leaf(1, {.features = features}, 0); }),
            invalid("tree 0 node 1: the linear leaf has 2 features and 0 coefficients"));
  ForestBuilder builder({.feature_count = 1, .output_count = 2});
  builder.start_tree(1);
  builder.linear_leaf(0, {}, 0);
  EXPECT_EQ(std::move(builder).build().error(),
            invalid("tree 0 node 0: the leaf has 1 values, expected 2"));
}

TEST(ForestBuilder, LetsEachNarrowTreeBeginAtAnOutputOfItsOwn) {
  ForestBuilder builder({.feature_count = 1, .output_count = 3, .leaf_width = 2});
  for (const std::size_t first : {1, 0}) {
    builder.start_tree(1, first);
    builder.leaf(0, std::vector{1.0, 2.0});
  }
  const Forest forest = std::move(builder).build().value();
  EXPECT_EQ(forest.leaf_width(), 2U);
  EXPECT_EQ(forest.leaf_count(), 2U);
  EXPECT_EQ(std::vector(forest.first_outputs().begin(), forest.first_outputs().end()),
            (std::vector{1U, 0U}));
}

TEST(ForestBuilder, RefusesATreeThatAddsToAnOutputThatDoesNotExist) {
  ForestBuilder builder({.feature_count = 1, .output_count = 3, .leaf_width = 2});
  builder.start_tree(1, 2);
  EXPECT_EQ(std::move(builder).build().error(),
            invalid("tree 0: the first of 2 outputs is 2, expected at most 1"));
}

TEST(ForestBuilder, RefusesAnAverageOfNoTrees) {
  ForestBuilder builder({.feature_count = 1,
                         .output_count = 2,
                         .leaf_width = 1,
                         .aggregation = Aggregation::average});
  builder.start_tree(1, 0);
  builder.leaf(0, kLeaf);
  EXPECT_EQ(std::move(builder).build().error(),
            invalid("no tree adds to output 1, of which the forest gives the average"));
}

TEST(ForestBuilder, TakesInfiniteLeavesAndBasesWhereTheShapeSaysSo) {
  ForestBuilder builder({.feature_count = 1,
                         .output_count = 2,
                         .base = {-kInfinity, 0},
                         .takes_any_leaf_value = true});
  builder.start_tree(1);
  builder.leaf(0, std::vector{kInfinity, kNotANumber});
  EXPECT_TRUE(std::move(builder).build().has_value());
}

TEST(ForestBuilder, RefusesAShapeThatMakesNoSense) {
  const auto refusal = [](ForestShape shape) {
    return ForestBuilder(std::move(shape)).build().error();
  };
  EXPECT_EQ(refusal({.feature_count = 1, .output_count = 2, .leaf_width = 3}),
            invalid("a leaf has 3 values, expected at most the 2 outputs"));
  EXPECT_EQ(refusal({.feature_count = 1, .output_count = 2, .base = {1}}),
            invalid("the base has 1 values, expected one for each of the 2 outputs"));
  EXPECT_EQ(refusal({.feature_count = 1, .output_count = 1, .base = {kInfinity}}),
            invalid("the base has a value that is not finite"));
  EXPECT_EQ(refusal({.feature_count = 1,
                     .output_count = 1,
                     .aggregation = Aggregation::average,
                     .base = {1}}),
            invalid("an average has no base"));
}

TEST(ForestBuilder, TakesMoreAndFewerNodesThanWereExpected) {
  for (const std::size_t expected : {std::size_t{0}, std::size_t{1}, std::size_t{1'000}}) {
    ForestBuilder builder({.feature_count = 1, .output_count = 1});
    builder.expect(expected, expected);
    for (int tree = 0; tree < 3; ++tree) {
      builder.start_tree(3);
      builder.numerical_test(0, {.threshold = 1, .left = 1, .right = 2});
      builder.leaf(1, kLeaf);
      builder.leaf(2, kLeaf);
    }
    const Result<Forest> forest = std::move(builder).build();
    ASSERT_TRUE(forest) << forest.error().message;
    EXPECT_EQ(forest->nodes().size(), 9U);
    EXPECT_EQ(forest->leaf_count(), 6U);
  }
}

TEST(ForestBuilder, TakesNoMoreMemoryThanMayBeExpected) {
  ForestBuilder builder({.feature_count = 1, .output_count = kOutputCountMax});
  builder.expect(kHuge, kHuge);
  EXPECT_FALSE(std::move(builder).build());  // no trees came, and nothing was thrown
}

}  // namespace
}  // namespace ml_inference
