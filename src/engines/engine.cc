// SPDX-License-Identifier: MIT
#include "engines/engine.h"

#include "engines/plain_engine.h"
#include "engines/scalar_engine.h"

#include <utility>

namespace ml_inference {

// These two are the one place that knows which engines there are.
std::unique_ptr<const Engine> make_engine(Forest forest) {
  if (scalar_engine_takes(forest)) return make_scalar_engine(forest);
  return make_plain_engine(std::move(forest));
}

std::string_view engine_name(const Forest& forest) {
  return scalar_engine_takes(forest) ? kScalarEngineName : kPlainEngineName;
}

}  // namespace ml_inference
