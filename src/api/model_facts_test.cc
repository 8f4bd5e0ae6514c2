// SPDX-License-Identifier: MIT
#include "api/model_facts.h"

#include "api/testing/stumps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ml_inference {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ModelFactsTest : public ::testing::Test {
 protected:
  ModelFactsTest() {
    CatalogModel iris{.name = "iris"};
    iris.versions.push_back({.number = 1,
                             .state = VersionState::available,
                             .model = testing::make_stumps(testing::iris_schema())});
    iris.versions.push_back({.number = 2, .state = VersionState::failed, .reason = "is broken"});
    iris.labels["canary"] = 2;
    CatalogModel wine{.name = "wine"};
    wine.versions.push_back({.number = 7, .state = VersionState::loading});
    readiness.publish(ModelCatalog({iris, wine}));
  }

  // "iris 1, wine 7", or the error.
  std::string found(const ModelChoice& choice) {
    const auto versions = find_versions(readiness, choice);
    if (!versions) return versions.error().message;
    std::string text;
    for (const auto& [model, version] : versions->versions) {
      text += (text.empty() ? "" : ", ") + model->name + " " + version_text(*version);
    }
    return text;
  }

  Readiness readiness;
};

TEST_F(ModelFactsTest, CoverWhatAChoiceNames) {
  EXPECT_EQ(found({}), "iris 1, iris 2, wine 7");
  EXPECT_EQ(found({.name = "iris"}), "iris 1, iris 2");
  EXPECT_EQ(found({.name = "iris", .version = "2"}), "iris 2");
  EXPECT_EQ(found({.name = "iris", .label = "canary"}), "iris 2");
  EXPECT_EQ(found({.name = "pear"}), "there is no model 'pear'");
  EXPECT_EQ(found({.name = "iris", .version = "3"}), "model 'iris' has no version 3");
}

TEST_F(ModelFactsTest, SelectOnlyWhatAnswers) {
  EXPECT_EQ(select_model(readiness, {.name = "iris"})->chosen.version->number, 1);
  EXPECT_EQ(find_model(readiness, {.name = "wine"})->chosen.version->number, 7);
  const auto refused = select_model(readiness, {.name = "iris", .version = "2"});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message, "model 'iris' version 2 is failed: is broken");
}

TEST_F(ModelFactsTest, HaveNothingBeforeThereIsACatalog) {
  const Readiness starting;
  EXPECT_THAT(find_versions(starting, {})->versions, IsEmpty());
  EXPECT_EQ(find_versions(starting, {.name = "iris"}).error().code, Code::unavailable);
  EXPECT_EQ(find_model(starting, {}).error().message, "starting");
}

TEST_F(ModelFactsTest, SpeakTritonsWords) {
  const auto iris = find_model(readiness, {.name = "iris"});
  EXPECT_THAT(available_versions(*iris->chosen.model), ElementsAre("1"));
  EXPECT_EQ(platform_name(*iris->chosen.version), "ml-inference_test");
  EXPECT_EQ(repository_state(VersionState::available), "READY");
  EXPECT_EQ(repository_state(VersionState::failed), "UNAVAILABLE");
  EXPECT_EQ(repository_state(VersionState::loading), "LOADING");
}

}  // namespace
}  // namespace ml_inference
