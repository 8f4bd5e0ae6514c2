// SPDX-License-Identifier: MIT
#include "serving/readiness.h"

#include "model/forest_builder.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace ml_inference {
namespace {

std::shared_ptr<const ServedModel> model_named(const std::string& name) {
  Schema schema;
  schema.targets[0].task = Task::regression;
  schema.feature_names = {"x"};
  ForestBuilder builder({.feature_count = 1, .output_count = 1});
  builder.start_tree(1);
  builder.leaf(0, std::vector{1.0});
  Model model = make_model(schema, std::move(builder).build().value(), {"built-in", ""}).value();
  return ServedModel::make(std::move(model), name).value();
}

TEST(Readiness, StartsWithoutAModel) {
  const Readiness readiness;
  EXPECT_EQ(readiness.status(), "starting");
  EXPECT_EQ(readiness.model(), nullptr);
  EXPECT_FALSE(readiness.is_draining());
}

TEST(Readiness, IsReadyOnceAModelAnswers) {
  Readiness readiness;
  const auto generation = readiness.generation();
  readiness.model_ready(model_named("a"));
  EXPECT_EQ(readiness.status(), "ready");
  EXPECT_EQ(readiness.model()->name(), "a");
  EXPECT_NE(readiness.generation(), generation);
}

TEST(Readiness, SaysWhyThereIsNoModel) {
  Readiness readiness;
  readiness.model_failed("model.onnx: no such file");
  EXPECT_EQ(readiness.status(), "model failed: model.onnx: no such file");
  EXPECT_EQ(readiness.model(), nullptr);
}

TEST(Readiness, KeepsTheModelThatAnswersWhenAnotherFails) {
  Readiness readiness;
  readiness.model_ready(model_named("a"));
  readiness.model_failed("b: damaged");
  EXPECT_EQ(readiness.status(), "ready");
  EXPECT_EQ(readiness.model()->name(), "a");
}

TEST(Readiness, CountsEveryModelThatReplacesAnother) {
  Readiness readiness;
  readiness.model_ready(model_named("a"));
  const auto generation = readiness.generation();
  const auto first = readiness.model();
  readiness.model_ready(model_named("b"));
  EXPECT_NE(readiness.generation(), generation);
  EXPECT_EQ(readiness.model()->name(), "b");
  EXPECT_EQ(first->name(), "a");  // lives as long as somebody uses it
}

TEST(Readiness, AnswersWhileItDrainsButIsNotReady) {
  Readiness readiness;
  readiness.model_ready(model_named("a"));
  readiness.start_draining();
  EXPECT_TRUE(readiness.is_draining());
  EXPECT_EQ(readiness.status(), "draining");
  EXPECT_NE(readiness.model(), nullptr);
}

}  // namespace
}  // namespace ml_inference
