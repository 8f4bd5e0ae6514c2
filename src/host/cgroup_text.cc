// SPDX-License-Identifier: MIT
#include "host/cgroup_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

namespace ml_inference {
namespace {

constexpr double kMicrosecondsPerSecond = 1e6;

// The text before the next separator, which is taken off `rest` together with the separator.
std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return part;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) parts.emplace_back(take_until(text, separator));
  return parts;
}

bool is_octal(char c) { return c >= '0' && c <= '7'; }

// mountinfo writes space, tab, newline and backslash as a backslash and three octal digits.
std::string unescape_octal(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t index = 0; index < text.size(); ++index) {
    if (text[index] == '\\' && index + 3 < text.size() && is_octal(text[index + 1]) &&
        is_octal(text[index + 2]) && is_octal(text[index + 3])) {
      const int value =
          (text[index + 1] - '0') * 64 + (text[index + 2] - '0') * 8 + (text[index + 3] - '0');
      plain.push_back(static_cast<char>(value & 0xFF));
      index += 3;
    } else {
      plain.push_back(text[index]);
    }
  }
  return plain;
}

// Calls parse(line) for each line, with the number of the first faulty one in the error.
template <class Parse>
Result<void> for_each_line(std::string_view text, const char* where, Parse parse) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    if (number > kHostLineCountMax) {
      return fail(Code::data_loss, fmt::format("{}: more than {} lines", where, kHostLineCountMax));
    }
    const char* expected = parse(take_until(text, '\n'));
    if (expected != nullptr) {
      return fail(Code::data_loss,
                  fmt::format("{}: line {}: expected {}", where, number, expected));
    }
  }
  return {};
}

// The parsers of a line return what they missed, or null.
const char* parse_membership(std::string_view line, CgroupMembership& membership) {
  const std::string_view hierarchy = take_until(line, ':');
  if (!parse_count(hierarchy)) return "a hierarchy number and a colon";
  const std::string_view controllers = take_until(line, ':');
  if (!line.starts_with('/')) return "a path that begins with a slash";
  membership.v2 = hierarchy == "0" && controllers.empty();
  membership.controllers = split(controllers, ',');
  membership.path = line;
  return nullptr;
}

// 36 35 98:0 /root /mount/point rw,noatime shared:1 - cgroup cgroup rw,cpu
const char* parse_mount(std::string_view line, std::vector<CgroupMount>& mounts) {
  for (int skipped = 0; skipped < 3; ++skipped) take_until(line, ' ');
  const std::string_view root = take_until(line, ' ');
  const std::string_view mount_point = take_until(line, ' ');
  const std::size_t separator = line.find(" - ");  // after any number of optional fields
  if (separator == std::string_view::npos) return "\" - \" before the file system's type";
  line.remove_prefix(separator + 3);
  const std::string_view type = take_until(line, ' ');
  if (type != "cgroup" && type != "cgroup2") return nullptr;
  take_until(line, ' ');  // the source, which says nothing
  if (!root.starts_with('/') || !mount_point.starts_with('/')) return "a root and a mount point";
  mounts.push_back({.v2 = type == "cgroup2",
                    .options = split(line, ','),
                    .root = unescape_octal(root),
                    .mount_point = unescape_octal(mount_point)});
  return nullptr;
}

bool has_parent_step(std::string_view path) {
  while (!path.empty()) {
    if (take_until(path, '/') == "..") return true;
  }
  return false;
}

// "total=1234" in the line that begins with `kind`, microseconds.
std::optional<double> pressure_seconds(std::string_view text, std::string_view kind) {
  while (!text.empty()) {
    std::string_view line = take_until(text, '\n');
    if (take_until(line, ' ') != kind) continue;
    const std::size_t total = line.find("total=");
    if (total == std::string_view::npos) return std::nullopt;
    const auto microseconds = parse_count(line.substr(total + 6));
    if (!microseconds) return std::nullopt;
    return static_cast<double>(*microseconds) / kMicrosecondsPerSecond;
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<CgroupMembership>> parse_memberships(std::string_view text) {
  std::vector<CgroupMembership> memberships;
  RETURN_IF_ERROR(for_each_line(text, "/proc/self/cgroup", [&](std::string_view line) {
    return parse_membership(line, memberships.emplace_back());
  }));
  return memberships;
}

Result<std::vector<CgroupMount>> parse_cgroup_mounts(std::string_view text) {
  std::vector<CgroupMount> mounts;
  RETURN_IF_ERROR(for_each_line(text, "/proc/self/mountinfo",
                                [&](std::string_view line) { return parse_mount(line, mounts); }));
  return mounts;
}

std::optional<std::string> path_below_mount(std::string_view mount_root, std::string_view path) {
  if (has_parent_step(mount_root) || has_parent_step(path)) return std::nullopt;
  while (mount_root.ends_with('/')) mount_root.remove_suffix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (!path.starts_with(mount_root)) return std::nullopt;
  path.remove_prefix(mount_root.size());
  if (!path.empty() && path.front() != '/') return std::nullopt;  // "/pod1" is not below "/pod"
  return std::string(path);
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\n' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> find_number(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    std::string_view line = take_until(text, '\n');
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ') {
      return parse_count(line.substr(key.size()));
    }
  }
  return std::nullopt;
}

std::optional<CpuQuota> parse_cpu_max(std::string_view text) {
  const auto quota = parse_count(take_until(text, ' '));
  const auto period = parse_count(text);
  if (!quota || !period || *period == 0) return std::nullopt;
  return CpuQuota{.quota_us = *quota, .period_us = *period};
}

std::optional<Pressure> parse_pressure(std::string_view text) {
  const auto some = pressure_seconds(text, "some");
  if (!some) return std::nullopt;
  return Pressure{.some_seconds = *some,
                  .full_seconds = pressure_seconds(text, "full").value_or(0)};
}

}  // namespace ml_inference
