// SPDX-License-Identifier: MIT
#include "app/served_repository.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ml_inference {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST(RepositorySettings, AreWarnedOfWhereTheyDoNothing) {
  EXPECT_THAT(settings_without_effect({}), IsEmpty());
  const RepositorySettings poll{.root = "models", .load_models = "a", .allows_upload = true};
  EXPECT_THAT(settings_without_effect(poll),
              ElementsAre(StartsWith("--load-model has no effect, expected --model-repository and "
                                     "--model-control-mode explicit"),
                          StartsWith("--allow-upload ")));
  const RepositorySettings none{.control_mode = "explicit", .default_model = "a"};
  EXPECT_THAT(settings_without_effect(none),
              ElementsAre(StartsWith("--model-control-mode "), StartsWith("--default-model ")));
  const RepositorySettings all{.root = "models",
                               .control_mode = "explicit",
                               .default_model = "a",
                               .load_models = "a",
                               .optional_models = "a",
                               .allows_upload = true};
  EXPECT_THAT(settings_without_effect(all), IsEmpty());
}

}  // namespace
}  // namespace ml_inference
