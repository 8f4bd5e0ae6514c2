// SPDX-License-Identifier: MIT
// Which of a model's versions are to answer.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace ml_inference {

/// The same three that Triton and TensorFlow Serving have. Threads: a plain value.
struct VersionPolicy {
  enum class Kind { latest, all, specific };

  Kind kind = Kind::latest;
  std::size_t count = 1;            ///< latest: so many with the highest numbers
  std::set<std::int64_t> versions;  ///< specific

  bool operator==(const VersionPolicy&) const = default;

  /// Which of those that there are, and of `specific` those that are not there, too.
  [[nodiscard]] std::set<std::int64_t> wanted(std::span<const std::int64_t> present) const;
};

/// "latest", "latest:2", "all" or "3,5".
/// Errors: invalid_argument.
[[nodiscard]] Result<VersionPolicy> parse_version_policy(std::string_view text);

/// As parse_version_policy() reads it.
[[nodiscard]] std::string version_policy_text(const VersionPolicy& policy);

/// A version's number as folders and requests write it: digits, above 0, without a leading 0;
/// nothing for any other text.
[[nodiscard]] std::optional<std::int64_t> version_number(std::string_view text);

}  // namespace ml_inference
