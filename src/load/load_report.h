// SPDX-License-Identifier: MIT
// A run's result for programs and for people, and whether it is good enough.
#pragma once

#include "load/load_plan.h"
#include "load/load_result.h"

#include <cstdint>
#include <optional>
#include <string>

namespace ml_inference {

/// One JSON object on one line, without a newline. docs/operations.md lists the keys.
[[nodiscard]] std::string json_report(const LoadResult& result);

/// A few lines for a terminal, each with its newline.
[[nodiscard]] std::string text_report(const LoadResult& result);

/// One line without a newline, of at most 79 columns.
[[nodiscard]] std::string progress_line(const LoadProgress& progress);

/// What a run may cost at most.
struct LoadThresholds {
  std::optional<std::uint64_t> failures_max;
  std::optional<double> p99_max_ms;
};

/// What is broken, in one sentence each line; empty when nothing is. A run that sent nothing breaks
/// a threshold for the latency: it has shown none.
[[nodiscard]] std::string broken_thresholds(const LoadResult& result,
                                            const LoadThresholds& thresholds);

}  // namespace ml_inference
