// SPDX-License-Identifier: MIT
#include "model/model.h"

#include "model/testing/random_forest.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

Schema schema_of(std::size_t feature_count) {
  Schema schema{.targets = {{.class_labels = {"a", "b", "c"}}}};
  for (std::size_t feature = 0; feature < feature_count; ++feature) {
    schema.feature_names.push_back("feature " + std::to_string(feature));
  }
  return schema;
}

TEST(Model, KeepsSchemaForestAndProvenance) {
  const Forest forest = testing::make_random_forest({}, 1);
  const Result<Model> model = make_model(schema_of(4), forest, {"onnx", "skl2onnx"});
  ASSERT_TRUE(model.has_value());
  EXPECT_EQ(model->schema(), schema_of(4));
  EXPECT_EQ(*model->only_forest(), forest);
  EXPECT_EQ(model->provenance().format, "onnx");
  EXPECT_EQ(model->provenance().producer, "skl2onnx");
}

TEST(Model, RefusesAForestThatTakesOtherFeatures) {
  EXPECT_EQ(make_model(schema_of(5), testing::make_random_forest({}, 1), {}).error(),
            (Error{Code::invalid_argument, "the forest takes 4 features, the schema names 5"}));
}

TEST(Model, RefusesAForestThatGivesOtherOutputs) {
  const Forest forest = testing::make_random_forest({.output_count = 1}, 1);
  EXPECT_EQ(make_model(schema_of(4), forest, {}).error(),
            (Error{Code::invalid_argument, "the forest gives 1 outputs, the schema expects 3"}));
}

TEST(Model, CountsTheOutputsBehindTheLink) {
  Schema schema = schema_of(4);
  schema.targets[0].class_labels.pop_back();
  const Forest forest = testing::make_random_forest({.output_count = 1}, 1);
  EXPECT_FALSE(make_model(schema, forest, {}).has_value());
  const Link link{.function = LinkFunction::logistic, .two_classes = true};
  const Result<Model> model = make_model(schema, forest, {}, link);
  ASSERT_TRUE(model.has_value()) << model.error().message;
  EXPECT_EQ(*model->link(), link);
}

TEST(Model, RefusesALinkThatMakesNoSense) {
  const Forest forest = testing::make_random_forest({}, 1);
  EXPECT_EQ(make_model(schema_of(4), forest, {}, {.scale = 0}).error(),
            (Error{Code::invalid_argument,
                   "the link divides by 1 and multiplies by 0, expected positive numbers"}));
}

TEST(Model, RefusesASchemaThatMakesNoSense) {
  EXPECT_EQ(make_model(schema_of(0), testing::make_random_forest({}, 1), {}).error(),
            (Error{Code::invalid_argument, "a model has 0 features, expected 1 to 1000000"}));
}

}  // namespace
}  // namespace ml_inference
