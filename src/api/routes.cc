// SPDX-License-Identifier: MIT
#include "api/routes.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace ml_inference {
namespace {

bool starts_with_ignoring_case(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         std::ranges::equal(text.substr(0, lower.size()), lower,
                            [](unsigned char c, char wanted) { return std::tolower(c) == wanted; });
}

Route route_at(std::string_view path) {
  for (const RouteEntry& entry : kRoutes) {
    if (entry.route != Route::unknown && entry.path == path) return entry.route;
  }
  return Route::unknown;
}

}  // namespace

std::string_view target_path(std::string_view target) {
  if (target == "*") return target;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!starts_with_ignoring_case(target, scheme)) continue;
    target.remove_prefix(scheme.size());
    const std::size_t host_size = std::min(target.find_first_of("/?#"), target.size());
    if (host_size == 0) return {};
    target.remove_prefix(host_size);
    if (!target.starts_with('/')) return "/";
    break;
  }
  if (!target.starts_with('/')) return {};
  return target.substr(0, target.find_first_of("?#"));
}

Route find_route(std::string_view target) {
  const std::string_view path = target_path(target);
  if (path.find('%') == std::string_view::npos) return route_at(path);
  return route_at(decode_path(path));
}

bool allows(const RouteEntry& entry, std::string_view method) {
  std::string_view rest = entry.allow;
  while (!rest.empty()) {
    const std::string_view allowed = rest.substr(0, rest.find(", "));
    if (allowed == method) return true;
    rest.remove_prefix(std::min(rest.size(), allowed.size() + 2));
  }
  return false;
}

std::string decode_path(std::string_view path) {
  std::string out;
  for (std::size_t at = 0; at < path.size(); ++at) {
    unsigned value = 0;
    const std::string_view digits = path.substr(std::min(at + 1, path.size()), 2);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    const bool is_escape =
        path[at] == '%' && digits.size() == 2 && error == std::errc() && end == digits.data() + 2;
    out += is_escape ? static_cast<char>(value) : path[at];
    if (is_escape) at += 2;
  }
  return out;
}

}  // namespace ml_inference
