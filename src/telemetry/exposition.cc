// SPDX-License-Identifier: MIT
#include "telemetry/exposition.h"

#include "base/utf8.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>

namespace ml_inference {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricType;

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD in UTF-8
constexpr std::string_view kTotal = "_total";

// Whole numbers up to here are exact in a double and are written without exponent.
constexpr double kExactWholeMax = 9007199254740992;  // 2^53

std::string_view type_name(MetricType type) {
  if (type == MetricType::Counter) return "counter";
  return type == MetricType::Histogram ? "histogram" : "gauge";
}

void append_special(std::string& out, double value) {
  out += std::isnan(value) ? "NaN" : value < 0 ? "-Inf" : "+Inf";
}

// The fewest digits that read back the same, in the given form or else in the shorter one.
template <class... Format>
void append_shortest(std::string& out, double value, Format... format) {
  std::array<char, 32> text;
  out.append(text.begin(), std::to_chars(text.begin(), text.end(), value, format...).ptr);
}

void append_value(std::string& out, double value) {
  if (!std::isfinite(value)) return append_special(out, value);
  const bool whole = std::fabs(value) <= kExactWholeMax && value == std::trunc(value);
  if (whole) {
    append_shortest(out, value, std::chars_format::fixed);
  } else {
    append_shortest(out, value);
  }
}

// A bucket's bound is text to a database, so both formats write it alike: as OpenMetrics asks, in
// Go's %g with ".0" behind a whole number ("0.005", "1.0", "1e-05", "1e+06").
void append_bound(std::string& out, double bound) {
  if (!std::isfinite(bound)) return append_special(out, bound);
  const double magnitude = std::fabs(bound);
  const bool fixed = magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e6);
  append_shortest(out, bound, fixed ? std::chars_format::fixed : std::chars_format::scientific);
  if (fixed && bound == std::trunc(bound)) out += ".0";
}

void append_escaped(std::string& out, std::string_view text, bool quotes_too) {
  while (!text.empty()) {
    const std::size_t size = utf8_sequence_size(text);
    if (text.front() == '\\') {
      out += "\\\\";
    } else if (text.front() == '\n') {
      out += "\\n";
    } else if (text.front() == '"' && quotes_too) {
      out += "\\\"";
    } else {
      out += size == 0 ? kReplacement : text.substr(0, size);
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
}

void append_label(std::string& out, std::string_view name, std::string_view value) {
  out += out.back() == '{' ? "" : ",";
  out += name;
  out += "=\"";
  append_escaped(out, value, true);
  out += '"';
}

// name{labels,le="bound"} and the space before the value.
void append_series(std::string& out, std::string_view name, const ClientMetric& sample,
                   std::optional<double> bound = std::nullopt) {
  out += name;
  if (!sample.label.empty() || bound) {
    out += '{';
    for (const ClientMetric::Label& label : sample.label)
      append_label(out, label.name, label.value);
    if (bound) {
      std::string text;
      append_bound(text, *bound);
      append_label(out, "le", text);
    }
    out += '}';
  }
  out += ' ';
}

void append_sample(std::string& out, std::string_view name, const ClientMetric& sample,
                   double value) {
  append_series(out, name, sample);
  append_value(out, value);
  out += '\n';
}

void append_bucket(std::string& out, const std::string& name, const ClientMetric& sample,
                   double bound, std::uint64_t count) {
  append_series(out, name + "_bucket", sample, bound);
  out += std::to_string(count);
  out += '\n';
}

void append_histogram(std::string& out, const std::string& name, const ClientMetric& sample) {
  for (const ClientMetric::Bucket& bucket : sample.histogram.bucket) {
    append_bucket(out, name, sample, bucket.upper_bound, bucket.cumulative_count);
  }
  append_bucket(out, name, sample, INFINITY, sample.histogram.sample_count);
  append_sample(out, name + "_sum", sample, sample.histogram.sample_sum);
  append_series(out, name + "_count", sample);
  out += std::to_string(sample.histogram.sample_count);
  out += '\n';
}

void append_metadata(std::string& out, std::string_view keyword, std::string_view name) {
  out += "# ";
  out += keyword;
  out += ' ';
  out += name;
  out += ' ';
}

// OpenMetrics names the family of a counter without "_total", and its unit if the name ends in one.
void append_head(std::string& out, const MetricFamily& family, ExpositionFormat format) {
  const bool openmetrics = format == ExpositionFormat::openmetrics;
  std::string_view name = family.name;
  if (openmetrics && family.type == MetricType::Counter) name.remove_suffix(kTotal.size());
  append_metadata(out, "HELP", name);
  append_escaped(out, family.help, openmetrics);
  out += '\n';
  append_metadata(out, "TYPE", name);
  out += type_name(family.type);
  out += '\n';
  if (!openmetrics) return;
  for (const std::string_view unit : {"seconds", "bytes"}) {
    if (!name.ends_with(unit) || !name.substr(0, name.size() - unit.size()).ends_with('_'))
      continue;
    append_metadata(out, "UNIT", name);
    out += unit;
    out += '\n';
  }
}

}  // namespace

std::string_view content_type(ExpositionFormat format) {
  return format == ExpositionFormat::openmetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

std::string render_exposition(const std::vector<MetricFamily>& families, ExpositionFormat format) {
  std::string out;
  for (const MetricFamily& family : families) {
    append_head(out, family, format);
    for (const ClientMetric& sample : family.metric) {
      if (family.type == MetricType::Histogram) {
        append_histogram(out, family.name, sample);
      } else {
        const bool counter = family.type == MetricType::Counter;
        append_sample(out, family.name, sample,
                      counter ? sample.counter.value : sample.gauge.value);
      }
    }
  }
  if (format == ExpositionFormat::openmetrics) out += "# EOF\n";
  return out;
}

}  // namespace ml_inference
