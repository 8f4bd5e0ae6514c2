// SPDX-License-Identifier: MIT
#include "api/spoken_model.h"

#include "api/testing/stumps.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

TEST(SpokenModels, MakesEachOnceAsLongAsSomebodySpeaksWithIt) {
  SpokenModels models;
  CatalogModel model;
  model.name = "iris";
  const ModelVersion version{.number = 3, .model = testing::make_stumps(testing::iris_schema())};
  const auto first = models.of(model, version);
  EXPECT_EQ(first->name, "iris");
  EXPECT_EQ(first->version_text, "3");
  EXPECT_EQ(models.of(model, version), first);
  const ModelVersion other{.number = 4, .model = testing::make_stumps(testing::iris_schema())};
  EXPECT_NE(models.of(model, other), first);
}

TEST(SpokenModels, FollowsTheConfigurationOfAModelThatStays) {
  SpokenModels models;
  CatalogModel model;
  model.name = "iris";
  const ModelVersion version{.model = testing::make_stumps(testing::iris_schema())};
  const auto before = models.of(model, version);
  model.tensor_names.output = "o1";
  const auto named = models.of(model, version);
  EXPECT_NE(named->tensors.find_output("o1"), nullptr);
  EXPECT_EQ(models.of(model, version), named);
  model.work_limits.queue_size_max = 7;
  EXPECT_EQ(models.of(model, version)->work->limits().queue_size_max, 7U);
  EXPECT_EQ(before->tensors.find_output("o1"), nullptr) << "who has it goes on with it";
}

TEST(SpokenModels, KeepsNoModelByItself) {
  SpokenModels models;
  std::weak_ptr<const ServedModel> gone;
  {
    const ModelVersion version{.model = testing::make_stumps(testing::iris_schema())};
    gone = version.model;
    static_cast<void>(models.of({.name = "iris"}, version));
  }
  EXPECT_TRUE(gone.expired());
}

}  // namespace
}  // namespace ml_inference
