// SPDX-License-Identifier: MIT
// Which of our two formats an Accept header prefers (RFC 9110 section 12.5.1).
#include "telemetry/exposition.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string_view>

namespace ml_inference {
namespace {

bool same_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trim(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// The text before the next separator outside of quotes, which is taken off `rest`.
std::string_view take_until(std::string_view& rest, char separator) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < rest.size() && (quoted || rest[end] != separator); ++end) {
    if (rest[end] == '"') quoted = !quoted;
    if (rest[end] == '\\' && quoted && end + 1 < rest.size()) ++end;
  }
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return trim(part);
}

// One format's standing: the most specific range that fits it counts.
struct Preference {
  int specificity = 0;  // 0 none, 1 */*, 2 type/*, 3 type/subtype, 4 with our version
  double quality = 0;
  std::size_t position = 0;
};

struct Range {
  std::string_view media;
  std::string_view version;  // empty when not given
  double quality = 1;
};

Range parse_range(std::string_view text) {
  Range range{.media = take_until(text, ';')};
  while (!text.empty()) {
    std::string_view value = take_until(text, ';');
    const std::string_view name = take_until(value, '=');
    value = trim(value);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    if (same_ignoring_case(name, "version")) {
      range.version = value;
    } else if (same_ignoring_case(name, "q")) {
      double quality = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), quality);
      const bool valid = error == std::errc() && end == value.data() + value.size() &&
                         quality >= 0 && quality <= 1;
      range.quality = valid ? quality : 0;  // a broken wish is no wish
    }
  }
  return range;
}

void consider(Preference& preference, const Range& range, std::size_t position,
              std::string_view media, std::string_view version) {
  const std::string_view type = media.substr(0, media.find('/') + 1);
  int specificity = 0;
  if (same_ignoring_case(range.media, media)) {
    if (range.version.empty()) {
      specificity = 3;
    } else if (range.version == version) {
      specificity = 4;
    }
  } else if (range.media == "*/*") {
    specificity = 1;
  } else if (range.media.ends_with("/*") &&
             same_ignoring_case(range.media.substr(0, range.media.size() - 1), type)) {
    specificity = 2;
  }
  if (specificity > preference.specificity) preference = {specificity, range.quality, position};
}

}  // namespace

ExpositionFormat negotiate_exposition(std::string_view accept) {
  Preference openmetrics;
  Preference text;
  for (std::size_t position = 0; !accept.empty(); ++position) {
    const Range range = parse_range(take_until(accept, ','));
    consider(openmetrics, range, position, "application/openmetrics-text", "1.0.0");
    consider(text, range, position, "text/plain", "0.0.4");
  }
  constexpr int kNamedExactly = 3;
  const bool first = openmetrics.specificity >= kNamedExactly &&
                     (text.specificity < kNamedExactly || openmetrics.position < text.position);
  const bool preferred = openmetrics.quality > text.quality ||
                         (openmetrics.quality == text.quality && openmetrics.quality > 0 && first);
  return preferred ? ExpositionFormat::openmetrics : ExpositionFormat::prometheus_text;
}

}  // namespace ml_inference
