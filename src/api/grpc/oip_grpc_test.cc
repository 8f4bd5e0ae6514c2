// SPDX-License-Identifier: MIT
// Calls of inference.GRPCInferenceService, through the endpoints.
#include "api/grpc/oip.pb.h"
#include "api/testing/grpc_caller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace ml_inference {
namespace {

using ::testing::ElementsAre;
using testing::GrpcCaller;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::string_view kInfer = "/inference.GRPCInferenceService/ModelInfer";
constexpr std::string_view kStream = "/inference.GRPCInferenceService/ModelStreamInfer";

constexpr std::array<float, 8> kTwoRows{5.1F, 3.5F, 1.4F, 0.2F, 6, 3, 5, 2};

template <class Value, std::size_t kSize>
std::string bytes_of(const std::array<Value, kSize>& values) {
  return {reinterpret_cast<const char*>(values.data()), sizeof(values)};
}

std::vector<double> doubles_of(const std::string& bytes) {
  std::vector<double> numbers(bytes.size() / sizeof(double));
  std::memcpy(numbers.data(), bytes.data(), bytes.size());
  return numbers;
}

inference::ModelInferRequest two_rows(const std::string& type = "FP32") {
  inference::ModelInferRequest request;
  request.set_model_name("iris");
  request.set_id("call-7");
  auto& input = *request.add_inputs();
  input.set_name("input");
  input.set_datatype(type);
  input.add_shape(2);
  input.add_shape(4);
  return request;
}

inference::ModelInferRequest two_raw_rows() {
  inference::ModelInferRequest request = two_rows();
  request.add_raw_input_contents(bytes_of(kTwoRows));
  return request;
}

inference::ModelInferRequest two_typed_rows() {
  inference::ModelInferRequest request = two_rows();
  for (const float value : kTwoRows) {
    request.mutable_inputs(0)->mutable_contents()->add_fp32_contents(value);
  }
  return request;
}

class OipGrpcTest : public ::testing::Test {
 protected:
  inference::ModelInferResponse infer(const inference::ModelInferRequest& request) {
    return caller.call<inference::ModelInferResponse>(kInfer, request);
  }

