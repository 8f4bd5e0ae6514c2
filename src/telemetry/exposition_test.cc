// SPDX-License-Identifier: MIT
#include "telemetry/exposition.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace ml_inference {
namespace {

using enum ExpositionFormat;

// One family of each kind, with everything that needs escaping.
void fill(Metrics& metrics) {
  metrics.counter("http_requests_total", "Requests.", {{"status", "200"}, {"route", "/a\"b\\c\nd"}})
      .Increment(41);
  metrics.gauge("resident_memory_bytes", "A \"quoted\" \\ help\nof two lines.").Set(1e6);
  metrics.gauge("odd", "Odd numbers.", {{"n", "1"}}).Set(std::numeric_limits<double>::infinity());
  metrics.gauge("odd", "Odd numbers.", {{"n", "2"}}).Set(-0.25);
  metrics.gauge("odd", "Odd numbers.", {{"n", "3"}}).Set(1.5e300);
  metrics.gauge("odd", "Odd numbers.", {{"n", "\xFFx\xC3\xA9"}}).Set(std::nan(""));
  Histogram& histogram = metrics.histogram("latency_seconds", "Time.", {{"route", "/predict"}},
                                           {0.00001, 0.0005, 1, 1000000});
  histogram.observe(0.00025);
  histogram.observe(0.5);
  histogram.observe(2e6);
}

TEST(Exposition, WritesPrometheusTextToTheLetter) {
  Metrics metrics;
  fill(metrics);
  EXPECT_EQ(render_exposition(metrics.collect(), prometheus_text),
            R"(# HELP http_requests_total Requests.
# TYPE http_requests_total counter
http_requests_total{route="/a\"b\\c\nd",status="200"} 41
# HELP latency_seconds Time.
# TYPE latency_seconds histogram
latency_seconds_bucket{route="/predict",le="1e-05"} 0
latency_seconds_bucket{route="/predict",le="0.0005"} 1
latency_seconds_bucket{route="/predict",le="1.0"} 2
latency_seconds_bucket{route="/predict",le="1e+06"} 2
latency_seconds_bucket{route="/predict",le="+Inf"} 3
latency_seconds_sum{route="/predict"} 2000000.50025
latency_seconds_count{route="/predict"} 3
# HELP odd Odd numbers.
# TYPE odd gauge
odd{n="1"} +Inf
odd{n="2"} -0.25
odd{n="3"} 1.5e+300
odd{n="�xé"} NaN
# HELP resident_memory_bytes A "quoted" \\ help\nof two lines.
# TYPE resident_memory_bytes gauge
resident_memory_bytes 1000000
)");
}

TEST(Exposition, WritesOpenMetricsToTheLetter) {
  Metrics metrics;
  fill(metrics);
  EXPECT_EQ(render_exposition(metrics.collect(), openmetrics),
            R"(# HELP http_requests Requests.
# TYPE http_requests counter
http_requests_total{route="/a\"b\\c\nd",status="200"} 41
# HELP latency_seconds Time.
# TYPE latency_seconds histogram
# UNIT latency_seconds seconds
latency_seconds_bucket{route="/predict",le="1e-05"} 0
latency_seconds_bucket{route="/predict",le="0.0005"} 1
latency_seconds_bucket{route="/predict",le="1.0"} 2
latency_seconds_bucket{route="/predict",le="1e+06"} 2
latency_seconds_bucket{route="/predict",le="+Inf"} 3
latency_seconds_sum{route="/predict"} 2000000.50025
latency_seconds_count{route="/predict"} 3
# HELP odd Odd numbers.
# TYPE odd gauge
odd{n="1"} +Inf
odd{n="2"} -0.25
odd{n="3"} 1.5e+300
odd{n="�xé"} NaN
# HELP resident_memory_bytes A \"quoted\" \\ help\nof two lines.
# TYPE resident_memory_bytes gauge
# UNIT resident_memory_bytes bytes
resident_memory_bytes 1000000
# EOF
)");
}

TEST(Exposition, OfNothingIsEmptyOrOnlyItsEnd) {
  EXPECT_EQ(render_exposition({}, prometheus_text), "");
  EXPECT_EQ(render_exposition({}, openmetrics), "# EOF\n");
}

TEST(Exposition, NamesItsContentTypes) {
  EXPECT_EQ(content_type(prometheus_text), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(content_type(openmetrics),
            "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

TEST(Negotiation, GivesPrometheusServersWhatTheyPrefer) {
  EXPECT_EQ(negotiate_exposition("application/openmetrics-text;version=1.0.0,"
                                 "application/openmetrics-text;version=0.0.1;q=0.75,"
                                 "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
            openmetrics);
  EXPECT_EQ(negotiate_exposition("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;"
                                 "q=0.6,text/plain;version=1.0.0;q=0.5,text/plain;version=0.0.4;"
                                 "q=0.3,*/*;q=0.2"),
            openmetrics);
  EXPECT_EQ(negotiate_exposition("text/plain;version=0.0.4;q=0.5,*/*;q=0.1"), prometheus_text);
}

TEST(Negotiation, GivesTextToWhoeverDoesNotNameOpenMetrics) {
  for (const char* accept : {"", "*/*", "text/*", "text/html,application/xml;q=0.9,*/*;q=0.8",
                             "application/json", "nonsense", ",;=\"", "text/plain", "a/b;q"}) {
    EXPECT_EQ(negotiate_exposition(accept), prometheus_text) << accept;
  }
}

TEST(Negotiation, ReadsQualitiesSpacesCasesAndQuotes) {
  EXPECT_EQ(negotiate_exposition("Application/OpenMetrics-Text ; Version=\"1.0.0\" ; Q=0.9 , "
                                 "text/plain;q=0.8"),
            openmetrics);
  EXPECT_EQ(negotiate_exposition("application/openmetrics-text;q=0.1,text/plain;q=0.2"),
            prometheus_text);
  EXPECT_EQ(negotiate_exposition("application/openmetrics-text;q=0,*/*;q=0.1"), prometheus_text);
  EXPECT_EQ(negotiate_exposition("application/openmetrics-text;q=2,text/plain;q=0.2"),
            prometheus_text);
  EXPECT_EQ(negotiate_exposition("application/*"), openmetrics);
}

TEST(Negotiation, BetweenEqualsTakesTheOneNamedFirst) {
  EXPECT_EQ(negotiate_exposition("application/openmetrics-text,text/plain"), openmetrics);
  EXPECT_EQ(negotiate_exposition("text/plain,application/openmetrics-text"), prometheus_text);
  EXPECT_EQ(negotiate_exposition("*/*,application/openmetrics-text"), openmetrics);
}

TEST(Negotiation, RefusesVersionsThatItDoesNotWrite) {
  EXPECT_EQ(negotiate_exposition("application/openmetrics-text;version=0.0.1,text/plain;q=0.1"),
            prometheus_text);
  EXPECT_EQ(negotiate_exposition("application/openmetrics-text;version=2.0.0"), prometheus_text);
}

}  // namespace
}  // namespace ml_inference
