// SPDX-License-Identifier: MIT
// How long the client of a plain request waits for its answer, as a header field says it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace ml_inference {

/// The field of clients, and the one that Envoy, and so Istio, adds to what it forwards. The first
/// is believed where both are there. In lower case.
inline constexpr std::string_view kTimeoutField = "x-request-timeout-ms";
inline constexpr std::string_view kProxyTimeoutField = "x-envoy-expected-rq-timeout-ms";

/// Milliseconds from 1 on, of at most nine digits. Nothing for anything else.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_timeout_field(std::string_view text);

/// What is wrong with the value, for people.
[[nodiscard]] std::string timeout_field_fault(std::string_view text);

}  // namespace ml_inference
