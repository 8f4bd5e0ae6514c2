// SPDX-License-Identifier: MIT
#include "api/routes.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

namespace ml_inference {
namespace {

bool starts_with_ignoring_case(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         std::ranges::equal(text.substr(0, lower.size()), lower,
                            [](unsigned char c, char wanted) { return std::tolower(c) == wanted; });
}

// The segment of a path that begins at its first character, a slash, and what follows it.
struct Split {
  std::string_view segment;
  std::string_view rest;  // begins with a slash, or is empty
};

Split split(std::string_view path) {
  const std::size_t end = std::min(path.find('/', 1), path.size());
  return {.segment = path.substr(1, end - 1), .rest = path.substr(end)};
}

std::string decoded(std::string_view segment) {
  return segment.find('%') == std::string_view::npos ? std::string(segment) : decode_path(segment);
}

std::string& variable_of(RouteMatch& match, std::string_view name) {
  if (name == "model") return match.model;
  return name == "version" ? match.version : match.label;
}

// Whether the segment fits a pattern's: "predict", "{model}" or "{model}:predict".
bool matches_segment(std::string_view pattern, std::string_view segment, RouteMatch& match) {
  if (!pattern.starts_with('{')) {
    if (segment.find('%') == std::string_view::npos) return segment == pattern;
    return decode_path(segment) == pattern;
  }
  const std::size_t close = pattern.find('}');
  const std::string_view verb = pattern.substr(close + 1);
  std::string value = decoded(segment);
  if (!verb.empty()) {
    if (!value.ends_with(verb)) return false;
    value.resize(value.size() - verb.size());
  }
  // A colon begins a verb, and a slash a segment.
  if (value.empty() || value.find_first_of("/:") != std::string::npos) return false;
  variable_of(match, pattern.substr(1, close - 1)) = std::move(value);
  return true;
}

bool matches(std::string_view pattern, std::string_view path, RouteMatch& match) {
  while (!pattern.empty() && !path.empty()) {
    const Split wanted = split(pattern);
    const Split given = split(path);
    if (!matches_segment(wanted.segment, given.segment, match)) return false;
    pattern = wanted.rest;
    path = given.rest;
  }
  return pattern.empty() && path.empty();
}

struct Pattern {
  std::string text;
  std::string_view fixed;  // what stands before the first variable
  std::size_t route;
};

// The paths of all routes, in their order, those without variables first: nearly every request is
// for one of these.
std::vector<Pattern> make_patterns() {
  std::vector<Pattern> patterns;
  for (const bool has_variables : {false, true}) {
    for (std::size_t route = 1; route < kRouteCount; ++route) {
      if (!route_entry(route).path.starts_with('/')) continue;  // an alias alone leads there
      for (std::string& path : route_paths(route_entry(route))) {
        const bool has_some = path.find('{') != std::string::npos;
        if (has_some != has_variables) continue;
        patterns.push_back({.text = std::move(path), .fixed = {}, .route = route});
      }
    }
  }
  for (Pattern& pattern : patterns) {
    pattern.fixed = std::string_view(pattern.text).substr(0, pattern.text.find('{'));
  }
  return patterns;
}

std::size_t route_of(const RouteAlias& alias) {
  for (std::size_t route = 1; route < kRouteCount; ++route) {
    const RouteEntry& entry = route_entry(route);
    if (entry.operation == alias.operation && entry.dialect == alias.dialect &&
        !entry.path.starts_with('/')) {
      return route;
    }
  }
  return 0;
}

// TorchServe's versions are written "2.0".
void drop_fraction(RouteMatch& match) {
  constexpr std::string_view kFraction = ".0";
  if (match.entry().dialect != Dialect::torchserve || !match.version.ends_with(kFraction)) return;
  match.version.resize(match.version.size() - kFraction.size());
}

RouteMatch match_path(std::string_view path) {
  static const std::vector<Pattern> patterns = make_patterns();
  if (!path.starts_with('/')) return {};
  const bool has_escapes = path.find('%') != std::string_view::npos;
  for (const Pattern& pattern : patterns) {
    if (!has_escapes && !path.starts_with(pattern.fixed)) continue;
    const bool is_whole = pattern.fixed.size() == pattern.text.size();
    if (is_whole && path.size() == pattern.fixed.size() && !has_escapes) {
      return {.route = pattern.route};
    }
    RouteMatch match{.route = pattern.route};
    if (!matches(pattern.text, path, match)) continue;
    drop_fraction(match);
    return match;
  }
  return {};
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

std::vector<std::string> route_paths(const RouteEntry& entry) {
  std::vector<std::string> paths{std::string(entry.path)};
  constexpr std::string_view kModel = "{model}";
  const std::size_t behind_model = entry.path.find(kModel) + kModel.size();
  const auto add = [&](std::string_view part) {
    paths.push_back(paths.front());
    paths.back().insert(behind_model, part);
  };
  if (entry.versions != Versions::none) add("/versions/{version}");
  if (entry.versions == Versions::numbers_and_labels) add("/labels/{label}");
  return paths;
}

RouteMatch find_route(std::string_view target, const std::vector<RouteAlias>& aliases) {
  const std::string_view path = target_path(target);
  for (const RouteAlias& alias : aliases) {
    if (alias.path == path) return {.route = route_of(alias)};
  }
  return match_path(path);
}

Dialect dialect_of_path(std::string_view target) {
  const std::string_view path = target_path(target);
  if (path.starts_with("/v2")) return Dialect::oip;
  return path.starts_with("/v1/") ? Dialect::v1 : Dialect::own;
}

bool is_change(const RouteEntry& route, std::string_view method) {
  switch (route.operation) {
    case Operation::model_load:
    case Operation::model_unload:
    case Operation::model_default: return true;
    case Operation::model_metadata: return method == "DELETE";
    case Operation::model_list: return method == "POST";
    default: return false;
  }
}

bool is_grpc(const RouteEntry& entry) {
  return entry.dialect == Dialect::grpc || entry.dialect == Dialect::grpc_stream;
}

bool is_prediction(Operation operation) {
  return operation == Operation::predict || operation == Operation::classify ||
         operation == Operation::regress;
}

bool allows(std::string_view allow, std::string_view method) {
  while (!allow.empty()) {
    const std::string_view allowed = allow.substr(0, allow.find(", "));
    if (allowed == method) return true;
    allow.remove_prefix(std::min(allow.size(), allowed.size() + 2));
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
