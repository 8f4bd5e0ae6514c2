// SPDX-License-Identifier: MIT
// Any bytes as both headers: what is taken reads the same when it is written again.
#include "base/assert.h"
#include "telemetry/trace_context.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ml_inference;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto context = parse_traceparent(text)) {
    const auto trace_id = hex_digits(context->trace_id);
    const auto span_id = hex_digits(context->span_id);
    std::string again = "00-";
    again.append(trace_id.data(), trace_id.size()).append("-");
    again.append(span_id.data(), span_id.size()).append(context->sampled ? "-01" : "-00");
    ASSERT(parse_traceparent(again) == context);
    ASSERT(text.substr(2, 51) == std::string_view(again).substr(2, 51));
  }
  const std::string_view usable = usable_tracestate(text);
  ASSERT(usable.size() <= kTraceStateSizeMax && text.starts_with(usable));
  ASSERT(usable_tracestate(usable) == usable);
  return 0;
}
