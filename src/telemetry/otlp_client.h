// SPDX-License-Identifier: MIT
// One POST to a receiver of traces, over plain HTTP/1.1.
//
// Source: OTLP 1.5, "OTLP/HTTP".
#pragma once

#include "base/result.h"
#include "telemetry/otlp_encoding.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace ml_inference {

/// Where spans go: the base URL's host and port, and the path behind it.
struct OtlpEndpoint {
  std::string host;  ///< a name, or an address; IPv6 without its brackets
  std::string port;
  std::string path;       ///< "/v1/traces"
  std::string authority;  ///< for the Host field: "collector:4318"
};

/// Reads a base URL such as "http://collector:4318" (the port of OTLP/HTTP when none is named).
/// Errors: invalid_argument, which shows the URL without user, password and query; for https too:
/// whoever needs it speaks to a collector beside the pod.
[[nodiscard]] Result<OtlpEndpoint> parse_otlp_endpoint(std::string_view url);

/// How an export ended.
struct OtlpOutcome {
  bool taken = false;
  bool may_retry = false;  ///< not taken, and the protocol allows to send it again
  std::optional<std::chrono::seconds> retry_after;  ///< the receiver's wish
  OtlpAnswer answer;                                ///< when it was taken
  std::string reason;                               ///< when it was not
};

/// Sends one body on a connection of its own, and waits for the answer: at most `timeout` (looking
/// the name up is the system's affair, and may take longer).
[[nodiscard]] OtlpOutcome post_spans(const OtlpEndpoint& endpoint, std::string body,
                                     std::chrono::milliseconds timeout);

}  // namespace ml_inference
