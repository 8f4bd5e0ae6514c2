// SPDX-License-Identifier: MIT
// Against the golden pickles of the wrappers; their answers are compared by tests/golden/run.
#include "formats/wrappers/wrapped_booster.h"

#include "formats/load_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace ml_inference {
namespace {

Model golden(const std::string& name) {
  return load_model_file(std::filesystem::path(ML_INFERENCE_SOURCE_DIR) / "tests/golden/wrappers" /
                         name)
      .value();
}

TEST(WrappedBooster, HasTheWrappersLabels) {
  const Model text = golden("lgb4.7.0_textbin.pkl");
  EXPECT_EQ(text.provenance().format, "lightgbm");
  EXPECT_THAT(text.schema().class_labels(),
              ::testing::ElementsAre(Label("setosa"), Label("versicolor")));
  const Model numbers = golden("xgb3.2.0_int.pkl");
  EXPECT_EQ(numbers.provenance().format, "xgboost");
  EXPECT_EQ(numbers.schema().class_labels().size(), 3U);
}

TEST(WrappedBooster, RefusesAWrapperWithoutABooster) {
  // An XGBClassifier with an empty state: PROTO 4, the class, an empty tuple, NEWOBJ, {}, BUILD.
  const std::string bytes("\x80\x04\x8c\x0fxgboost.sklearn\x8c\x0dXGBClassifier\x93)\x81}b.", 40);
  const Result<Model> model = load_model(bytes, "file");
  ASSERT_FALSE(model.has_value());
  EXPECT_THAT(model.error().message, ::testing::HasSubstr("it has no _Booster"));
}

}  // namespace
}  // namespace ml_inference
