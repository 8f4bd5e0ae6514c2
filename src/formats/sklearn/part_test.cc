// SPDX-License-Identifier: MIT
// What estimators in general are refused for; the trees, ensembles and steps have tests of their
// own beside them.
#include "formats/sklearn/part.h"

#include "formats/sklearn/reader.h"
#include "formats/sklearn/testing/sklearn_maker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::PyMaker;
using testing::SklearnMaker;

TEST(SklearnPart, ReadsAnEstimatorMadeByHand) {
  SklearnMaker make;
  const PyDocument document = make.document(make.tree_classifier());
  const Model model = read_sklearn(document);
  EXPECT_EQ(model.provenance().estimator, "DecisionTreeClassifier");
  EXPECT_EQ(model.provenance().producer, "scikit-learn 1.5.2");
  EXPECT_THAT(model.schema().feature_names, ElementsAre("x0", "x1"));
  EXPECT_THAT(model.schema().class_labels(),
              ElementsAre(Label(std::int64_t{3}), Label(std::int64_t{4})));
  EXPECT_EQ(model.size().node_count, 3U);
}

TEST(SklearnPart, NamesAnUnknownEstimatorAndWhatIsRead) {
  SklearnMaker make;
  EXPECT_THAT(make.refusal(make.object("sklearn.svm._classes.SVC", {})),
              AllOf(HasSubstr("model is sklearn.svm._classes.SVC, expected one of "),
                    HasSubstr("AdaBoostClassifier, "), HasSubstr(", RandomForestRegressor")));
}

TEST(SklearnPart, NamesWhatIsNoEstimator) {
  const auto refusal = [](const std::function<NodeId(SklearnMaker&)>& made) {
    SklearnMaker make;
    return make.refusal(made(make));
  };
  EXPECT_THAT(refusal([](SklearnMaker& make) { return make.integer(3); }),
              HasSubstr("model is an integer, expected an estimator of scikit-learn: AdaBoost"));
  EXPECT_THAT(refusal([](SklearnMaker& make) { return make.list({make.tree_classifier()}); }),
              HasSubstr("model is a list, expected an estimator"));
  EXPECT_THAT(refusal([](SklearnMaker& make) { return make.object("pandas.Series", {}); }),
              HasSubstr("model is pandas.Series, expected an estimator"));
  EXPECT_THAT(
      refusal([](SklearnMaker& make) {
        return make.global("sklearn.tree._classes.DecisionTreeClassifier");
      }),
      HasSubstr("model is sklearn.tree._classes.DecisionTreeClassifier, expected an object"));
}

struct Wrong {
  const char* attribute;
  NodeId (*value)(SklearnMaker& make);
  const char* message;
};

TEST(SklearnPart, RefusesAttributesOfAnotherForm) {
  const std::vector<Wrong> wrongs{
      {"_sklearn_version", [](SklearnMaker& make) { return make.text("new"); },
       "_sklearn_version is 'new', expected a version like 1.4.2"},
      {"_sklearn_version", [](SklearnMaker& make) { return make.integer(1); },
       "_sklearn_version is an integer, expected a text"},
      {"n_features_in_", [](SklearnMaker& make) { return make.text("2"); },
       "n_features_in_ is '2', expected an integer"},
      {"n_features_in_", [](SklearnMaker& make) { return make.real(2); },
       "n_features_in_ is a float, expected an integer"},
      {"n_features_in_", [](SklearnMaker& make) { return make.integer(-1); },
       "has -1 features, expected 1 to 1000000"},
      {"n_features_in_", [](SklearnMaker& make) { return make.integer(std::int64_t{1} << 60); },
       "features, expected 1 to 1000000"},
      {"classes_", [](SklearnMaker& make) { return make.integers({}); }, "has no classes"},
      {"classes_", [](SklearnMaker& make) { return make.integers({3, 4, 5}); },
       "a leaf has 2 values, expected 1 of 3 classes"},
      {"classes_", [](SklearnMaker& make) { return make.integers({3, 3}); }, "3"},
      {"classes_", [](SklearnMaker& make) { return make.integer(3); },
       "classes_ is an integer, expected a list"},
      {"classes_", [](SklearnMaker& make) { return make.objects({make.list({}), make.none()}); },
       "classes_[0] is a list, expected an integer"},
      {"tree_", [](SklearnMaker& make) { return make.integer(3); },
       "tree_ is an integer, expected sklearn.tree._tree.Tree"},
      {"feature_names_in_", [](SklearnMaker& make) { return make.texts({"a"}); },
       "has 1 feature names, expected 2"},
      {"feature_names_in_", [](SklearnMaker& make) { return make.texts({"a", "a"}); }, "'a'"},
      {"feature_names_in_", [](SklearnMaker& make) { return make.integers({1, 2}); },
       "feature_names_in_ is an array of"},
  };
  for (const Wrong& wrong : wrongs) {
    SklearnMaker make;
    const NodeId object = make.tree_classifier();
    make.set(object, wrong.attribute, wrong.value(make));
    EXPECT_THAT(make.refusal(object), HasSubstr(wrong.message)) << wrong.attribute;
  }
}

