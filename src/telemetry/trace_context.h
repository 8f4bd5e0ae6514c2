// SPDX-License-Identifier: MIT
// Who a request belongs to across services: the headers `traceparent` and `tracestate`.
//
// Source: W3C Trace Context, level 1 (Recommendation of 23 November 2021), sections 3.2 and 3.3.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ml_inference {

/// 16 bytes as two numbers, the first byte being the highest of `high`. Valid when not all zero.
struct TraceId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  [[nodiscard]] bool is_valid() const { return (high | low) != 0; }
  bool operator==(const TraceId&) const = default;
};

/// One span of one trace, as its header names it.
struct TraceContext {
  TraceId trace_id;
  std::uint64_t span_id = 0;  ///< valid when not zero
  bool sampled = false;       ///< whoever made the span records it

  bool operator==(const TraceContext&) const = default;
};

/// Reads the value of `traceparent`, or nothing when any of it is wrong: "the vendor creates a new
/// trace" then. Version 00 must have its exact form; a higher one may go on behind a dash, and of
/// its flags only "sampled" is believed; ff is none. Hexadecimal digits are lower-case. Allocates
/// nothing.
[[nodiscard]] std::optional<TraceContext> parse_traceparent(std::string_view text);

/// Bytes of `tracestate` that are passed on: what the specification asks for at least.
inline constexpr std::size_t kTraceStateSizeMax = 512;

/// As much of `tracestate` as may be passed on: the whole of it, its first members when it is
/// longer than kTraceStateSizeMax, or nothing when it breaks the grammar. A view into `text`.
[[nodiscard]] std::string_view usable_tracestate(std::string_view text);

/// 32 and 16 lower-case hexadecimal digits, as logs and headers show them.
[[nodiscard]] std::array<char, 32> hex_digits(const TraceId& id);
[[nodiscard]] std::array<char, 16> hex_digits(std::uint64_t span_id);

}  // namespace ml_inference
