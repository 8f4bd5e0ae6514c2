// SPDX-License-Identifier: MIT
// Which instruction sets the kernels are compiled for. Included before Highway.
#pragma once

/// Those whose vectors have no length that the compiler knows are left out: kernels keep vectors in
/// arrays and tables. An ARM machine with SVE has NEON too.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
