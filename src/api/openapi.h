// SPDX-License-Identifier: MIT
// The API described for machines.
#pragma once

#include "api/routes.h"
#include "model/schema.h"

#include <string>

namespace ml_inference {

/// Whether the document describes the route.
[[nodiscard]] bool is_described(const RouteEntry& entry);

/// The OpenAPI 3.1 document of this API, with the model's feature names and classes in its schemas.
/// schema   of the model that answers, or null while there is none: then rows are left open.
/// version  the program's.
/// guarded  whether predictions need a bearer token.
/// Source: OpenAPI Specification 3.1.1; JSON Schema 2020-12.
[[nodiscard]] std::string openapi_document(const Schema* schema, const std::string& version,
                                           bool guarded);

}  // namespace ml_inference
