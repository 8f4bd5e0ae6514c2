// SPDX-License-Identifier: MIT
#include "serving/numbered_names.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace ml_inference {

std::optional<std::string_view> numbered_name_prefix(const Schema& schema) {
  static constexpr std::array<std::string_view, 3> kPrefixes{"x", "f", "Column_"};
  const auto* const found = std::ranges::find_if(kPrefixes, [&](std::string_view prefix) {
    std::size_t index = 0;
    return std::ranges::all_of(schema.feature_names, [&](const std::string& name) {
      return name.starts_with(prefix) &&
             std::string_view(name).substr(prefix.size()) == std::to_string(index++);
    });
  });
  if (found == kPrefixes.end()) return std::nullopt;
  return *found;
}

}  // namespace ml_inference
