// SPDX-License-Identifier: MIT
// Which scikit-learn wrote an estimator: rules changed between its versions.
#pragma once

#include <compare>
#include <string_view>

namespace ml_inference {

struct SklearnVersion {
  int major = 0;
  int minor = 0;

  auto operator<=>(const SklearnVersion&) const = default;
};

/// Of "1.4.2" or "1.5.dev0": 1.4, 1.5. Refuses what does not begin so.
[[nodiscard]] SklearnVersion sklearn_version(std::string_view text, std::string_view where);

}  // namespace ml_inference
