// SPDX-License-Identifier: MIT
#include "telemetry/trace_resource.h"

#include "base/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string>

namespace ml_inference {
namespace {

constexpr char kServiceName[] = "service.name";

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    unsigned value = 0;
    const std::string_view digits = text.substr(i + 1, 2);
    const char* const last = digits.data() + digits.size();
    const auto [end, error] = std::from_chars(digits.data(), last, value, 16);
    if (digits.size() < 2 || error != std::errc() || end != last) return std::nullopt;
    decoded += static_cast<char>(value);
    i += 2;
  }
  if (!is_utf8(decoded)) return std::nullopt;
  return decoded;
}

}  // namespace

Result<ResourceAttributes> trace_resource(std::string_view service_name,
                                          std::string_view attributes, std::string_view version) {
  std::map<std::string, std::string> found{{kServiceName, "ml-inference"},
                                           {"service.version", std::string(version)}};
  while (!attributes.empty()) {
    const std::size_t end = std::min(attributes.find(','), attributes.size());
    const std::string_view entry = trimmed(attributes.substr(0, end));
    attributes.remove_prefix(std::min(end + 1, attributes.size()));
    if (entry.empty()) continue;
    const std::size_t equals = entry.find('=');
    const auto key = percent_decoded(trimmed(entry.substr(0, equals)));
    const auto value = equals == std::string_view::npos
                           ? std::nullopt
                           : percent_decoded(trimmed(entry.substr(equals + 1)));
    if (!key || key->empty() || !value) {
      return fail(Code::invalid_argument,
                  fmt::format("OTEL_RESOURCE_ATTRIBUTES: '{}' is no key=value, percent-encoded "
                              "UTF-8",
                              entry));
    }
    found[*key] = *value;
  }
  if (!service_name.empty() && is_utf8(service_name)) found[kServiceName] = service_name;
  return ResourceAttributes(found.begin(), found.end());
}

}  // namespace ml_inference