TEST(SklearnPart, NamesWhatIsMissing) {
  SklearnMaker make;
  EXPECT_EQ(make.refusal(make.object("sklearn.tree._classes.DecisionTreeClassifier", {})),
            "sklearn: model has no attribute classes_: is it fitted?");
  SklearnMaker other;
  EXPECT_EQ(other.refusal(other.object("sklearn.ensemble._forest.RandomForestRegressor",
                                       {{"n_outputs_", other.integer(1)}})),
            "sklearn: model has no attribute n_features_in_: is it fitted?");
}

TEST(SklearnPart, RefusesTooManyTargets) {
  for (const std::int64_t count : {std::int64_t{-1}, std::int64_t{0}, std::int64_t{1} << 40}) {
    SklearnMaker make;
    const NodeId object = make.tree_regressor();
    make.set(object, "n_outputs_", make.integer(count));
    EXPECT_THAT(make.refusal(object), HasSubstr("targets, expected 1 to")) << count;
  }
}

TEST(SklearnPart, ReadsLabelsOfEachKind) {
  SklearnMaker make;
  const NodeId root = make.list(
      {make.integers({-5, 6}), make.texts({"a", "bc"}),
       make.array("b1", {2}, std::string("\0\1", 2)), make.doubles({2}, {0.5, 2}),
       make.objects({make.text("x"), make.integer(3), make.boolean(true), make.real(0.25)})});
  const PyDocument document = make.document(root);
  const auto labels = [&](std::size_t index) {
    return labels_of(document.root().item(index), "test");
  };
  EXPECT_THAT(labels(0), ElementsAre(Label(std::int64_t{-5}), Label(std::int64_t{6})));
  EXPECT_THAT(labels(1), ElementsAre(Label("a"), Label("bc")));
  EXPECT_THAT(labels(2), ElementsAre(Label(false), Label(true)));
  EXPECT_THAT(labels(3), ElementsAre(Label(0.5), Label(2.0)));
  EXPECT_THAT(labels(4), ElementsAre(Label("x"), Label(std::int64_t{3}), Label(true), Label(0.25)));
}

TEST(SklearnPart, AddsAsNumpyDoes) {
  EXPECT_EQ(numpy_sum({}), 0.0);
  std::vector<double> numbers(1000, 0.1);
  // numpy.full(1000, 0.1).sum(), which is neither the sum in order nor 100.
  EXPECT_EQ(numpy_sum(numbers), 100.00000000000001);
  EXPECT_EQ(numpy_sum(std::span(numbers).first(7)), 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1);
}

TEST(SklearnPart, RefusesAClassifierWithoutTargets) {
  for (const bool is_hist : {true, false}) {
    SklearnMaker make;
    const NodeId object = is_hist ? make.hist_classifier({{}}) : make.tree_classifier();
    make.set(object, "classes_", make.list({}));
    EXPECT_THAT(make.refusal(object), HasSubstr("classes_ has the classes of 0 targets"));
  }
}

TEST(SklearnPart, RefusesANumberOfClassesThatTheyAreNot) {
  const auto refusal = [](const auto& set) {
    SklearnMaker make;
    const NodeId object = make.tree_classifier();
    set(make, object);
    return make.refusal(object);
  };
  EXPECT_THAT(refusal([](SklearnMaker& make, NodeId object) {
                make.set(object, "n_classes_", make.integer(3));
              }),
              HasSubstr("n_classes_ is 3, expected 2"));
  EXPECT_THAT(refusal([](SklearnMaker& make, NodeId object) {
                make.set(object, "n_classes_", make.integers(std::vector<std::int64_t>(1000)));
              }),
              HasSubstr("n_classes_ has 1000 numbers, expected 1"));
  EXPECT_THAT(refusal([](SklearnMaker& make, NodeId object) {
                make.set(object, "classes_", make.integers(std::vector<std::int64_t>(10'001)));
              }),
              HasSubstr("classes_ has 10001 labels, expected at most 10000"));
  EXPECT_THAT(refusal([](SklearnMaker& make, NodeId object) {
                const std::vector<NodeId> labels(10'001, make.integer(1));
                make.set(object, "classes_", make.objects(labels));
              }),
              HasSubstr("classes_ has 10001 labels, expected at most 10000"));
}

TEST(SklearnPart, ShortensTheNameOfAClassInAMessage) {
  const auto refusal = [](const std::string& name) {
    SklearnMaker make;
    return make.refusal(make.object(name, {}));
  };
  EXPECT_THAT(refusal("sklearn.svm." + std::string(100'000, 'S')),
              HasSubstr("is 'sklearn.svm.SSS"));
  EXPECT_LT(refusal("sklearn.svm." + std::string(100'000, 'S')).size(), 1000U);
  EXPECT_THAT(refusal("sklearn.svm.\x1b[31m"), HasSubstr("is 'sklearn.svm.?[31m'"));
}

}  // namespace
}  // namespace ml_inference
