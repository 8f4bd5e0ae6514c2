// SPDX-License-Identifier: MIT
#include "serving/repository/version_policy.h"

#include "base/printable_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace ml_inference {

std::set<std::int64_t> VersionPolicy::wanted(std::span<const std::int64_t> present) const {
  if (kind == Kind::specific) return versions;
  std::set<std::int64_t> out(present.begin(), present.end());
  while (kind == Kind::latest && out.size() > count) out.erase(out.begin());
  return out;
}

std::optional<std::int64_t> version_number(std::string_view text) {
  if (text.empty() || text.front() < '1' || text.front() > '9') return std::nullopt;
  std::int64_t number = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (error != std::errc() || end != last) return std::nullopt;
  return number;
}

Result<VersionPolicy> parse_version_policy(std::string_view text) {
  constexpr std::string_view kLatest = "latest";
  VersionPolicy policy;
  if (text == kLatest) return policy;
  if (text == "all") {
    policy.kind = VersionPolicy::Kind::all;
    return policy;
  }
  const auto wrong = [text] {
    return fail(Code::invalid_argument,
                fmt::format("'{}' is no version policy, expected latest:N, all, or versions with "
                            "commas between them: 3,5",
                            printable_text(text)));
  };
  if (text.starts_with("latest:")) {
    const auto count = version_number(text.substr(kLatest.size() + 1));
    if (!count) return wrong();
    policy.count = static_cast<std::size_t>(*count);
    return policy;
  }
  policy.kind = VersionPolicy::Kind::specific;
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    const auto number = version_number(rest.substr(0, comma));
    if (!number) return wrong();
    policy.versions.insert(*number);
    if (comma == std::string_view::npos) return policy;
    rest.remove_prefix(comma + 1);
  }
}

std::string version_policy_text(const VersionPolicy& policy) {
  switch (policy.kind) {
    case VersionPolicy::Kind::latest: return fmt::format("latest:{}", policy.count);
    case VersionPolicy::Kind::all: return "all";
    case VersionPolicy::Kind::specific: return fmt::format("{}", fmt::join(policy.versions, ","));
  }
  return {};
}

}  // namespace ml_inference
