// SPDX-License-Identifier: MIT
#include "telemetry/trace_context.h"

#include <algorithm>

namespace ml_inference {
namespace {

// version "-" trace-id "-" parent-id "-" trace-flags
constexpr std::size_t kTraceIdAt = 3;
constexpr std::size_t kSpanIdAt = 36;
constexpr std::size_t kFlagsAt = 53;
constexpr std::size_t kSize = 55;

constexpr std::uint64_t kSampledFlag = 1;

constexpr std::size_t kMemberCountMax = 32;
constexpr std::size_t kKeySizeMax = 256;
constexpr std::size_t kTenantSizeMax = 241;
constexpr std::size_t kSystemSizeMax = 14;
constexpr std::size_t kValueSizeMax = 256;

// The number that these digits say, at most 16 of them.
std::optional<std::uint64_t> hex_number(std::string_view digits) {
  std::uint64_t number = 0;
  for (const char c : digits) {
    if (c >= '0' && c <= '9') {
      number = number << 4 | static_cast<std::uint64_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      number = number << 4 | static_cast<std::uint64_t>(c - 'a' + 10);
    } else {
      return std::nullopt;
    }
  }
  return number;
}

template <std::size_t kDigitCount>
void put_hex(std::uint64_t number, char* out) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (std::size_t i = kDigitCount; i-- > 0; number >>= 4) out[i] = kDigits[number & 0xF];
}

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_key_part(std::string_view text, std::size_t size_max, bool may_begin_with_digit) {
  if (text.empty() || text.size() > size_max) return false;
  if (!is_lower(text[0]) && !(may_begin_with_digit && is_digit(text[0]))) return false;
  return std::ranges::all_of(text, [](char c) {
    return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '*' || c == '/';
  });
}

// key = simple-key / tenant-id "@" system-id
bool is_key(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos) return is_key_part(text, kKeySizeMax, false);
  return is_key_part(text.substr(0, at), kTenantSizeMax, true) &&
         is_key_part(text.substr(at + 1), kSystemSizeMax, false);
}

bool is_value(std::string_view text) {
  if (text.empty() || text.size() > kValueSizeMax || text.back() == ' ') return false;
  return std::ranges::all_of(text,
                             [](char c) { return c >= ' ' && c <= '~' && c != ',' && c != '='; });
}

bool is_member(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  if (text.empty()) return true;  // the grammar allows empty members
  const std::size_t equals = text.find('=');
  return equals != std::string_view::npos && is_key(text.substr(0, equals)) &&
         is_value(text.substr(equals + 1));
}

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view text) {
  if (text.size() < kSize) return std::nullopt;
  if (text[kTraceIdAt - 1] != '-' || text[kSpanIdAt - 1] != '-' || text[kFlagsAt - 1] != '-') {
    return std::nullopt;
  }
  const auto version = hex_number(text.substr(0, 2));
  if (!version || *version == 0xFF) return std::nullopt;
  if (text.size() > kSize && (*version == 0 || text[kSize] != '-')) return std::nullopt;
  const auto high = hex_number(text.substr(kTraceIdAt, 16));
  const auto low = hex_number(text.substr(kTraceIdAt + 16, 16));
  const auto span_id = hex_number(text.substr(kSpanIdAt, 16));
  const auto flags = hex_number(text.substr(kFlagsAt, 2));
  if (!high || !low || !span_id || !flags) return std::nullopt;
  const TraceContext context{.trace_id = {.high = *high, .low = *low},
                             .span_id = *span_id,
                             .sampled = (*flags & kSampledFlag) != 0};
  if (!context.trace_id.is_valid() || context.span_id == 0) return std::nullopt;
  return context;
}

std::string_view usable_tracestate(std::string_view text) {
  std::size_t usable_size = 0;
  std::size_t member_count = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view member = text.substr(begin, end - begin);
    if (++member_count > kMemberCountMax || !is_member(member)) return {};
    const bool is_empty = member.find_first_not_of(" \t") == std::string_view::npos;
    if (!is_empty && end <= kTraceStateSizeMax) usable_size = end;
    begin = end + 1;
  }
  return text.substr(0, usable_size);
}

std::array<char, 32> hex_digits(const TraceId& id) {
  std::array<char, 32> text;
  put_hex<16>(id.high, text.data());
  put_hex<16>(id.low, text.data() + 16);
  return text;
}

std::array<char, 16> hex_digits(std::uint64_t span_id) {
  std::array<char, 16> text;
  put_hex<16>(span_id, text.data());
  return text;
}

}  // namespace ml_inference
