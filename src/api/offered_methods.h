// SPDX-License-Identifier: MIT
// What the operator's settings leave of a route's methods.
#pragma once

#include "api/routes.h"
#include "serving/repository/model_control.h"

#include <string_view>

namespace ml_inference {

/// The methods of the route that can be answered, as the Allow header lists them: those that would
/// load or unload models, where a path has others beside, stand there only where requests may.
[[nodiscard]] std::string_view offered_methods(const RouteEntry& route,
                                               const ControlRights& rights);

/// Whether the route, asked by one of its methods, can ever be answered but by a refusal.
[[nodiscard]] bool is_offered(const RouteEntry& route, std::string_view method,
                              const ControlRights& rights);

}  // namespace ml_inference
