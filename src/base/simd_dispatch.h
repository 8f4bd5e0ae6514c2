// SPDX-License-Identifier: MIT
// Kernels that are compiled once for each instruction set by Highway, and the choice among them.
// Included before Highway.
//
// Not by HWY_EXPORT and HWY_DYNAMIC_DISPATCH: those need Highway's library, which measures the
// machine's timer for some 8 ms when a program starts. What is used here is its headers alone.
#pragma once

/// Targets whose vectors have no length that the compiler knows are left out: kernels keep vectors
/// in arrays and tables. An ARM machine with SVE has NEON too.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

/// Assertions of Highway need its library.
#define HWY_IS_DEBUG_BUILD 0

namespace hwy {
struct ChosenTarget;
}

namespace ml_inference {

/// What simd_targets.h says. Threads: any.
[[nodiscard]] const hwy::ChosenTarget& chosen_simd_target();

}  // namespace ml_inference

/// The table of a kernel by target, for SIMD_CALL. Stands once, under HWY_ONCE, in the namespace
/// around HWY_NAMESPACE, where FUNCTION is defined for each target.
#define SIMD_EXPORT(FUNCTION)                                                 \
  constexpr decltype(&HWY_STATIC_DISPATCH(FUNCTION)) FUNCTION##ByTarget[] = { \
      &HWY_STATIC_DISPATCH(FUNCTION), HWY_CHOOSE_TARGET_LIST(FUNCTION),       \
      HWY_CHOOSE_FALLBACK(FUNCTION)}

/// Calls the chosen target's kernel: SIMD_CALL(FUNCTION)(arguments).
#define SIMD_CALL(FUNCTION) (*FUNCTION##ByTarget[::ml_inference::chosen_simd_target().GetIndex()])
