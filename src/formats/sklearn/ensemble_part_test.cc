// SPDX-License-Identifier: MIT
#include "formats/sklearn/reader.h"
#include "formats/sklearn/testing/sklearn_maker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

using ::testing::HasSubstr;
using testing::HistNode;
using testing::SklearnMaker;

NodeId bagging(SklearnMaker& make, const std::vector<NodeId>& members,
               const std::vector<std::int64_t>& columns = {0, 1}) {
  std::vector<NodeId> lists(members.size(), make.integers(columns));
  return make.object("sklearn.ensemble._bagging.BaggingClassifier",
                     {{"_sklearn_version", make.text("1.5.2")},
                      {"n_features_in_", make.integer(2)},
                      {"classes_", make.texts({"a", "b", "c", "d", "e"})},
                      {"estimators_", make.list(members)},
                      {"estimators_features_", make.list(lists)}});
}

NodeId boosting(SklearnMaker& make, const std::vector<NodeId>& members) {
  return make.object("sklearn.ensemble._weight_boosting.AdaBoostClassifier",
                     {{"_sklearn_version", make.text("1.7.2")},
                      {"n_features_in_", make.integer(2)},
                      {"classes_", make.integers({3, 4})},
                      {"estimator_weights_", make.doubles({2}, {1, 1})},
                      {"estimators_", make.list(members)}});
}

NodeId dummy(SklearnMaker& make, const std::string& strategy) {
  return make.object("sklearn.dummy.DummyClassifier",
                     {{"_sklearn_version", make.text("1.7.2")},
                      {"strategy", make.text(strategy)},
                      {"classes_", make.integers({3, 4})},
                      {"class_prior_", make.doubles({2}, {0.25, 0.75})}});
}

NodeId tree_of_width(SklearnMaker& make, std::int64_t width) {
  const NodeId tree = make.tree_classifier();
  make.set(tree, "n_features_in_", make.integer(width));
  return tree;
}

std::string refusal_of(const std::function<NodeId(SklearnMaker&)>& made) {
  SklearnMaker make;
  return make.refusal(made(make));
}

TEST(SklearnBagging, ReadsMembersWithFewerClassesAndDummies) {
  EXPECT_EQ(refusal_of([](SklearnMaker& make) {
              return bagging(make, {make.tree_classifier(), dummy(make, "prior")});
            }),
            "read");
}

TEST(SklearnBagging, RefusesMembersThatDoNotFit) {
  EXPECT_THAT(refusal_of([](SklearnMaker& make) { return bagging(make, {}); }),
              HasSubstr("model has no estimators"));
  EXPECT_THAT(
      refusal_of([](SklearnMaker& make) { return bagging(make, {tree_of_width(make, 3)}); }),
      HasSubstr("estimators_[0] takes 3 features, expected 2"));
  EXPECT_THAT(refusal_of([](SklearnMaker& make) {
                return bagging(make, {make.tree_classifier()}, {0, 1, 1});
              }),
              HasSubstr("estimators_[0] takes 2 features, expected 3"));
  EXPECT_THAT(refusal_of([](SklearnMaker& make) {
                return bagging(make, {make.tree_classifier()}, {0, 2});
              }),
              HasSubstr("feature 2, expected 0 to 1"));
  EXPECT_THAT(refusal_of([](SklearnMaker& make) {
                return bagging(make, {make.tree_classifier()}, {0, -1});
              }),
              HasSubstr("feature -1, expected 0 to 1"));
  EXPECT_THAT(refusal_of([](SklearnMaker& make) { return bagging(make, {make.tree_regressor()}); }),
              HasSubstr("is not what a Bagging of BaggingClassifier is read of"));
  EXPECT_THAT(refusal_of([](SklearnMaker& make) {
                const NodeId tree = make.tree_classifier();
                make.set(tree, "classes_", make.integers({4, 5}));
                return bagging(make, {tree});
              }),
              HasSubstr("has the class '5', expected a number below 5"));
  EXPECT_THAT(refusal_of([](SklearnMaker& make) {
                const NodeId object = bagging(make, {make.tree_classifier()});
                make.set(object, "estimators_features_", make.list({}));
                return object;
              }),
              HasSubstr("estimators_features_ has 0 lists, expected 1"));
}

