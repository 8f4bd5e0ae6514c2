// SPDX-License-Identifier: MIT
#include "api/testing/grpc_caller.h"

#include "api/testing/stumps.h"
#include "base/assert.h"

#include <fmt/format.h>

#include <utility>

namespace ml_inference::testing {

GrpcCaller::GrpcCaller(std::shared_ptr<const ServedModel> model) {
  if (model == nullptr) model = make_stumps(iris_schema());
  asking_.readiness.publish("iris", std::move(model));
}

HttpResponse GrpcCaller::ask(std::string_view method, std::string_view message,
                             std::string_view content_type) {
  return asking_.ask(
      {.method = "POST", .target = method, .content_type = content_type, .body = message});
}

std::string GrpcCaller::fail_bytes(std::string_view method, std::string_view message) {
  const HttpResponse response = ask(method, message);
  return fmt::format("{} {}", response.grpc_status.value_or(-1), response.grpc_message);
}

void GrpcCaller::read_well(const HttpResponse& response, google::protobuf::MessageLite& answer) {
  if (response.grpc_status != 0) return;
  ASSERT(answer.ParseFromString(response.body));
}

}  // namespace ml_inference::testing
