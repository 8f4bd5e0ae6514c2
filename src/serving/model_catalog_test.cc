// SPDX-License-Identifier: MIT
#include "serving/model_catalog.h"

#include "model/forest_builder.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace ml_inference {
namespace {

std::shared_ptr<const ServedModel> some_model() {
  Schema schema;
  schema.targets[0].task = Task::regression;
  schema.feature_names = {"x"};
  ForestBuilder builder({.feature_count = 1, .output_count = 1});
  builder.start_tree(1);
  builder.leaf(0, std::vector{1.0});
  Model model = make_model(schema, std::move(builder).build().value(), {"built-in", ""}).value();
  return ServedModel::make(std::move(model), "some").value();
}

ModelVersion available(std::int64_t number) {
  return {.number = number, .state = VersionState::available, .model = some_model()};
}

ModelVersion failed(std::int64_t number) {
  return {.number = number, .state = VersionState::failed, .reason = "broken file"};
}

CatalogModel model_of(const std::string& name, std::vector<ModelVersion> versions) {
  CatalogModel model;
  model.name = name;
  model.versions = std::move(versions);
  return model;
}

std::int64_t number_of(const ModelCatalog& catalog, const ModelChoice& choice) {
  return catalog.select(choice).value().version->number;
}

TEST(ModelCatalog, AnswersByTheHighestVersionThatIsAvailable) {
  const ModelCatalog catalog({model_of("iris", {available(1), available(3), failed(4)})});
  EXPECT_EQ(number_of(catalog, {.name = "iris"}), 3);
  EXPECT_EQ(number_of(catalog, {.name = "iris", .version = "1"}), 1);
}

TEST(ModelCatalog, AnswersByTheDefaultVersionWhileItIsAvailable) {
  CatalogModel model = model_of("iris", {available(1), available(2), failed(3)});
  model.default_version = 1;
  EXPECT_EQ(number_of(ModelCatalog({model}), {.name = "iris"}), 1);
  model.default_version = 3;
  EXPECT_EQ(number_of(ModelCatalog({model}), {.name = "iris"}), 2);
}

TEST(ModelCatalog, NeedsNoNameForTheOnlyOrTheDefaultModel) {
  EXPECT_EQ(number_of(ModelCatalog({model_of("a", {available(7)})}), {}), 7);
  const std::vector two{model_of("b", {available(1)}), model_of("a", {available(2)})};
  EXPECT_EQ(number_of(ModelCatalog(two, "a"), {}), 2);
  const auto ambiguous = ModelCatalog(two).select({});
  ASSERT_FALSE(ambiguous.has_value());
  EXPECT_EQ(ambiguous.error().code, Code::invalid_argument);
  EXPECT_EQ(ambiguous.error().message, "there are 2 models, expected one to be named");
}

TEST(ModelCatalog, FollowsLabels) {
  CatalogModel model = model_of("iris", {available(1), available(2)});
  model.labels = {{"stable", 1}, {"canary", 2}};
  const ModelCatalog catalog({model});
  EXPECT_EQ(number_of(catalog, {.name = "iris", .label = "stable"}), 1);
  EXPECT_EQ(catalog.select({.name = "iris", .label = "other"}).error().message,
            "model 'iris' has no version with the label 'other'");
  EXPECT_EQ(catalog.select({.name = "iris", .version = "1", .label = "stable"}).error().code,
            Code::invalid_argument);
}

TEST(ModelCatalog, SaysWhatThereIsNot) {
  const ModelCatalog catalog({model_of("iris", {available(1)})});
  EXPECT_EQ(catalog.select({.name = "rose"}).error().message, "there is no model 'rose'");
  EXPECT_EQ(catalog.select({.name = "iris", .version = "2"}).error().message,
            "model 'iris' has no version 2");
  for (const char* const wrong : {"0", "-1", "one", "1.0", "99999999999999999999"}) {
    EXPECT_EQ(catalog.select({.name = "iris", .version = wrong}).error().code,
              Code::invalid_argument)
        << wrong;
  }
  EXPECT_EQ(ModelCatalog({}).select({}).error().code, Code::not_found);
}

TEST(ModelCatalog, FindsAVersionThatDoesNotAnswerAndSaysWhyItIsNotSelected) {
  const ModelCatalog catalog({model_of("iris", {failed(1)})});
  EXPECT_EQ(catalog.find({.name = "iris"}).value().version->state, VersionState::failed);
  const auto refused = catalog.select({.name = "iris"});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::unavailable);
  EXPECT_EQ(refused.error().message, "model 'iris' version 1 is failed: broken file");
}

}  // namespace
}  // namespace ml_inference
