// SPDX-License-Identifier: MIT
#include "formats/sklearn/trees.h"

#include "formats/sklearn/testing/sklearn_maker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

using ::testing::HasSubstr;
using testing::SklearnMaker;
using testing::SklearnNode;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// What a tree of two features and two classes is refused by.
std::string refusal_of(const std::vector<SklearnNode>& nodes, const std::vector<double>& values) {
  SklearnMaker make;
  const NodeId object = make.tree_classifier();
  make.set(object, "tree_", make.tree(nodes, values));
  return make.refusal(object);
}

SklearnNode test_of(std::int64_t left, std::int64_t right, std::int64_t feature = 0,
                    double threshold = 0.5) {
  return {.left = left, .right = right, .feature = feature, .threshold = threshold};
}

const std::vector<double> kSix{1, 0, 1, 0, 0, 1};

TEST(SklearnTrees, ReadsATreeOfOneLeaf) { EXPECT_EQ(refusal_of({{}}, {1, 0}), "read"); }

TEST(SklearnTrees, RefusesChildrenOutOfOrder) {
  EXPECT_THAT(refusal_of({test_of(0, 2), {}, {}}, kSix),
              HasSubstr("left child 0 does not lie below its parent"));
  EXPECT_THAT(refusal_of({test_of(1, 3), {}, {}}, kSix),
              HasSubstr("right child 3 does not exist, the tree has 3 nodes"));
  EXPECT_THAT(refusal_of({test_of(1, 1), {}, {}}, kSix), HasSubstr("the node has two parents"));
  EXPECT_THAT(refusal_of({test_of(1, -1), {}, {}}, kSix), HasSubstr("right child"));
  EXPECT_THAT(refusal_of({test_of(-2, 2), {}, {}}, kSix), HasSubstr("left child"));
  EXPECT_THAT(refusal_of({test_of(1, 2), test_of(0, 2), {}}, kSix), HasSubstr("left child 0"));
  EXPECT_THAT(refusal_of({{}, {}, {}}, kSix), HasSubstr("no parent leads to the node"));
}

TEST(SklearnTrees, RefusesFeaturesThatDoNotExist) {
  for (const std::int64_t feature :
       {std::int64_t{2}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::min()}) {
    EXPECT_THAT(refusal_of({test_of(1, 2, feature), {}, {}}, kSix), HasSubstr("does not exist"));
  }
}

TEST(SklearnTrees, RefusesNumbersThatAreNone) {
  EXPECT_THAT(refusal_of({test_of(1, 2, 0, kNaN), {}, {}}, kSix),
              HasSubstr("the threshold is not a number"));
  EXPECT_THAT(refusal_of({test_of(1, 2), {}, {}}, {1, 0, kNaN, 0, 0, 1}),
              HasSubstr("the leaf has a value that is not finite"));
}

TEST(SklearnTrees, RefusesLeavesOfAnotherWidth) {
  EXPECT_THAT(refusal_of({{}}, {1}), HasSubstr("a leaf has 1 values, expected 1 of 2 classes"));
  EXPECT_THAT(refusal_of({{}}, {1, 0, 0, 0}),
              HasSubstr("a leaf has 4 values, expected 1 of 2 classes"));
}

TEST(SklearnTrees, RefusesArraysOfAnotherForm) {
  const auto refusal = [](const char* attribute,
                          const std::function<NodeId(SklearnMaker&)>& value) {
    SklearnMaker make;
    const NodeId tree = make.stump();
    make.set(tree, attribute, value(make));
    const NodeId object = make.tree_classifier();
    make.set(object, "tree_", tree);
    return make.refusal(object);
  };
  EXPECT_THAT(refusal("nodes", [](SklearnMaker& make) { return make.integers({1, 2, 3}); }),
              HasSubstr("tree_.nodes is an array of"));
  EXPECT_THAT(refusal("nodes", [](SklearnMaker& make) { return make.list({}); }),
              HasSubstr("tree_.nodes is a list, expected an array"));
  EXPECT_THAT(
      refusal("nodes",
              [](SklearnMaker& make) { return make.records({{"left_child", "i8"}}, 0, ""); }),
      HasSubstr("has 0 nodes, expected 1 to"));
  EXPECT_THAT(refusal("nodes",
                      [](SklearnMaker& make) {
                        return make.records({{"left_child", "i8"}}, 1, std::string(8, '\xFF'));
                      }),
              HasSubstr("has no field right_child"));
  EXPECT_THAT(refusal("nodes",
                      [](SklearnMaker& make) {
                        return make.records({{"left_child", "f8"}}, 1, std::string(8, '\0'));
                      }),
              HasSubstr("left_child is a float, expected an integer"));
  EXPECT_THAT(refusal("nodes",
                      [](SklearnMaker& make) {
                        return make.records({{"left_child", "U1"}}, 1, std::string(4, '\0'));
                      }),
              HasSubstr("expected numbers"));
  EXPECT_THAT(
      refusal("values", [](SklearnMaker& make) { return make.doubles({2, 1, 2}, {1, 0, 0, 1}); }),
      HasSubstr("values has the shape (2, 1, 2), expected"));
  EXPECT_THAT(refusal("values", [](SklearnMaker& make) { return make.doubles({6}, kSix); }),
              HasSubstr("values has the shape (6,), expected"));
  EXPECT_THAT(refusal("values", [](SklearnMaker& make) { return make.doubles({3, 1, 0}, {}); }),
              HasSubstr("has no values"));
  EXPECT_THAT(
      refusal("values",
              [](SklearnMaker& make) { return make.array("U1", {3, 1, 1}, std::string(12, 'x')); }),
      HasSubstr("expected numbers"));
}

TEST(SklearnTrees, NamesTheTreeOfAForest) {
  SklearnMaker make;
  const NodeId wrong = make.tree_classifier();
  make.set(wrong, "tree_", make.tree({{}}, {1}));
  EXPECT_EQ(make.refusal(make.forest_classifier({})), "sklearn: model has no trees");
  SklearnMaker other;
  const NodeId no_tree = other.object("sklearn.tree._classes.DecisionTreeClassifier", {});
  EXPECT_EQ(other.refusal(other.forest_classifier({other.tree_classifier(), no_tree})),
            "sklearn: model.estimators_[1] has no attribute tree_: is it fitted?");
}

TEST(SklearnTrees, RefusesANumberOfNodesThatTheyAreNot) {
  SklearnMaker make;
  const NodeId tree = make.stump();
  make.set(tree, "node_count", make.integer(2));
  const NodeId object = make.tree_classifier();
  make.set(object, "tree_", tree);
  EXPECT_THAT(make.refusal(object), HasSubstr("tree_.node_count is 2, expected 3"));
}

}  // namespace
}  // namespace ml_inference
