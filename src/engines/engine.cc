// SPDX-License-Identifier: MIT
#include "engines/engine.h"

#include "engines/scalar_engine.h"

namespace ml_inference {

// The one place that knows which engines there are.
std::unique_ptr<const Engine> make_engine(const Forest& forest) {
  return make_scalar_engine(forest);
}

}  // namespace ml_inference
