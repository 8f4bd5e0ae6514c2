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

std::string answering_name(const Readiness& readiness) {
  return readiness.catalog()->select({}).value().version->model->name();
}

TEST(Readiness, StartsWithoutAModel) {
  const Readiness readiness;
  EXPECT_EQ(readiness.status(), "starting");
  EXPECT_EQ(readiness.catalog(), nullptr);
  EXPECT_FALSE(readiness.is_draining());
}

TEST(Readiness, IsReadyOnceAModelAnswers) {
  Readiness readiness;
  const auto generation = readiness.generation();
  readiness.publish("a", model_named("a"));
  EXPECT_EQ(readiness.status(), "ready");
  EXPECT_EQ(answering_name(readiness), "a");
  EXPECT_NE(readiness.generation(), generation);
}

TEST(Readiness, SaysWhyThereIsNoModel) {
  Readiness readiness;
  readiness.model_failed("model.onnx: no such file");
  EXPECT_EQ(readiness.status(), "model failed: model.onnx: no such file");
  EXPECT_EQ(readiness.catalog(), nullptr);
}

TEST(Readiness, KeepsTheModelThatAnswersWhenAnotherFails) {
  Readiness readiness;
  readiness.publish("a", model_named("a"));
  readiness.model_failed("b: damaged");
  EXPECT_EQ(readiness.status(), "ready");
  EXPECT_EQ(answering_name(readiness), "a");
}

TEST(Readiness, CountsEveryCatalogThatReplacesAnother) {
  Readiness readiness;
  readiness.publish("a", model_named("a"));
  const auto generation = readiness.generation();
  const auto first = readiness.catalog();
  readiness.publish("b", model_named("b"));
  EXPECT_NE(readiness.generation(), generation);
  EXPECT_EQ(answering_name(readiness), "b");
  EXPECT_NE(first->find("a"), nullptr);  // lives as long as somebody uses it
}

TEST(Readiness, WaitsForEveryModelThatIsRequired) {
  CatalogModel ready;
  ready.name = "a";
  ready.versions = {{.state = VersionState::available, .model = model_named("a")}};
  CatalogModel other;
  other.name = "b";
  other.versions = {{.state = VersionState::loading}};
  Readiness readiness;
  readiness.publish(ModelCatalog({ready, other}));
  EXPECT_EQ(readiness.status(), "loading b");
  other.versions = {{.state = VersionState::failed, .reason = "b/1: damaged"}};
  readiness.publish(ModelCatalog({ready, other}));
  EXPECT_EQ(readiness.status(), "model failed: b/1: damaged");
  other.is_required = false;
  readiness.publish(ModelCatalog({ready, other}));
  EXPECT_EQ(readiness.status(), "ready");
}

TEST(Readiness, WaitsForAllThatIsLoadedAtStart) {
  Readiness readiness;
  readiness.set_starting(true);
  readiness.publish("a", model_named("a"));
  EXPECT_EQ(readiness.status(), "starting");
  EXPECT_EQ(answering_name(readiness), "a");
  readiness.set_starting(false);
  EXPECT_EQ(readiness.status(), "ready");
}

TEST(Readiness, AnswersWhileItDrainsButIsNotReady) {
  Readiness readiness;
  readiness.publish("a", model_named("a"));
  readiness.start_draining();
  EXPECT_TRUE(readiness.is_draining());
  EXPECT_EQ(readiness.status(), "draining");
  EXPECT_NE(readiness.catalog(), nullptr);
}

}  // namespace
}  // namespace ml_inference