  GrpcCaller caller;
};

TEST_F(OipGrpcTest, AnswersRawRowsByRawOutputs) {
  const inference::ModelInferResponse answer = infer(two_raw_rows());
  EXPECT_EQ(answer.model_name(), "iris");
  EXPECT_EQ(answer.model_version(), "1");
  EXPECT_EQ(answer.id(), "call-7");
  ASSERT_THAT(answer.outputs(), SizeIs(2));
  EXPECT_EQ(answer.outputs(0).name(), "predict");
  EXPECT_EQ(answer.outputs(0).datatype(), "BYTES");
  EXPECT_THAT(answer.outputs(0).shape(), ElementsAre(2));
  EXPECT_EQ(answer.outputs(1).datatype(), "FP64");
  EXPECT_THAT(answer.outputs(1).shape(), ElementsAre(2, 3));
  ASSERT_THAT(answer.raw_output_contents(), SizeIs(2));
  EXPECT_EQ(answer.raw_output_contents(0), std::string("\x06\0\0\0setosa\x0a\0\0\0versicolor", 24));
  EXPECT_THAT(doubles_of(answer.raw_output_contents(1)), ElementsAre(1, 0, 0, 0, 0.5, 0.5));
}

TEST_F(OipGrpcTest, AnswersTypedRowsByTypedOutputs) {
  const inference::ModelInferResponse answer = infer(two_typed_rows());
  EXPECT_THAT(answer.raw_output_contents(), IsEmpty());
  ASSERT_THAT(answer.outputs(), SizeIs(2));
  EXPECT_THAT(answer.outputs(0).contents().bytes_contents(), ElementsAre("setosa", "versicolor"));
  EXPECT_THAT(answer.outputs(1).contents().fp64_contents(), ElementsAre(1, 0, 0, 0, 0.5, 0.5));
}

TEST_F(OipGrpcTest, ReadsEveryTypeOfContents) {
  const auto check = [this](const std::string& type, auto add) {
    inference::ModelInferRequest request = two_rows(type);
    for (const int value : {5, 3, 1, 0, 6, 3, 5, 2}) {
      add(*request.mutable_inputs(0)->mutable_contents(), value);
    }
    const inference::ModelInferResponse answer = infer(request);
    ASSERT_THAT(answer.outputs(), SizeIs(2)) << type;
    EXPECT_THAT(answer.outputs(0).contents().bytes_contents(), ElementsAre("setosa", "versicolor"));
  };
  for (const char* type : {"INT8", "INT16", "INT32"}) {
    check(type, [](auto& contents, int value) { contents.add_int_contents(value); });
  }
  for (const char* type : {"UINT8", "UINT16", "UINT32"}) {
    check(type, [](auto& contents, int value) {
      contents.add_uint_contents(static_cast<std::uint32_t>(value));
    });
  }
  check("INT64", [](auto& contents, int value) { contents.add_int64_contents(value); });
  check("UINT64", [](auto& contents, int value) {
    contents.add_uint64_contents(static_cast<std::uint64_t>(value));
  });
  check("FP32",
        [](auto& contents, int value) { contents.add_fp32_contents(static_cast<float>(value)); });
  check("FP64", [](auto& contents, int value) { contents.add_fp64_contents(value); });
}

// Protocol buffers let a message stand in several parts, and numbers stand alone.
TEST_F(OipGrpcTest, ReadsContentsThatStandInParts) {
  std::string message = two_rows().SerializeAsString();
  inference::ModelInferRequest::InferInputTensor first;
  first.set_name("input");
  first.set_datatype("FP32");
  first.add_shape(1);
  first.add_shape(4);
  std::string input = first.SerializeAsString();
  inference::ModelInferRequest::InferInputTensor part;
  part.mutable_contents()->add_fp32_contents(5.1F);
  part.mutable_contents()->add_fp32_contents(3.5F);
  input += part.SerializeAsString();
  part.mutable_contents()->clear_fp32_contents();
  part.mutable_contents()->add_fp32_contents(1.4F);
  input += part.SerializeAsString();
  const std::string alone("\x35\xcd\xcc\x4c\x3e", 5);  // 0.2 as field 6, unpacked
  input += std::string("\x2a\x05", 2) + alone;
  message = std::string("\x2a", 1) + static_cast<char>(input.size()) + input;
  const auto answer = caller.call_bytes<inference::ModelInferResponse>(kInfer, message);
  ASSERT_THAT(answer.outputs(), SizeIs(2));
  EXPECT_THAT(answer.outputs(0).contents().bytes_contents(), ElementsAre("setosa"));
}

TEST_F(OipGrpcTest, GivesTheOutputsThatAreWanted) {
  inference::ModelInferRequest request = two_raw_rows();
  request.add_outputs()->set_name("predict_proba");
  const inference::ModelInferResponse answer = infer(request);
  ASSERT_THAT(answer.outputs(), SizeIs(1));
  EXPECT_EQ(answer.outputs(0).name(), "predict_proba");
  ASSERT_THAT(answer.raw_output_contents(), SizeIs(1));
  request.add_outputs()->set_name("predict_proba");
  EXPECT_EQ(caller.fail(kInfer, request), "3 output 'predict_proba' stands twice");
  request.mutable_outputs(1)->set_name("nothing");
  EXPECT_EQ(caller.fail(kInfer, request),
            "3 output 'nothing' is unknown, expected predict, predict_proba");
}

TEST_F(OipGrpcTest, ClassifiesWhereThatIsWanted) {
  inference::ModelInferRequest request = two_raw_rows();
  auto& wanted = *request.add_outputs();
  wanted.set_name("predict_proba");
  (*wanted.mutable_parameters())["classification"].set_int64_param(1);
  const inference::ModelInferResponse answer = infer(request);
  ASSERT_THAT(answer.outputs(), SizeIs(1));
  EXPECT_EQ(answer.outputs(0).datatype(), "BYTES");
  EXPECT_THAT(answer.outputs(0).shape(), ElementsAre(2, 1));
  EXPECT_THAT(answer.raw_output_contents(0), HasSubstr("1.000000:0:setosa"));
  (*wanted.mutable_parameters())["classification"].set_int64_param(-1);
  EXPECT_EQ(caller.fail(kInfer, request), "3 classification is no whole number from 0");
  (*wanted.mutable_parameters())["classification"].set_string_param("1");
  EXPECT_EQ(caller.fail(kInfer, request), "3 classification is no whole number from 0");
}

TEST_F(OipGrpcTest, FindsTheModelByTheMessage) {
  inference::ModelInferRequest request = two_raw_rows();
  request.set_model_version("1");
  EXPECT_EQ(infer(request).model_version(), "1");
  request.set_model_version("2");
  EXPECT_EQ(caller.fail(kInfer, request), "5 model 'iris' has no version 2");
  request.set_model_version("x");
  EXPECT_EQ(caller.fail(kInfer, request), "3 version 'x' is no whole number above 0");
  request.clear_model_version();
  request.set_model_name("wine");
  EXPECT_EQ(caller.fail(kInfer, request), "5 there is no model 'wine'");
  request.clear_model_name();
  EXPECT_EQ(infer(request).model_name(), "iris") << "it is the only one";
}

TEST_F(OipGrpcTest, SaysWhatIsWrongWithInputs) {
  inference::ModelInferRequest request = two_raw_rows();
  request.add_raw_input_contents("");
  EXPECT_EQ(caller.fail(kInfer, request),
            "3 there are 2 raw_input_contents, expected one for each of 1 inputs");
  request = two_typed_rows();
  request.add_raw_input_contents("");
  EXPECT_EQ(caller.fail(kInfer, request), "3 input 'input' has contents beside raw_input_contents");
  request = two_typed_rows();
  request.mutable_inputs(0)->mutable_contents()->add_fp64_contents(1);
  EXPECT_EQ(caller.fail(kInfer, request),
            "3 input 'input' is of type FP32, whose values are "
            "expected in fp32_contents alone");
  request = two_typed_rows();
  request.mutable_inputs(0)->mutable_contents()->add_fp32_contents(1);
  EXPECT_EQ(caller.fail(kInfer, request),
            "3 input 'input' has 9 elements, expected 8 by its shape [2, 4]");
  request = two_rows("FP16");
  EXPECT_EQ(caller.fail(kInfer, request),
            "3 input 'input' is of type FP16, which raw_input_contents alone hold");
  request = two_rows("INT8");
  for (int value = 0; value < 8; ++value) {
    request.mutable_inputs(0)->mutable_contents()->add_int_contents(128);
  }
  EXPECT_EQ(caller.fail(kInfer, request),
            "3 input 'input' is of type INT8, which not all of its int_contents are");
  request = two_rows("INT7");
  EXPECT_THAT(caller.fail(kInfer, request),
              HasSubstr("3 input 'input' has the datatype 'INT7', expected BOOL"));
  request = two_raw_rows();
  (*request.mutable_inputs(0)->mutable_parameters())["shared_memory_region"].set_string_param("x");
  EXPECT_EQ(caller.fail(kInfer, request), "12 this server reads no tensors from shared memory");
  for (int count = 0; count < 5; ++count) *request.add_inputs() = request.inputs(0);
  request.mutable_inputs(0)->clear_parameters();
  EXPECT_THAT(caller.fail(kInfer, request), HasSubstr("shared memory"));
}

TEST_F(OipGrpcTest, TakesNoMoreInputsThanTheModelHasFeatures) {
  inference::ModelInferRequest request = two_rows();
  for (int count = 0; count < 4; ++count) *request.add_inputs() = request.inputs(0);
  EXPECT_EQ(caller.fail(kInfer, request), "3 there are more inputs than the model's 4 features");
}

TEST_F(OipGrpcTest, SaysWhichValueTheModelRefuses) {
  inference::ModelInferRequest request = two_typed_rows();
  request.mutable_inputs(0)->mutable_contents()->set_fp32_contents(
      6, std::numeric_limits<float>::infinity());
  EXPECT_THAT(caller.fail(kInfer, request), HasSubstr("3 inputs.input.1.petal length: "));
}

TEST_F(OipGrpcTest, RefusesBrokenMessages) {
  const std::string whole = two_typed_rows().SerializeAsString();
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const HttpResponse response = caller.ask(kInfer, std::string_view(whole).substr(0, size));
    EXPECT_TRUE(response.grpc_status.has_value());
    EXPECT_NE(response.grpc_status, 0) << "cut at " << size;
    EXPECT_THAT(response.body, IsEmpty());
  }
  EXPECT_EQ(caller.fail_bytes(kInfer, "\xff"), "3 the message is no inference.ModelInferRequest");
  EXPECT_EQ(caller.fail_bytes(kInfer, std::string_view("\0", 1)),
            "3 the message is no inference.ModelInferRequest");
}

