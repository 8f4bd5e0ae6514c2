// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ml_inference {

/// What the fields of one request of HTTP/2 say. Used again: clear() keeps the memory.
struct Http2Header {
  std::string method;
  std::string target;
  std::string accept;
  std::string accept_encoding;
  std::string content_type;
  std::string content_encoding;
  std::string content_length;
  std::string grpc_encoding;
  std::string grpc_timeout;
  std::string request_id;
  std::string authorization;
  std::string traceparent;
  std::string tracestate;
  std::string if_none_match;
  std::string json_size;
  std::string timeout;        ///< kTimeoutField
  std::string proxy_timeout;  ///< kProxyTimeoutField
  std::size_t size = 0;       ///< of all fields, as RFC 9113, section 6.5.2, counts
  std::size_t authorization_count = 0;
  bool has_te_trailers = false;

  /// Takes a field; beyond size_max it is only counted. A repeated field keeps its last value,
  /// except where repeating is an attack; of what is a list, several are one: as HTTP/1.1's
  /// parser has it. name  in lower case.
  void take(std::string_view name, std::string_view value, std::size_t size_max);

  /// What content-length says; 0 where there is none.
  [[nodiscard]] std::size_t body_size() const;

  void clear();
};

}  // namespace ml_inference
