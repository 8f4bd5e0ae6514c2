// SPDX-License-Identifier: MIT
// Any bytes as an Accept header, as a label's value and as help.
#include "base/assert.h"
#include "base/utf8.h"
#include "telemetry/exposition.h"

#include <cstddef>
#include <cstdint>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ml_inference;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const ExpositionFormat format = negotiate_exposition(text);
  Metrics metrics;
  metrics.add_collector([&text](FamilySink& facts) { facts.gauge("g", text, 1, {{"l", text}}); });
  ASSERT(is_utf8(render_exposition(metrics.collect(), format)));
  return 0;
}
