// SPDX-License-Identifier: MIT
// What engines and those who hand them rows agree on.
#pragma once

#include <cstddef>

namespace ml_inference {

/// Rows that engines compute at once, where there are so many: who cuts a batch cuts it there.
inline constexpr std::size_t kBlockRowCount = 128;

}  // namespace ml_inference
