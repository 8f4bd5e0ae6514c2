// SPDX-License-Identifier: MIT
// Metrics as bytes for whoever scrapes them.
//
// Sources: Prometheus "Exposition formats" (text 0.0.4), OpenMetrics 1.0.0, RFC 9110
// section 12.5.1.
#pragma once

#include "telemetry/metrics.h"

#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

enum class ExpositionFormat { prometheus_text, openmetrics };

/// The format that an Accept header prefers; an empty one means that there was none. Where
/// OpenMetrics and text are equal, the one named exactly and first wins, else text. Text too when
/// neither is acceptable: a scraper that asks wrongly is helped more by numbers than by a 406.
[[nodiscard]] ExpositionFormat negotiate_exposition(std::string_view accept);

/// The value for the Content-Type header.
[[nodiscard]] std::string_view content_type(ExpositionFormat format);

/// All samples in the order given, as UTF-8 (bytes of labels and help that are not become U+FFFD).
/// families  counters, gauges and histograms with valid names, as Metrics::collect() gives them.
[[nodiscard]] std::string render_exposition(const std::vector<MetricFamily>& families,
                                            ExpositionFormat format);

}  // namespace ml_inference
