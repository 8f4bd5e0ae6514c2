// SPDX-License-Identifier: MIT
#include "server/grpc_wire.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>

namespace ml_inference {
namespace {

constexpr std::size_t kTimeoutDigitCountMax = 8;

bool starts_with_ignoring_case(std::string_view text, std::string_view lower) {
  if (text.size() < lower.size()) return false;
  return std::ranges::equal(text.substr(0, lower.size()), lower, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + ('a' - 'A')) : a) == b;
  });
}

// Nanoseconds; 0 for a letter that is no unit.
std::int64_t timeout_unit_ns(char letter) {
  switch (letter) {
    case 'H': return 3'600'000'000'000;
    case 'M': return 60'000'000'000;
    case 'S': return 1'000'000'000;
    case 'm': return 1'000'000;
    case 'u': return 1'000;
    case 'n': return 1;
    default: return 0;
  }
}

}  // namespace

bool is_grpc(std::string_view content_type) {
  constexpr std::string_view kType = "application/grpc";
  constexpr std::string_view kProto = "+proto";
  if (!starts_with_ignoring_case(content_type, kType)) return false;
  content_type.remove_prefix(kType.size());
  if (starts_with_ignoring_case(content_type, kProto)) content_type.remove_prefix(kProto.size());
  return content_type.empty() || content_type.front() == ';' || content_type.front() == ' ';
}

GrpcStatus grpc_status_of_http(int status) {
  switch (status) {
    case 200: return GrpcStatus::ok;
    case 400:
    case 422: return GrpcStatus::invalid_argument;
    case 401: return GrpcStatus::unauthenticated;
    case 403: return GrpcStatus::permission_denied;
    case 404:  // the path names a method
    case 501: return GrpcStatus::unimplemented;
    case 408:
    case 504: return GrpcStatus::deadline_exceeded;
    case 413:
    case 431: return GrpcStatus::resource_exhausted;
    case 429:
    case 502:
    case 503: return GrpcStatus::unavailable;
    case 500: return GrpcStatus::internal;
    default: return GrpcStatus::unknown;
  }
}

void append_grpc_message(std::string& out, std::string_view text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  for (const char c : text) {
    if (c >= ' ' && c <= '~' && c != '%') {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
}

std::optional<std::chrono::nanoseconds> parse_grpc_timeout(std::string_view text) {
  if (text.size() < 2 || text.size() > kTimeoutDigitCountMax + 1) return std::nullopt;
  const std::int64_t unit_ns = timeout_unit_ns(text.back());
  std::uint32_t value = 0;
  const char* const digits_end = text.data() + text.size() - 1;
  const auto [end, error] = std::from_chars(text.data(), digits_end, value);
  if (unit_ns == 0 || error != std::errc() || end != digits_end) return std::nullopt;
  // The most, 99999999 hours, are 41 times what 64 bits hold in nanoseconds.
  constexpr std::int64_t kMostNs = std::chrono::nanoseconds(std::chrono::hours(24 * 365)).count();
  const auto count = static_cast<std::int64_t>(value);
  if (count > kMostNs / unit_ns) return std::chrono::nanoseconds(kMostNs);
  return std::chrono::nanoseconds(count * unit_ns);
}

}  // namespace ml_inference
