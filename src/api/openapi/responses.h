// SPDX-License-Identifier: MIT
// Answers and their headers, in the form of each dialect.
#pragma once

#include "api/openapi/dialect_description.h"
#include "api/openapi/json_schema.h"

#include <array>

namespace ml_inference {

/// What any request may get before an endpoint sees it: docs/operations.md says when.
inline constexpr std::array kTransportStatuses{400, 408, 413, 415, 417, 431, 501, 503, 505};

/// One answer. content  by media type; empty: no body.
[[nodiscard]] Json response(int status, JsonObject content);

/// A reference to the dialect's answer of that status among shared_responses().
[[nodiscard]] Json shared_response(const DialectDescription& dialect, int status);

/// The errors of a dialect, by the names of components. guarded  whether tokens are asked for.
[[nodiscard]] JsonObject shared_responses(const DialectDescription& dialect, bool guarded);

/// The headers that answers have, by the names of components.
[[nodiscard]] JsonObject shared_headers(bool guarded);

}  // namespace ml_inference
