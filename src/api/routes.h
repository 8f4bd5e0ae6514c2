// SPDX-License-Identifier: MIT
// The endpoints: one table that the router, the metrics, GET / and the OpenAPI document read.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace ml_inference {

enum class Route : std::size_t { unknown, index, predict, health, ready, metrics, openapi };

struct RouteEntry {
  Route route;
  std::string_view path;   ///< "" for the unknown; also the value of the metrics' label
  std::string_view allow;  ///< the methods it answers, as the Allow header lists them
  std::string_view summary;
};

/// By Route: the entry of a route stands at its number.
inline constexpr std::array<RouteEntry, 7> kRoutes{{
    {Route::unknown, "", "", ""},
    {Route::index, "/", "GET, HEAD", "What this is, and its endpoints"},
    {Route::predict, "/predict", "POST", "Predict one row or a list of rows"},
    {Route::health, "/health", "GET, HEAD", "Whether the process is alive (liveness)"},
    {Route::ready, "/ready", "GET, HEAD", "Whether traffic should come here (readiness)"},
    {Route::metrics, "/metrics", "GET, HEAD", "Metrics as Prometheus text or OpenMetrics"},
    {Route::openapi, "/openapi.json", "GET, HEAD", "This API as OpenAPI 3.1"},
}};

/// The entry of a route.
[[nodiscard]] constexpr const RouteEntry& route_entry(Route route) {
  return kRoutes[static_cast<std::size_t>(route)];
}

/// The path of a request target as it was sent, which is what may be logged: without query and
/// fragment, and of the absolute form ("http://user:password@host/path") without what stands before
/// it. "*" is one too. Empty where the target has none.
[[nodiscard]] std::string_view target_path(std::string_view target);

/// Which route a request target names. The query is ignored, percent-encoding decoded, and the
/// absolute form ("http://host/path") understood (RFC 9112, section 3.2).
[[nodiscard]] Route find_route(std::string_view target);

/// Whether the entry answers the method.
[[nodiscard]] bool allows(const RouteEntry& entry, std::string_view method);

/// The path of a target with percent-encoding decoded ("/%70redict" -> "/predict"). A broken escape
/// stays as it is: it names nothing.
[[nodiscard]] std::string decode_path(std::string_view path);

}  // namespace ml_inference