TEST(SklearnBagging, RefusesOneThatContainsItself) {
  EXPECT_THAT(refusal_of([](SklearnMaker& make) {
                const NodeId object = bagging(make, {make.none()});
                make.set(object, "estimators_", make.list({object}));
                return object;
              }),
              HasSubstr("stand in one another more than 100 deep"));
}

TEST(SklearnAdaBoost, ReadsItsMembers) {
  EXPECT_EQ(refusal_of([](SklearnMaker& make) {
              return boosting(make, {make.tree_classifier(), dummy(make, "prior")});
            }),
            "read");
}

TEST(SklearnAdaBoost, RefusesMembersThatDoNotFit) {
  EXPECT_THAT(
      refusal_of([](SklearnMaker& make) { return boosting(make, {tree_of_width(make, 3)}); }),
      HasSubstr("estimators_[0] takes 3 features, expected 2"));
  EXPECT_THAT(refusal_of([](SklearnMaker& make) {
                const NodeId tree = make.tree_classifier();
                make.set(tree, "classes_", make.integers({1, 2, 3}));
                make.set(tree, "tree_", make.tree({{}}, {1, 0, 0}));
                return boosting(make, {tree});
              }),
              HasSubstr("estimators_[0] has 3 classes, expected the 2 of the ensemble"));
  EXPECT_THAT(refusal_of([](SklearnMaker& make) {
                const NodeId tree = make.tree_classifier();
                return boosting(make, {tree, tree, tree});
              }),
              HasSubstr("estimator_weights_ has 2 numbers, expected 3"));
}

TEST(SklearnGradientBoosting, RefusesAStartThatDoesNotFit) {
  const auto model = [](SklearnMaker& make, NodeId init) {
    return make.object("sklearn.ensemble._gb.GradientBoostingClassifier",
                       {{"_sklearn_version", make.text("1.5.2")},
                        {"n_features_in_", make.integer(2)},
                        {"classes_", make.integers({3, 4})},
                        {"learning_rate", make.real(0.5)},
                        {"init_", init},
                        {"estimators_", make.objects({make.tree_regressor()})}});
  };
  EXPECT_EQ(refusal_of([&](SklearnMaker& make) { return model(make, make.tree_classifier()); }),
            "read");
  EXPECT_EQ(refusal_of([&](SklearnMaker& make) { return model(make, dummy(make, "prior")); }),
            "read");
  EXPECT_THAT(refusal_of([&](SklearnMaker& make) { return model(make, tree_of_width(make, 3)); }),
              HasSubstr("gives 2 numbers for 3 columns, expected 2 for 2"));
  EXPECT_THAT(refusal_of([&](SklearnMaker& make) { return model(make, make.text("one")); }),
              HasSubstr("init_ is 'one', expected zero or an estimator"));
  EXPECT_THAT(refusal_of([&](SklearnMaker& make) { return model(make, make.tree_regressor()); }),
              HasSubstr("init_"));
}

TEST(SklearnDummy, RefusesWhatAnswersAtRandomOrNotAtAll) {
  EXPECT_THAT(refusal_of([](SklearnMaker& make) { return dummy(make, "uniform"); }),
              HasSubstr("has the strategy 'uniform', which answers at random"));
  EXPECT_THAT(refusal_of([](SklearnMaker& make) {
                const NodeId object = dummy(make, "prior");
                make.set(object, "class_prior_", make.doubles({3}, {1, 0, 0}));
                return object;
              }),
              HasSubstr("class_prior_ has 3 numbers, expected 2"));
  EXPECT_THAT(refusal_of([](SklearnMaker& make) {
                const NodeId object = dummy(make, "constant");
                make.set(object, "constant", make.integer(5));
                return object;
              }),
              HasSubstr("constant is none of the classes"));
  EXPECT_THAT(refusal_of([](SklearnMaker& make) {
                const NodeId object = dummy(make, "prior");
                make.set(object, "classes_",
                         make.list({make.integers({1, 2}), make.integers({1, 2})}));
                make.set(object, "class_prior_", make.list({make.doubles({2}, {0.5, 0.5})}));
                return object;
              }),
              HasSubstr("class_prior_ has 1 lists, expected 2"));
}

