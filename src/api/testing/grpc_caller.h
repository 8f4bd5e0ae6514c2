// SPDX-License-Identifier: MIT
// Calls of gRPC to endpoints without a server.
#pragma once

#include "api/testing/asking.h"

#include <google/protobuf/message_lite.h>

#include <memory>
#include <string>
#include <string_view>

namespace ml_inference::testing {

/// Endpoints with a model named "iris" (testing/stumps.h), and everything real around them.
class GrpcCaller {
 public:
  /// model  null: iris_schema()'s stumps.
  explicit GrpcCaller(std::shared_ptr<const ServedModel> model = nullptr);

  /// The answer to a message; work that is left to a worker is done.
  [[nodiscard]] HttpResponse ask(std::string_view method, std::string_view message,
                                 std::string_view content_type = "application/grpc");

  /// The answer's message, or an empty one where the call fails.
  template <class Answer>
  Answer call_bytes(std::string_view method, std::string_view message) {
    Answer answer;
    read_well(ask(method, message), answer);
    return answer;
  }
  template <class Answer>
  Answer call(std::string_view method, const google::protobuf::MessageLite& message) {
    return call_bytes<Answer>(method, message.SerializeAsString());
  }
  template <class Answer>
  Answer call(std::string_view method) {
    return call_bytes<Answer>(method, "");
  }

  /// The status and the message of a call that fails: "3 id is no text".
  [[nodiscard]] std::string fail_bytes(std::string_view method, std::string_view message);
  [[nodiscard]] std::string fail(std::string_view method,
                                 const google::protobuf::MessageLite& message) {
    return fail_bytes(method, message.SerializeAsString());
  }

  [[nodiscard]] Endpoints& endpoints() { return asking_.endpoints(); }
  [[nodiscard]] Readiness& readiness() { return asking_.readiness; }

 private:
  static void read_well(const HttpResponse& response, google::protobuf::MessageLite& answer);

  Asking asking_;
};

}  // namespace ml_inference::testing
