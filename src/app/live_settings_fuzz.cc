// SPDX-License-Identifier: MIT
// Any bytes in place of a settings file: what is taken is within its ranges.
#include "app/live_settings.h"
#include "base/assert.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ml_inference;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto settings = parse_live_settings(text, {});
  if (!settings) {
    ASSERT(settings.error().message.size() < 400);
    return 0;
  }
  ASSERT(settings->log_sample >= 1);
  const double share = settings->trace_sample.value_or(0);
  ASSERT(share >= 0 && share <= 1);
  return 0;
}
