// SPDX-License-Identifier: MIT
// Which vector instructions kernels use: the widest that this machine has and this build knows,
// unless somebody asks for less.
#pragma once

#include "base/result.h"

#include <string_view>
#include <vector>

namespace ml_inference {

/// What kernels run with: "AVX3" (AVX-512), "AVX2", "SSE4", "SSSE3", "NEON", "SCALAR" ...
[[nodiscard]] std::string_view simd_target();

/// Those that this machine can run, the widest first.
[[nodiscard]] std::vector<std::string_view> simd_targets();

/// From now on no wider one than this; "" lifts the limit. For tests and benchmarks: answers are
/// the same. Not while anybody predicts.
/// Errors: invalid_argument, for a name that simd_targets() does not give.
[[nodiscard]] Result<void> limit_simd_targets(std::string_view name);

}  // namespace ml_inference
