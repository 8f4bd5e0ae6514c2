// SPDX-License-Identifier: MIT
// Which process, pod and node the spans come from, as the environment tells.
//
// Source: OpenTelemetry specification 1.49, "Resource SDK" and "Environment Variables".
#pragma once

#include "base/result.h"
#include "telemetry/otlp_encoding.h"

#include <string_view>

namespace ml_inference {

/// service.name, service.version, and what OTEL_RESOURCE_ATTRIBUTES adds ("key=value,key=value",
/// percent-encoded), sorted by name. OTEL_SERVICE_NAME wins over it, and it over ours.
/// service_name, attributes  the values of the two variables, or empty.
/// Errors: invalid_argument when `attributes` breaks its form: then all of it is to be left out, as
/// the specification wants.
[[nodiscard]] Result<ResourceAttributes> trace_resource(std::string_view service_name,
                                                        std::string_view attributes,
                                                        std::string_view version);

}  // namespace ml_inference
