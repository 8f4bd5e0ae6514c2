// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace ml_inference {

/// The program's version, from CMakeLists.txt.
inline constexpr std::string_view kVersion = ML_INFERENCE_VERSION;

}  // namespace ml_inference
