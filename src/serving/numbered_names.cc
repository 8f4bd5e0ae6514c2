// SPDX-License-Identifier: MIT
#include "serving/numbered_names.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace ml_inference {

bool has_numbered_names(const Schema& schema) {
  constexpr std::array<std::string_view, 3> kPrefixes{"x", "f", "Column_"};
  return std::ranges::any_of(kPrefixes, [&](std::string_view prefix) {
    std::size_t index = 0;
    return std::ranges::all_of(schema.feature_names, [&](const std::string& name) {
      return name.starts_with(prefix) &&
             std::string_view(name).substr(prefix.size()) == std::to_string(index++);
    });
  });
}

}  // namespace ml_inference
