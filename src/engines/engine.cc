// SPDX-License-Identifier: MIT
#include "engines/engine.h"

#include "engines/packed_engine.h"
#include "engines/plain_engine.h"

#include <utility>

namespace ml_inference {

// The one place that knows which engines there are.
std::unique_ptr<const Engine> make_engine(Forest forest) {
  std::unique_ptr<const Engine> packed = make_packed_engine(forest);
  return packed ? std::move(packed) : make_plain_engine(std::move(forest));
}

}  // namespace ml_inference
