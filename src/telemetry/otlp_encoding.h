// SPDX-License-Identifier: MIT
// Spans as the body of an OTLP request, and what the answer's body says.
//
// Source: OTLP 1.5, and otlp.proto beside this file.
#pragma once

#include "telemetry/span.h"

#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ml_inference {

/// What describes the process: a name and its value, both UTF-8.
using ResourceAttributes = std::vector<std::pair<std::string, std::string>>;

/// The body of a request that exports these spans. Bytes that are not UTF-8 become '?', since one
/// of them would have the whole body refused.
/// ids  makes the span ids of the phases.
[[nodiscard]] std::string otlp_request_body(const ResourceAttributes& resource,
                                            std::string_view scope_version,
                                            std::span<const Span> spans, std::mt19937_64& ids);

/// What an answer with a good status says beyond it.
struct OtlpAnswer {
  std::uint64_t rejected_count = 0;  ///< spans that the receiver did not take
  std::string message;               ///< why
};

/// Nothing when the body is none of OTLP: whoever answered is no receiver of traces.
[[nodiscard]] std::optional<OtlpAnswer> read_otlp_answer(std::string_view body);

}  // namespace ml_inference
