// SPDX-License-Identifier: MIT
#include "engines/engine.h"

#include "engines/packed_engine.h"
#include "engines/plain_engine.h"

#include <utility>

namespace ml_inference {

// The one place that knows which engines there are.
std::unique_ptr<const Engine> make_engine(Forest forest) {
  Result<std::unique_ptr<const Engine>> packed = make_packed_engine(forest);
  if (packed) return *std::move(packed);
  return make_plain_engine(std::move(forest), std::move(packed.error().message));
}

}  // namespace ml_inference
