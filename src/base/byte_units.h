// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace ml_inference {

/// Units of sizes in bytes, of the type of a size: `4 * kKibibyte` cannot overflow an int.
inline constexpr std::size_t kKibibyte = 1024;
inline constexpr std::size_t kMebibyte = 1024 * kKibibyte;
inline constexpr std::size_t kGibibyte = 1024 * kMebibyte;

}  // namespace ml_inference
