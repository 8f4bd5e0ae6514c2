// SPDX-License-Identifier: MIT
#include "api/openapi/dialect_description.h"

#include "api/oip/oip_description.h"
#include "api/openapi/own_description.h"
#include "api/scoring/scoring_description.h"
#include "api/torchserve/torchserve_description.h"
#include "api/v1/v1_description.h"
#include "base/assert.h"

namespace ml_inference {

const DialectDescription& dialect_description(Dialect dialect) {
  static const OwnDescription own;
  static const OipDescription oip;
  static const V1Description v1;
  static const ScoringDescription scoring;
  static const TorchServeDescription torchserve;
  switch (dialect) {
    case Dialect::own: return own;
    case Dialect::oip: return oip;
    case Dialect::v1: return v1;
    case Dialect::scoring: return scoring;
    case Dialect::torchserve: return torchserve;
    case Dialect::grpc:
    case Dialect::grpc_stream: break;
  }
  ASSERT(false);
  return own;
}

}  // namespace ml_inference