TEST(SklearnIsolationForest, RefusesColumnsThatDoNotFit) {
  const auto model = [](SklearnMaker& make, const std::vector<std::int64_t>& columns) {
    return make.object("sklearn.ensemble._iforest.IsolationForest",
                       {{"_sklearn_version", make.text("1.5.2")},
                        {"n_features_in_", make.integer(2)},
                        {"offset_", make.real(-0.5)},
                        {"_max_samples", make.integer(10)},
                        {"estimators_", make.list({make.tree_classifier()})},
                        {"estimators_features_", make.list({make.integers(columns)})}});
  };
  EXPECT_EQ(refusal_of([&](SklearnMaker& make) { return model(make, {1, 0}); }), "read");
  EXPECT_THAT(refusal_of([&](SklearnMaker& make) { return model(make, {0, 7}); }),
              HasSubstr("feature 7, expected 0 to 1"));
  EXPECT_THAT(refusal_of([&](SklearnMaker& make) { return model(make, {}); }),
              HasSubstr("estimators_features_[0] has no columns"));
}

// --- HistGradientBoosting

HistNode hist_test(std::int64_t left, std::int64_t right) {
  return {.feature = 1, .threshold = 0.5, .left = left, .right = right, .is_leaf = false};
}

TEST(SklearnHistGradientBoosting, ReadsATreeMadeByHand) {
  EXPECT_EQ(refusal_of([](SklearnMaker& make) {
              return make.hist_classifier({hist_test(1, 2), {.value = 0.5}, {.value = -0.5}});
            }),
            "read");
  EXPECT_EQ(refusal_of([](SklearnMaker& make) {
              HistNode test = hist_test(1, 2);
              test.is_categorical = true;
              return make.hist_classifier({test, {}, {}});
            }),
            "read");
}

TEST(SklearnHistGradientBoosting, RefusesTreesThatDoNotFit) {
  const auto refusal = [](const std::vector<HistNode>& nodes) {
    return refusal_of([&](SklearnMaker& make) { return make.hist_classifier(nodes); });
  };
  EXPECT_THAT(refusal({hist_test(0, 2), {}, {}}), HasSubstr("does not lie below its parent"));
  EXPECT_THAT(refusal({hist_test(1, 5), {}, {}}), HasSubstr("child 5 does not exist"));
  EXPECT_THAT(refusal({hist_test(1, -1), {}, {}}), HasSubstr("right child"));
  HistNode wrong_feature = hist_test(1, 2);
  wrong_feature.feature = 2;
  EXPECT_THAT(refusal({wrong_feature, {}, {}}), HasSubstr("feature 2 does not exist"));
  HistNode wrong_set = hist_test(1, 2);
  wrong_set.is_categorical = true;
  wrong_set.set = 1;
  EXPECT_THAT(refusal({wrong_set, {}, {}}), HasSubstr("node 0: set 1, expected 0 to 0"));
}

