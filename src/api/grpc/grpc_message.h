// SPDX-License-Identifier: MIT
// Messages of generated classes as the bodies of calls.
#pragma once

#include "api/http.h"
#include "api/prediction.h"

#include <google/protobuf/message_lite.h>
#include <google/protobuf/stubs/logging.h>

#include <limits>
#include <string_view>

namespace ml_inference {

/// The call went well; its message is response.body.
inline void end_well(HttpResponse& response) {
  response.grpc_status = 0;
  response.content_type = "application/grpc";
}

/// Answers with the message.
inline void write_message(const google::protobuf::MessageLite& message, HttpResponse& response) {
  message.AppendToString(&response.body);
  end_well(response);
}

/// Reads a message of few fields. Where it is broken, says so to the client alone (the library
/// would write to stderr, too) and returns false.
[[nodiscard]] inline bool read_message(std::string_view body,
                                       google::protobuf::MessageLite& message,
                                       HttpResponse& response) {
  const google::protobuf::LogSilencer silencer;
  const bool fits = body.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max());
  if (fits && message.ParseFromArray(body.data(), static_cast<int>(body.size()))) return true;
  write_error(Dialect::grpc, 400, "the message is no " + message.GetTypeName(), response);
  return false;
}

}  // namespace ml_inference