TEST_F(OipGrpcTest, RefusesAnIdThatIsNoText) {
  std::string message = two_raw_rows().SerializeAsString();
  message += "\x1a\x01\xff";
  EXPECT_EQ(caller.fail_bytes(kInfer, message), "3 id is no text");
}

TEST_F(OipGrpcTest, TakesOnlyCallsOfGrpc) {
  const std::string message = two_raw_rows().SerializeAsString();
  EXPECT_EQ(caller.ask(kInfer, message, "application/grpc+proto").grpc_status, 0);
  EXPECT_EQ(caller.ask(kInfer, message, "application/json").status, 415);
  EXPECT_EQ(caller.ask("/grpc.health.v1.Health/Check", "", "application/json").status, 415);
}

TEST_F(OipGrpcTest, AnswersAStreamAndGoesOnAfterAnError) {
  const auto good = caller.call<inference::ModelStreamInferResponse>(kStream, two_raw_rows());
  EXPECT_THAT(good.error_message(), IsEmpty());
  EXPECT_EQ(good.infer_response().id(), "call-7");
  EXPECT_TRUE(good.infer_response().parameters().at("triton_final_response").bool_param());
  ASSERT_THAT(good.infer_response().raw_output_contents(), SizeIs(2));
  inference::ModelInferRequest request = two_raw_rows();
  request.set_model_name("wine");
  const auto bad = caller.call<inference::ModelStreamInferResponse>(kStream, request);
  EXPECT_EQ(bad.error_message(), "there is no model 'wine'");
  EXPECT_FALSE(bad.has_infer_response());
  request.set_model_name("iris");
  request.mutable_inputs(0)->set_shape(1, 5);
  const auto wrong = caller.call<inference::ModelStreamInferResponse>(kStream, request);
  EXPECT_THAT(wrong.error_message(), HasSubstr("input 'input' has 32 bytes"));
  const auto broken = caller.call_bytes<inference::ModelStreamInferResponse>(kStream, "\xff");
  EXPECT_EQ(broken.error_message(), "the message is no inference.ModelInferRequest");
}