TEST(SklearnHistGradientBoosting, RefusesCountsThatDoNotFit) {
  const auto refusal = [](const char* attribute,
                          const std::function<NodeId(SklearnMaker&)>& value) {
    return refusal_of([&](SklearnMaker& make) {
      const NodeId object = make.hist_classifier({{}});
      make.set(object, attribute, value(make));
      return object;
    });
  };
  EXPECT_THAT(
      refusal("n_trees_per_iteration_", [](SklearnMaker& make) { return make.integer(-1); }),
      HasSubstr("trees an iteration, expected 1 to"));
  EXPECT_THAT(refusal("n_trees_per_iteration_", [](SklearnMaker& make) { return make.integer(2); }),
              HasSubstr("has 2 classes and 2 trees an iteration"));
  EXPECT_THAT(refusal("_predictors", [](SklearnMaker& make) { return make.list({make.list({})}); }),
              HasSubstr("_predictors[0] has 0 trees, expected 1"));
  EXPECT_THAT(
      refusal("_baseline_prediction", [](SklearnMaker& make) { return make.doubles({2}, {1, 2}); }),
      HasSubstr("_baseline_prediction has 2 numbers, expected 1"));
}

TEST(SklearnBagging, TakesColumnsByAMask) {
  const auto masked = [](SklearnMaker& make, std::string_view mask) {
    const NodeId object = bagging(make, {tree_of_width(make, 1)});
    const auto size = static_cast<std::int64_t>(mask.size());
    make.set(object, "estimators_features_", make.list({make.array("b1", {size}, mask)}));
    return object;
  };
  using std::string_view_literals::operator""sv;
  EXPECT_EQ(refusal_of([&](SklearnMaker& make) { return masked(make, "\1\0"sv); }), "read");
  EXPECT_THAT(refusal_of([&](SklearnMaker& make) { return masked(make, "\1\0\0"sv); }),
              HasSubstr("is a mask of 3 columns, expected 2"));
}

TEST(SklearnBagging, RefusesMoreMembersInsideOneAnotherThanAnyoneHas) {
  SklearnMaker make;
  NodeId inner = make.tree_classifier();
  for (int depth = 0; depth < 3; ++depth) {
    inner = bagging(make, std::vector<NodeId>(200, inner));
    make.set(inner, "classes_", make.integers({0, 1, 2, 3, 4}));
  }
  EXPECT_THAT(make.refusal(inner), HasSubstr("too many values"));
}

TEST(SklearnDummy, KeepsTheStrategyThatItWasFittedWith) {
  SklearnMaker make;
  const NodeId object = dummy(make, "uniform");
  make.set(object, "_strategy", make.text("prior"));
  EXPECT_EQ(make.refusal(object), "read");
}

TEST(SklearnBagging, AsksTheFirstMembersAlone) {
  const auto with_count = [](SklearnMaker& make, std::int64_t count) {
    const NodeId object = bagging(make, {make.tree_classifier(), make.none()});
    make.set(object, "n_estimators", make.integer(count));
    return object;
  };
  EXPECT_EQ(refusal_of([&](SklearnMaker& make) { return with_count(make, 1); }), "read");
  EXPECT_THAT(refusal_of([&](SklearnMaker& make) { return with_count(make, 3); }),
              HasSubstr("n_estimators is 3, expected 1 to the 2 estimators"));
}

// Source: scikit-learn 1.2 and 1.3, sklearn/ensemble/_iforest.py, score_samples.
TEST(SklearnIsolationForest, LooksAtColumnsThatNoTreeSeesAsItsVersionDid) {
  for (const auto& [version, type] :
       {std::pair{"1.2.2", NumberType::float64}, std::pair{"1.3.2", NumberType::float32},
        std::pair{"1.5.2", NumberType::float32}}) {
    SklearnMaker make;
    const NodeId object = make.object("sklearn.ensemble._iforest.IsolationForest",
                                      {{"_sklearn_version", make.text(version)},
                                       {"n_features_in_", make.integer(2)},
                                       {"_max_samples", make.integer(10)},
                                       {"offset_", make.real(-0.5)},
                                       {"estimators_", make.list({make.tree_regressor()})},
                                       {"estimators_features_", make.list({make.integers({0})})}});
    EXPECT_EQ(read_sklearn(make.document(object)).schema().input.type, type) << version;
  }
}

}  // namespace
}  // namespace ml_inference
