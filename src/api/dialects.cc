// SPDX-License-Identifier: MIT
#include "api/dialects.h"

#include "api/oip/oip_dialect.h"
#include "api/oip/oip_information.h"
#include "api/own_dialect.h"
#include "base/assert.h"

namespace ml_inference {

const PredictionDialect* prediction_dialect(const RouteEntry& route) {
  static const OwnDialect own;
  static const OipDialect oip;
  if (route.operation != Operation::predict) return nullptr;
  switch (route.dialect) {
    case Dialect::own: return &own;
    case Dialect::oip: return &oip;
    default: return nullptr;
  }
}

bool is_answered(const RouteEntry& route) {
  return route.dialect == Dialect::own || route.dialect == Dialect::oip;
}

void inform(const Informant& informant, const RouteMatch& match, const HttpRequest& request,
            HttpResponse& response) {
  switch (match.entry().dialect) {
    case Dialect::oip: return inform_oip(informant, match, request, response);
    default: ASSERT(false);
  }
}

}  // namespace ml_inference
