// SPDX-License-Identifier: MIT
#include "api/own_dialect.h"

#include "api/testing/asking.h"
#include "api/testing/stumps.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

TEST(OwnDialect, AnswersByTheModelThatIsNamed) {
  CatalogModel iris;
  iris.name = "iris";
  iris.versions = {{.number = 1, .model = testing::make_stumps(testing::iris_schema())}};
  Schema schema = testing::iris_schema();
  schema.targets[0].class_labels = {"a", "b"};
  CatalogModel other;
  other.name = "other";
  other.versions = {{.number = 1, .model = testing::make_stumps(schema)},
                    {.number = 2, .model = testing::make_stumps(testing::iris_schema())}};
  testing::Asking asking;
  asking.readiness.publish(ModelCatalog({iris, other}));
  constexpr std::string_view kBody = R"({"features":[5.1,3.5,1.4,0.2]})";
  const auto prediction = [&](std::string_view target) {
    const std::string body = asking.post(target, kBody).body;
    return body.substr(0, body.find(','));
  };
  EXPECT_EQ(prediction("/models/iris/predict"), R"({"prediction":"setosa")");
  EXPECT_EQ(prediction("/models/other/predict"), R"({"prediction":"setosa")");
  EXPECT_EQ(prediction("/models/other/versions/1/predict"), R"({"prediction":"a")");
  const HttpResponse unnamed = asking.post("/predict", kBody);
  EXPECT_EQ(unnamed.status, 422);
  EXPECT_EQ(unnamed.body, R"({"detail":"there are 2 models, expected one to be named"})");
  EXPECT_EQ(asking.post("/models/rose/predict", kBody).status, 404);
  EXPECT_EQ(asking.post("/models/iris/versions/one/predict", kBody).status, 422);
}

}  // namespace
}  // namespace ml_inference
