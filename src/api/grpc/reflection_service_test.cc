// SPDX-License-Identifier: MIT
#include "api/grpc/descriptor_names.pb.h"
#include "api/grpc/reflection.pb.h"
#include "api/testing/grpc_caller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ml_inference {
namespace {

using grpc::reflection::v1::ServerReflectionRequest;
using grpc::reflection::v1::ServerReflectionResponse;
using ::testing::ElementsAre;
using testing::GrpcCaller;

class ReflectionTest : public ::testing::TestWithParam<const char*> {
 protected:
  ServerReflectionResponse ask(const ServerReflectionRequest& request) {
    return caller.call<ServerReflectionResponse>(GetParam(), request);
  }

  // The name of the file that the answer holds, or its error.
  static std::string file_name(const ServerReflectionResponse& answer) {
    if (answer.has_error_response()) {
      return std::to_string(answer.error_response().error_code()) + " " +
             answer.error_response().error_message();
    }
    descriptor_names::File file;
    EXPECT_TRUE(file.ParseFromString(answer.file_descriptor_response().file_descriptor_proto(0)));
    return file.name();
  }

  GrpcCaller caller;
};

TEST_P(ReflectionTest, ListsTheServices) {
  ServerReflectionRequest request;
  request.set_host("here");
  request.set_list_services("*");
  const ServerReflectionResponse answer = ask(request);
  EXPECT_EQ(answer.valid_host(), "here");
  EXPECT_EQ(answer.original_request().list_services(), "*");
  std::vector<std::string> names;
  for (const auto& service : answer.list_services_response().service()) {
    names.push_back(service.name());
  }
  EXPECT_THAT(
      names,
      ElementsAre("inference.GRPCInferenceService", "grpc.health.v1.Health",
                  "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
                  "tensorflow.serving.PredictionService", "tensorflow.serving.ModelService"));
}

TEST_P(ReflectionTest, FindsFilesBySymbols) {
  ServerReflectionRequest request;
  for (const auto& [symbol, file] :
       {std::pair{"inference.GRPCInferenceService", "api/grpc/oip.proto"},
        {"inference.GRPCInferenceService.ModelInfer", "api/grpc/oip.proto"},
        {"inference.ModelInferRequest.InferInputTensor", "api/grpc/oip.proto"},
        {"inference.DataType", "api/grpc/oip.proto"},
        {"grpc.health.v1.HealthCheckResponse.ServingStatus", "api/grpc/health.proto"},
        {"tensorflow.TensorProto", "api/grpc/tensorflow.proto"},
        {"google.protobuf.Any", "google/protobuf/any.proto"},
        {"nothing", "5 there is no symbol 'nothing'"}}) {
    request.set_file_containing_symbol(symbol);
    EXPECT_EQ(file_name(ask(request)), file);
  }
}

TEST_P(ReflectionTest, FindsFilesByName) {
  ServerReflectionRequest request;
  for (const char* name : {"api/grpc/tensorflow_serving.proto", "google/protobuf/wrappers.proto"}) {
    request.set_file_by_filename(name);
    EXPECT_EQ(file_name(ask(request)), name);
  }
  request.set_file_by_filename("x.proto");
  EXPECT_EQ(file_name(ask(request)), "5 there is no file 'x.proto'");
}

TEST_P(ReflectionTest, HasNoExtensions) {
  ServerReflectionRequest request;
  request.set_all_extension_numbers_of_type("inference.ModelInferRequest");
  EXPECT_EQ(ask(request).all_extension_numbers_response().base_type_name(),
            "inference.ModelInferRequest");
  request.set_all_extension_numbers_of_type("nothing");
  EXPECT_EQ(file_name(ask(request)), "5 there is no type 'nothing'");
  request.mutable_file_containing_extension()->set_extension_number(1);
  EXPECT_EQ(file_name(ask(request)), "5 there are no extensions");
  EXPECT_EQ(file_name(ask({})), "3 the request asks for nothing that is known");
}

INSTANTIATE_TEST_SUITE_P(
    Versions, ReflectionTest,
    ::testing::Values("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"));

}  // namespace
}  // namespace ml_inference
