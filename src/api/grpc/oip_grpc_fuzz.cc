// SPDX-License-Identifier: MIT
// Any bytes as the message of ModelInfer and of the calls that tell of models: an answer that the
// protocol's own classes read, or a status. What is answered is the same for the bytes that the
// library makes of the message.
#include "api/grpc/oip.pb.h"
#include "api/testing/grpc_caller.h"
#include "base/assert.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace ml_inference;

const std::string kService = "/inference.GRPCInferenceService/";

template <class Answer>
void check_answer(const HttpResponse& response) {
  ASSERT(response.grpc_status.has_value());
  if (*response.grpc_status != 0) {
    ASSERT(response.body.empty() && !response.grpc_message.empty());
    return;
  }
  Answer answer;
  ASSERT(answer.ParseFromString(response.body));
}

void check_infer(testing::GrpcCaller& caller, std::string_view message) {
  const HttpResponse response = caller.ask(kService + "ModelInfer", message);
  check_answer<inference::ModelInferResponse>(response);
  inference::ModelInferRequest request;
  if (*response.grpc_status != 0 || !request.ParseFromString(std::string(message))) return;
  const HttpResponse same = caller.ask(kService + "ModelInfer", request.SerializeAsString());
  ASSERT(same.grpc_status == 0 && same.body == response.body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static testing::GrpcCaller caller;
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  check_infer(caller, message);
  check_answer<inference::ModelStreamInferResponse>(
      caller.ask(kService + "ModelStreamInfer", message));
  check_answer<inference::ModelMetadataResponse>(caller.ask(kService + "ModelMetadata", message));
  check_answer<inference::ModelStatisticsResponse>(
      caller.ask(kService + "ModelStatistics", message));
  return 0;
}
