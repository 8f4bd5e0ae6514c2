// SPDX-License-Identifier: MIT
// Any bytes as the message of TensorFlow Serving's calls: an answer that the protocol's own classes
// read, or a status. What Predict answers is the same for the bytes that the library makes of the
// message.
#include "api/grpc/tensorflow_serving.pb.h"
#include "api/testing/grpc_caller.h"
#include "api/testing/stumps.h"
#include "base/assert.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace ml_inference;

const std::string kService = "/tensorflow.serving.PredictionService/";

template <class Answer>
HttpResponse check(testing::GrpcCaller& caller, std::string_view method, std::string_view message) {
  HttpResponse response = caller.ask(method, message);
  ASSERT(response.grpc_status.has_value());
  if (*response.grpc_status != 0) {
    ASSERT(response.body.empty() && !response.grpc_message.empty());
    return response;
  }
  Answer answer;
  ASSERT(answer.ParseFromString(response.body));
  return response;
}

Schema numbers_schema() {
  Schema schema = testing::iris_schema();
  schema.targets = {{.task = Task::regression}};
  return schema;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tensorflow::serving;
  static testing::GrpcCaller classes;
  static testing::GrpcCaller numbers(testing::make_stumps(numbers_schema()));
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  const HttpResponse response = check<PredictResponse>(classes, kService + "Predict", message);
  tensorflow::serving::PredictRequest request;
  if (response.grpc_status == 0 && request.ParseFromString(std::string(message))) {
    PredictResponse one;
    PredictResponse other;
    ASSERT(one.ParseFromString(response.body));
    const HttpResponse same = classes.ask(kService + "Predict", request.SerializeAsString());
    // The library may drop an input that stands twice, so that fewer elements may be filled.
    if (same.grpc_status == 0) {
      ASSERT(other.ParseFromString(same.body));
      ASSERT(one.outputs_size() == other.outputs_size());
    }
  }
  check<ClassificationResponse>(classes, kService + "Classify", message);
  check<RegressionResponse>(numbers, kService + "Regress", message);
  check<GetModelMetadataResponse>(classes, kService + "GetModelMetadata", message);
  check<GetModelStatusResponse>(classes, "/tensorflow.serving.ModelService/GetModelStatus",
                                message);
  return 0;
}
