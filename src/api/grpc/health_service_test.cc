// SPDX-License-Identifier: MIT
#include "api/grpc/health.pb.h"
#include "api/testing/grpc_caller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ml_inference {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using testing::GrpcCaller;

HealthCheckRequest of(const std::string& service) {
  HealthCheckRequest request;
  request.set_service(service);
  return request;
}

class HealthTest : public ::testing::Test {
 protected:
  int check(const std::string& service) {
    return caller.call<HealthCheckResponse>("/grpc.health.v1.Health/Check", of(service)).status();
  }
  int watch(const std::string& service) {
    return caller.call<HealthCheckResponse>("/grpc.health.v1.Health/Watch", of(service)).status();
  }

  GrpcCaller caller;
};

TEST_F(HealthTest, ServesUntilItDrains) {
  const std::vector<std::string> names{"",
                                       "readiness",
                                       "iris",
                                       "inference.GRPCInferenceService",
                                       "tensorflow.serving.PredictionService",
                                       "tensorflow.serving.ModelService",
                                       "grpc.health.v1.Health"};
  for (const std::string& name : names) {
    EXPECT_EQ(check(name), HealthCheckResponse::SERVING) << name;
    EXPECT_EQ(watch(name), HealthCheckResponse::SERVING) << name;
  }
  caller.readiness().start_draining();
  for (const std::string& name : names) {
    EXPECT_EQ(check(name), HealthCheckResponse::NOT_SERVING) << name;
    EXPECT_EQ(watch(name), HealthCheckResponse::NOT_SERVING) << name;
  }
  EXPECT_EQ(check("liveness"), HealthCheckResponse::SERVING);
}

TEST_F(HealthTest, KnowsNoOtherNames) {
  EXPECT_EQ(caller.fail("/grpc.health.v1.Health/Check", of("wine")),
            "5 there is no service or model 'wine'");
  EXPECT_EQ(watch("wine"), HealthCheckResponse::SERVICE_UNKNOWN);
  EXPECT_EQ(caller.fail_bytes("/grpc.health.v1.Health/Check", "\xff"),
            "3 the message is no grpc.health.v1.HealthCheckRequest");
}

TEST_F(HealthTest, ListsAllNames) {
  const auto answer =
      caller.call<grpc::health::v1::HealthListResponse>("/grpc.health.v1.Health/List");
  EXPECT_EQ(answer.statuses_size(), 8);
  EXPECT_EQ(answer.statuses().at("iris").status(), HealthCheckResponse::SERVING);
  EXPECT_EQ(answer.statuses().at("").status(), HealthCheckResponse::SERVING);
}

TEST_F(HealthTest, IsAnsweredEvenByAServerThatIsFull) {
  EXPECT_TRUE(
      caller.endpoints().is_vital({.method = "POST", .target = "/grpc.health.v1.Health/Check"}));
}

}  // namespace
}  // namespace ml_inference
