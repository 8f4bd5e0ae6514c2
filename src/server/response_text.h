// SPDX-License-Identifier: MIT
// A response as bytes (RFC 9112).
#pragma once

#include "api/http.h"

#include <string>
#include <string_view>

namespace ml_inference {

/// How the connection goes on after a response, and what the request was like.
struct ResponseFraming {
  bool keep_alive = true;
  unsigned version = 11;  ///< the request's: 10 or 11
  bool has_body = true;   ///< else only the header, as of the whole response: for HEAD
  std::string_view date;  ///< the Date field's value
};

/// Appends the response.
void append_response(std::string& out, const HttpResponse& response,
                     const ResponseFraming& framing);

/// What answers "Expect: 100-continue" before the body.
inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

/// Seconds after which a client that met a full server may try again.
inline constexpr int kRetryAfterSeconds = 1;

}  // namespace ml_inference