TEST_F(OipGrpcTest, EndsAStreamWhoseMessageTheServerRefuses) {
  HttpResponse response;
  caller.endpoints().refuse(
      {.method = "POST", .target = kStream, .content_type = "application/grpc"}, 413, "too large",
      response);
  EXPECT_EQ(response.grpc_status, 8);
  EXPECT_EQ(response.grpc_message, "too large");
}

TEST_F(OipGrpcTest, TellsWhatServes) {
  const std::string service = "/inference.GRPCInferenceService/";
  EXPECT_TRUE(caller.call<inference::ServerLiveResponse>(service + "ServerLive").live());
  EXPECT_TRUE(caller.call<inference::ServerReadyResponse>(service + "ServerReady").ready());
  const auto server = caller.call<inference::ServerMetadataResponse>(service + "ServerMetadata");
  EXPECT_EQ(server.name(), "ml-inference");
  EXPECT_EQ(server.version(), "1.2.3");
  EXPECT_THAT(server.extensions(), ::testing::Contains("classification"));
  caller.readiness().start_draining();
  EXPECT_FALSE(caller.call<inference::ServerReadyResponse>(service + "ServerReady").ready());
}

TEST_F(OipGrpcTest, DescribesAModel) {
  const std::string service = "/inference.GRPCInferenceService/";
  inference::ModelMetadataRequest request;
  request.set_name("iris");
  const auto model =
      caller.call<inference::ModelMetadataResponse>(service + "ModelMetadata", request);
  EXPECT_EQ(model.name(), "iris");
  EXPECT_THAT(model.versions(), ElementsAre("1"));
  EXPECT_EQ(model.platform(), "ml-inference_test");
  ASSERT_THAT(model.inputs(), SizeIs(1));
  EXPECT_THAT(model.inputs(0).shape(), ElementsAre(-1, 4));
  ASSERT_THAT(model.outputs(), SizeIs(2));
  EXPECT_EQ(model.outputs(0).name(), "predict");
  EXPECT_THAT(model.outputs(0).shape(), ElementsAre(-1));
  const auto config =
      caller.call<inference::ModelConfigResponse>(service + "ModelConfig", request).config();
  EXPECT_EQ(config.backend(), "ml-inference");
  ASSERT_THAT(config.output(), SizeIs(2));
  EXPECT_EQ(config.output(0).data_type(), inference::TYPE_STRING);
  EXPECT_THAT(config.output(1).dims(), ElementsAre(3));
  EXPECT_TRUE(caller.call<inference::ModelReadyResponse>(service + "ModelReady", request).ready());
  request.set_name("wine");
  EXPECT_EQ(caller.fail(service + "ModelMetadata", request), "5 there is no model 'wine'");
  EXPECT_FALSE(caller.call<inference::ModelReadyResponse>(service + "ModelReady", request).ready());
}

