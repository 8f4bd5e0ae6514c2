// SPDX-License-Identifier: MIT
#include "app/cloud_environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ml_inference {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Variables = std::map<std::string, std::string, std::less<>>;

CloudEnvironment read(const Variables& variables, bool has_model = false) {
  return read_cloud_environment(
      variables, [has_model](const std::string& folder) -> std::optional<std::string> {
        if (!has_model || folder != "/opt/ml/model") return std::nullopt;
        return folder + "/iris.onnx";
      });
}

TEST(CloudEnvironment, ChangesNothingElsewhere) {
  const CloudEnvironment found = read({{"PATH", "/bin"}, {"PORT", "9"}});
  EXPECT_EQ(found.port, std::nullopt);
  EXPECT_EQ(found.model_path, "");
  EXPECT_THAT(found.aliases, IsEmpty());
  EXPECT_FALSE(found.predict_probabilities);
  EXPECT_THAT(found.warnings, IsEmpty());
}

TEST(CloudEnvironment, TakesVertexAisPortAndRoutes) {
  const CloudEnvironment found = read({{"AIP_HTTP_PORT", "8081"},
                                       {"AIP_HEALTH_ROUTE", "/health/x"},
                                       {"AIP_PREDICT_ROUTE", "/ask"}});
  EXPECT_EQ(found.port, 8081);
  ASSERT_EQ(found.aliases.size(), 2U);
  EXPECT_EQ(found.aliases[0].path, "/health/x");
  EXPECT_EQ(found.aliases[0].operation, Operation::ready);
  EXPECT_EQ(found.aliases[0].dialect, Dialect::v1);
  EXPECT_EQ(found.aliases[1].path, "/ask");
  EXPECT_EQ(found.aliases[1].operation, Operation::predict);
}

TEST(CloudEnvironment, MakesVertexAisDefaultRoutes) {
  const CloudEnvironment found = read(
      {{"AIP_MODE", "PREDICTION"}, {"AIP_ENDPOINT_ID", "12"}, {"AIP_DEPLOYED_MODEL_ID", "34"}});
  ASSERT_EQ(found.aliases.size(), 2U);
  EXPECT_EQ(found.aliases[0].path, "/v1/endpoints/12/deployedModels/34");
  EXPECT_EQ(found.aliases[1].path, "/v1/endpoints/12/deployedModels/34:predict");
  EXPECT_THAT(read({{"AIP_MODE", "PREDICTION"}}).aliases, IsEmpty());
}

TEST(CloudEnvironment, KnowsSageMakerByItsVariablesAndItsFolder) {
  EXPECT_EQ(read({{"SAGEMAKER_REGION", "x"}}).port, 8080);
  EXPECT_EQ(read({{"SAGEMAKER_REGION", "x"}}).model_path, "");
  EXPECT_EQ(read({{"SAGEMAKER_BIND_TO_PORT", "9000"}}).port, 9000);
  const CloudEnvironment found = read({}, true);
  EXPECT_EQ(found.port, 8080);
  EXPECT_EQ(found.model_path, "/opt/ml/model/iris.onnx");
}

TEST(CloudEnvironment, HasNoModelAtStartWhereSageMakerBringsMany) {
  const CloudEnvironment found = read({{"SAGEMAKER_MULTI_MODEL", "true"}}, true);
  EXPECT_EQ(found.model_path, "");
  EXPECT_EQ(found.repository_path, "/opt/ml/models");
  EXPECT_EQ(read({{"SAGEMAKER_MULTI_MODEL", "false"}}, true).repository_path, "");
}

TEST(CloudEnvironment, PrefersProbabilitiesAsKServeDoes) {
  EXPECT_TRUE(read({{"PREDICT_PROBA", "true"}}).predict_probabilities);
  EXPECT_TRUE(read({{"PREDICT_PROBA", "True"}}).predict_probabilities);
  EXPECT_FALSE(read({{"PREDICT_PROBA", "false"}}).predict_probabilities);
}

TEST(CloudEnvironment, WarnsOfValuesThatMakeNoSense) {
  const CloudEnvironment found = read({{"AIP_HTTP_PORT", "80x"},
                                       {"AIP_HEALTH_ROUTE", "health"},
                                       {"AIP_MODE", "TRAINING"},
                                       {"AIP_PREDICT_ROUTE", "/a b"},
                                       {"PREDICT_PROBA", "1"},
                                       {"SAGEMAKER_BIND_TO_PORT", "0"}});
  EXPECT_EQ(found.port, 8080);
  EXPECT_THAT(found.aliases, IsEmpty());
  EXPECT_THAT(
      found.warnings,
      ElementsAre("SAGEMAKER_BIND_TO_PORT is '0', expected a port from 1 to 65535; it is left out",
                  "AIP_HTTP_PORT is '80x', expected a port from 1 to 65535; it is left out",
                  "AIP_MODE is 'TRAINING', expected PREDICTION; it is left out",
                  "AIP_HEALTH_ROUTE is 'health', expected a path such as /health; it is left out",
                  "AIP_PREDICT_ROUTE is '/a b', expected a path such as /health; it is left out",
                  "PREDICT_PROBA is '1', expected true or false; it is left out"));
}

}  // namespace
}  // namespace ml_inference
