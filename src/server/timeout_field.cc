// SPDX-License-Identifier: MIT
#include "server/timeout_field.h"

#include "base/printable_text.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

namespace ml_inference {
namespace {

constexpr std::size_t kDigitCountMax = 9;

}  // namespace

std::optional<std::chrono::milliseconds> parse_timeout_field(std::string_view text) {
  std::uint32_t value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  const bool is_number = error == std::errc() && end == last && text.size() <= kDigitCountMax;
  if (!is_number || value == 0) return std::nullopt;
  return std::chrono::milliseconds(value);
}

std::string timeout_field_fault(std::string_view text) {
  return fmt::format("{} (or {}) is '{}', expected milliseconds from 1 to 999999999", kTimeoutField,
                     kProxyTimeoutField, printable_text(text));
}

}  // namespace ml_inference
