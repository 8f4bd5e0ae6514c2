// SPDX-License-Identifier: MIT
#pragma once

namespace ml_inference {

/// The logarithm of `value` to the base 2, the same bits on every machine: only additions,
/// multiplications and one division, each rounded as IEEE 754 says. The C library's log2() may
/// differ in its last bit from one processor to the next, and with it the forest.
///
/// value  positive, finite and not subnormal.
/// Exact for powers of two; otherwise within 4 units in the last place.
[[nodiscard]] double portable_log2(double value);

}  // namespace ml_inference
