// SPDX-License-Identifier: MIT
#include "api/offered_methods.h"

namespace ml_inference {
namespace {

constexpr std::string_view kRead = "GET, HEAD";

bool may_unload(const RouteEntry& route, const ControlRights& rights) {
  const bool names_version = route.path.find("{version}") != std::string_view::npos;
  return rights.unloads && !names_version;
}

}  // namespace

std::string_view offered_methods(const RouteEntry& route, const ControlRights& rights) {
  if (route.dialect != Dialect::torchserve) return route.allow;
  switch (route.operation) {
    case Operation::model_list:
      return rights.unloads ? route.allow : kRead;  // models by any name
    // Workers are not scaled (PUT), and versions not unloaded one by one.
    case Operation::model_metadata: return may_unload(route, rights) ? "GET, HEAD, DELETE" : kRead;
    default: return route.allow;
  }
}

bool is_offered(const RouteEntry& route, std::string_view method, const ControlRights& rights) {
  if (!allows(offered_methods(route, rights), method)) return false;
  switch (route.operation) {
    case Operation::explain: return false;
    case Operation::model_load: return rights.loads;
    case Operation::model_unload: return rights.unloads;
    case Operation::model_default: return rights.sets_default;
    default: return true;
  }
}

}  // namespace ml_inference
