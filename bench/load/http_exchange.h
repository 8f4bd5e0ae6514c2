// SPDX-License-Identifier: MIT
// The little HTTP/1.1 that a load generator needs: one fixed request, and where its response ends.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ml_inference {

/// A complete answer at the start of a buffer; the views point into the buffer.
struct Answer {
  int status = 0;
  std::string_view body;
  std::size_t size_bytes = 0;  ///< head and body together
  bool closes_connection = false;
};

/// The answer that `bytes` begin with, nothing while it is incomplete, or an error when it is not
/// HTTP/1.x or has no Content-Length (chunked answers are not understood).
[[nodiscard]] Result<std::optional<Answer>> read_answer(std::string_view bytes);

/// `POST path` with a JSON body, as one block of bytes to send.
[[nodiscard]] std::string post_request(std::string_view path, std::string_view body);

/// A blocking connection to 127.0.0.1:port with TCP_NODELAY; its descriptor, which the caller
/// closes.
/// Errors: unavailable, when nobody listens there.
[[nodiscard]] Result<int> connect_to(std::uint16_t port);

/// A request's body out of a text file, without the newline at its end. Errors: not_found.
[[nodiscard]] Result<std::string> read_body(const std::string& path);

/// Nanoseconds of CLOCK_MONOTONIC.
[[nodiscard]] std::uint64_t now_ns();

}  // namespace ml_inference
