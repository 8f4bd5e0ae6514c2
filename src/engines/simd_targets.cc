// SPDX-License-Identifier: MIT
#include "engines/simd_targets.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <hwy/highway.h>

namespace ml_inference {

std::vector<std::string_view> simd_targets() {
  std::vector<std::string_view> names;
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    names.emplace_back(hwy::TargetName(target));
  }
  return names;
}

// A better target is a lower bit, and so they come.
std::string_view simd_target() { return simd_targets().front(); }

Result<void> limit_simd_targets(std::string_view name) {
  hwy::SetSupportedTargetsForTest(0);
  const std::vector<std::int64_t> targets = hwy::SupportedAndGeneratedTargets();
  const auto found = std::ranges::find_if(
      targets, [name](std::int64_t target) { return hwy::TargetName(target) == name; });
  if (found == targets.end() && !name.empty()) {
    return fail(Code::invalid_argument, fmt::format("this machine runs no {}, but {}", name,
                                                    fmt::join(simd_targets(), ", ")));
  }
  std::int64_t allowed = 0;
  for (auto target = name.empty() ? targets.begin() : found; target != targets.end(); ++target) {
    allowed |= *target;
  }
  hwy::SetSupportedTargetsForTest(allowed);
  // What is chosen is remembered until it is asked for anew.
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  return {};
}

}  // namespace ml_inference