TEST_F(OipGrpcTest, CountsWhatWasAsked) {
  static_cast<void>(infer(two_raw_rows()));
  const std::string service = "/inference.GRPCInferenceService/";
  const auto statistics =
      caller.call<inference::ModelStatisticsResponse>(service + "ModelStatistics");
  ASSERT_THAT(statistics.model_stats(), SizeIs(1));
  EXPECT_EQ(statistics.model_stats(0).inference_count(), 2U);
  EXPECT_EQ(statistics.model_stats(0).execution_count(), 1U);
  EXPECT_EQ(statistics.model_stats(0).inference_stats().success().count(), 1U);
  ASSERT_THAT(statistics.model_stats(0).batch_stats(), SizeIs(1));
  EXPECT_EQ(statistics.model_stats(0).batch_stats(0).batch_size(), 2U);
  inference::ModelStatisticsRequest request;
  request.set_name("wine");
  EXPECT_EQ(caller.fail(service + "ModelStatistics", request), "5 there is no model 'wine'");
  const auto index = caller.call<inference::RepositoryIndexResponse>(service + "RepositoryIndex");
  ASSERT_THAT(index.models(), SizeIs(1));
  EXPECT_EQ(index.models(0).state(), "READY");
}

TEST_F(OipGrpcTest, KnowsNoOtherMethods) {
  EXPECT_EQ(caller.fail_bytes("/inference.GRPCInferenceService/TraceSetting", ""),
            "12 there is no such service or method");
  EXPECT_EQ(caller.fail_bytes("/nothing", ""), "12 there is no such service or method");
  EXPECT_EQ(caller.fail_bytes("/inference.GRPCInferenceService/RepositoryModelLoad", ""),
            "12 there is no model repository (--model-repository): no model comes or goes");
}

TEST_F(OipGrpcTest, AnswersStreamsMessageByMessage) {
  using Exchange = HttpHandler::Exchange;
  EXPECT_EQ(caller.endpoints().exchange(kInfer), Exchange::whole);
  EXPECT_EQ(caller.endpoints().exchange(kStream), Exchange::messages);
  EXPECT_EQ(caller.endpoints().exchange("/grpc.health.v1.Health/Watch"), Exchange::watch);
  EXPECT_EQ(caller.endpoints().exchange("/grpc.health.v1.Health/Check"), Exchange::whole);
  for (const char* version : {"v1", "v1alpha"}) {
    EXPECT_EQ(caller.endpoints().exchange(std::string("/grpc.reflection.") + version +
                                          ".ServerReflection/ServerReflectionInfo"),
              Exchange::messages);
  }
  EXPECT_EQ(caller.endpoints().exchange("/predict"), Exchange::whole);
}

}  // namespace
}  // namespace ml_inference
