// SPDX-License-Identifier: MIT
// The only place that knows HTTP's and gRPC's numbers.
#pragma once

#include "base/result.h"

#include <string_view>

namespace ml_inference {

/// The HTTP status that says what `code` means.
[[nodiscard]] int http_status(Code code);

/// gRPC's number for what an HTTP status says: 404 is NOT_FOUND, 5.
/// Source: grpc/doc/statuscodes.md.
[[nodiscard]] int grpc_status(int http_status);

/// gRPC's number for `code`.
[[nodiscard]] int grpc_status(Code code);

/// RFC 9110's phrase for a status that this program sends: "Not Found".
[[nodiscard]] std::string_view http_reason(int status);

}  // namespace ml_inference
