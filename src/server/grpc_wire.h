// SPDX-License-Identifier: MIT
// The words of gRPC over HTTP/2: statuses, texts in header fields, time-outs.
// Source: grpc/doc/PROTOCOL-HTTP2.md, statuscodes.md and http-grpc-status-mapping.md.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace ml_inference {

/// gRPC's numbers, as far as a server says them of its own accord.
enum class GrpcStatus {
  ok = 0,
  cancelled = 1,
  unknown = 2,
  invalid_argument = 3,
  deadline_exceeded = 4,
  permission_denied = 7,
  resource_exhausted = 8,
  unimplemented = 12,
  internal = 13,
  unavailable = 14,
  unauthenticated = 16,
};

/// Whether a content type is gRPC's with messages of protocol buffers: "application/grpc",
/// "application/grpc+proto". Upper case counts as lower.
[[nodiscard]] bool is_grpc(std::string_view content_type);

/// What an HTTP status means to a gRPC client: of an answer that says nothing more.
[[nodiscard]] GrpcStatus grpc_status_of_http(int status);

/// Appends the text as grpc-message has it: bytes outside of printable ASCII, and '%', as %XX.
void append_grpc_message(std::string& out, std::string_view text);

/// The value of grpc-timeout, "100m": at most eight digits and one of H M S m u n. Nothing for
/// anything else.
[[nodiscard]] std::optional<std::chrono::nanoseconds> parse_grpc_timeout(std::string_view text);

}  // namespace ml_inference
