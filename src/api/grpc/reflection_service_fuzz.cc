// SPDX-License-Identifier: MIT
// Any bytes as a message of reflection: an answer that its own classes read, or a status.
#include "api/grpc/reflection.pb.h"
#include "api/grpc/reflection_service.h"
#include "base/assert.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

using namespace ml_inference;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  HttpResponse response;
  reflect(std::string_view(reinterpret_cast<const char*>(data), size), response);
  ASSERT(response.grpc_status.has_value());
  grpc::reflection::v1::ServerReflectionResponse answer;
  ASSERT(*response.grpc_status != 0 || answer.ParseFromString(response.body));
  return 0;
}
