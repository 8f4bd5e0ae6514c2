// SPDX-License-Identifier: MIT
// The only place that knows HTTP's numbers.
#pragma once

#include "base/result.h"

#include <string_view>

namespace ml_inference {

/// The HTTP status that says what `code` means.
[[nodiscard]] int http_status(Code code);

/// RFC 9110's phrase for a status that this program sends: "Not Found".
[[nodiscard]] std::string_view http_reason(int status);

}  // namespace ml_inference
