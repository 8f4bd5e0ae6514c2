// SPDX-License-Identifier: MIT
#include "base/simd_targets.h"

#include "base/simd_dispatch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <hwy/highway.h>
#include <ranges>
#if HWY_ARCH_ARM_A64
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace ml_inference {
namespace {

struct Target {
  std::int64_t bit;
  bool is_supported;
};

// The best first, as far as they are compiled. The features are those that Highway's
// ops/set_macros-inl.h (1.0.3) has the compiler use for each.
std::vector<std::int64_t> supported_targets() {
  std::vector<Target> targets;
#if HWY_ARCH_X86
  __builtin_cpu_init();
  const bool has_ssse3 = __builtin_cpu_supports("sse3") && __builtin_cpu_supports("ssse3");
  const bool has_sse4 = has_ssse3 && __builtin_cpu_supports("sse4.1") &&
                        __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul") &&
                        __builtin_cpu_supports("aes");
  const bool has_avx2 = has_sse4 && __builtin_cpu_supports("avx") &&
                        __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                        __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma") &&
                        __builtin_cpu_supports("f16c");
  const bool has_avx3 = has_avx2 && __builtin_cpu_supports("avx512f") &&
                        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                        __builtin_cpu_supports("avx512bw");
  targets = {
      {HWY_AVX3, has_avx3}, {HWY_AVX2, has_avx2}, {HWY_SSE4, has_sse4}, {HWY_SSSE3, has_ssse3}};
#elif HWY_ARCH_ARM_A64
  targets = {{HWY_NEON, (getauxval(AT_HWCAP) & HWCAP_AES) != 0}};
#endif
  targets.push_back({HWY_EMU128, true});
  targets.push_back({HWY_SCALAR, true});
  std::vector<std::int64_t> found;
  for (const auto& [bit, is_supported] : targets) {
    if (is_supported && (HWY_TARGETS & bit) != 0) found.push_back(bit);
  }
  if (found.empty()) found.push_back(HWY_STATIC_TARGET);
  return found;
}

struct Choice {
  std::vector<std::int64_t> supported = supported_targets();
  std::size_t first = 0;  // those before are too wide
  hwy::ChosenTarget chosen;

  Choice() { limit(0); }

  void limit(std::size_t to) {
    first = to;
    chosen.Update(supported[first]);
  }
};

Choice& choice() {
  static Choice made;
  return made;
}

}  // namespace

const hwy::ChosenTarget& chosen_simd_target() { return choice().chosen; }

std::vector<std::string_view> simd_targets() {
  std::vector<std::string_view> names;
  for (const std::int64_t target : choice().supported | std::views::drop(choice().first)) {
    names.emplace_back(hwy::TargetName(target));
  }
  return names;
}

std::string_view simd_target() { return simd_targets().front(); }

Result<void> limit_simd_targets(std::string_view name) {
  choice().limit(0);
  const std::vector<std::string_view> names = simd_targets();
  const auto found = std::ranges::find(names, name);
  if (found == names.end() && !name.empty()) {
    return fail(Code::invalid_argument,
                fmt::format("this machine runs no {}, but {}", name, fmt::join(names, ", ")));
  }
  if (!name.empty()) choice().limit(static_cast<std::size_t>(found - names.begin()));
  return {};
}

}  // namespace ml_inference
