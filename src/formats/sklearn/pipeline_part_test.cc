// SPDX-License-Identifier: MIT
#include "formats/sklearn/reader.h"
#include "formats/sklearn/testing/sklearn_maker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace ml_inference {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::SklearnMaker;

TEST(SklearnPipeline, ReadsStepsAndWhatLetsEverythingThrough) {
  SklearnMaker make;
  const NodeId nothing =
      make.object("sklearn.preprocessing._function_transformer.FunctionTransformer",
                  {{"func", make.none()}, {"validate", make.boolean(false)}});
  const NodeId looking =
      make.object("sklearn.preprocessing._function_transformer.FunctionTransformer",
                  {{"validate", make.boolean(true)}, {"n_features_in_", make.integer(2)}});
  EXPECT_EQ(make.refusal(make.pipeline({make.text("passthrough"), make.none(), nothing, looking,
                                        make.standard_scaler(2), make.tree_classifier()})),
            "read");
}

TEST(SklearnPipeline, ReadsAPipelineOfTransformersAsItsSteps) {
  SklearnMaker make;
  const NodeId inner = make.pipeline({make.text("passthrough"), make.standard_scaler(2)});
  const NodeId outer = make.pipeline({make.pipeline({inner, inner}), make.tree_classifier()});
  EXPECT_EQ(make.refusal(outer), "read");
  SklearnMaker wide;
  EXPECT_THAT(wide.refusal(wide.pipeline(
                  {wide.pipeline({wide.standard_scaler(3)}), wide.tree_classifier()})),
              HasSubstr("the estimator takes 2 columns, the step before gives 3"));
  SklearnMaker itself;
  const NodeId steps = itself.pipeline({});
  itself.set(steps, "steps", itself.list({itself.tuple({itself.text("a"), steps})}));
  EXPECT_THAT(itself.refusal(itself.pipeline({steps, itself.tree_classifier()})),
              HasSubstr("stand in one another more than 100 deep"));
}

TEST(SklearnPipeline, RefusesMoreStepsInAllThanAnyoneHas) {
  SklearnMaker make;
  const NodeId many = make.pipeline(std::vector<NodeId>(600, make.standard_scaler(2)));
  EXPECT_THAT(make.refusal(make.pipeline({many, many, make.tree_classifier()})),
              HasSubstr("more than 1000 steps in all"));
}

TEST(SklearnPipeline, RefusesAFunctionByItsName) {
  const auto refusal = [](const std::function<NodeId(SklearnMaker&)>& function) {
    SklearnMaker make;
    const NodeId step =
        make.object("sklearn.preprocessing._function_transformer.FunctionTransformer",
                    {{"func", function(make)}});
    return make.refusal(make.pipeline({step, make.tree_classifier()}));
  };
  EXPECT_EQ(refusal([](SklearnMaker& make) { return make.global("numpy.log1p"); }),
            "sklearn: model.steps[0] is a FunctionTransformer of numpy.log1p, expected one without "
            "a function");
  EXPECT_THAT(refusal([](SklearnMaker& make) { return make.object("functools.partial", {}); }),
              HasSubstr("of functools.partial,"));
}

TEST(SklearnPipeline, NamesAnUnknownStep) {
  SklearnMaker make;
  EXPECT_THAT(make.refusal(make.pipeline(
                  {make.object("sklearn.preprocessing._polynomial.PolynomialFeatures", {}),
                   make.tree_classifier()})),
              AllOf(HasSubstr("model.steps[0] is sklearn.preprocessing._polynomial."
                              "PolynomialFeatures, expected one of FunctionTransformer, "),
                    HasSubstr("StandardScaler, Pipeline, passthrough")));
}

TEST(SklearnPipeline, RefusesStepsThatDoNotFit) {
  SklearnMaker make;
  EXPECT_THAT(make.refusal(make.pipeline({make.standard_scaler(3), make.tree_classifier()})),
              HasSubstr("the estimator takes 2 columns, the step before gives 3"));
  SklearnMaker other;
  EXPECT_THAT(other.refusal(other.pipeline(
                  {other.standard_scaler(3), other.standard_scaler(2), other.tree_classifier()})),
              HasSubstr("a step takes 2 columns, the one before gives 3"));
}

TEST(SklearnPipeline, RefusesPipelinesOfAnotherForm) {
  SklearnMaker make;
  EXPECT_EQ(make.refusal(make.pipeline({})), "sklearn: model has no steps");
  SklearnMaker last;
  EXPECT_THAT(last.refusal(last.pipeline({last.text("passthrough")})),
              HasSubstr("the pipeline ends without an estimator"));
  SklearnMaker alone;
  const NodeId object = alone.pipeline({});
  alone.set(object, "steps", alone.list({alone.tuple({alone.tree_classifier()})}));
  EXPECT_THAT(alone.refusal(object),
              HasSubstr("steps[0] has 1 values, expected a name and a step"));
  SklearnMaker wide;
  const NodeId scaler = wide.standard_scaler(2);
  wide.set(scaler, "mean_", wide.doubles({3}, {1, 2, 3}));
  EXPECT_THAT(wide.refusal(wide.pipeline({scaler, wide.tree_classifier()})),
              HasSubstr("mean_ has 3 numbers, expected 2"));
}

TEST(SklearnPipeline, RefusesOneThatContainsItself) {
  SklearnMaker make;
  const NodeId object = make.pipeline({});
  make.set(object, "steps", make.list({make.tuple({make.text("a"), object})}));
  EXPECT_THAT(make.refusal(object), HasSubstr("stand in one another more than 100 deep"));
}

TEST(SklearnPipeline, RefusesMoreStepsThanAnyoneHas) {
  SklearnMaker make;
  const std::vector<NodeId> steps(1'001, make.standard_scaler(2));
  EXPECT_THAT(make.refusal(make.pipeline(steps)),
              HasSubstr("has 1001 steps, expected at most 1000"));
}

TEST(SklearnPipeline, ReadsManyStepsInsideOneAnother) {
  SklearnMaker make;
  NodeId inner = make.tree_classifier();
  for (int depth = 0; depth < 90; ++depth) {
    std::vector<NodeId> steps(500, make.standard_scaler(2));
    steps.push_back(inner);
    inner = make.pipeline(steps);
  }
  EXPECT_EQ(make.refusal(inner), "read");
}

}  // namespace
}  // namespace ml_inference
