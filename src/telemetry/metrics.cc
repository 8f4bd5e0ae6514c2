// SPDX-License-Identifier: MIT
#include "telemetry/metrics.h"

#include "base/assert.h"

#include <prometheus/family.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace ml_inference {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricType;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_metric_name(std::string_view name) {
  const auto allowed = [](char c) { return is_letter(c) || is_digit(c) || c == ':'; };
  return !name.empty() && !is_digit(name.front()) && std::ranges::all_of(name, allowed);
}

// "le" is the bucket's label, and names that begin with two underscores are Prometheus's own.
bool is_label_name(std::string_view name) {
  const auto allowed = [](char c) { return is_letter(c) || is_digit(c); };
  return !name.empty() && !is_digit(name.front()) && !name.starts_with("__") && name != "le" &&
         std::ranges::all_of(name, allowed);
}

void check_names(const std::string& name, MetricType type, const MetricLabels& labels) {
  ASSERT(is_metric_name(name));
  const bool counter_names_end_in_total = name.ends_with("_total") == (type == MetricType::Counter);
  ASSERT(counter_names_end_in_total);
  for (const auto& label : labels) ASSERT(is_label_name(label.first));
}

ClientMetric histogram_sample(const Histogram& histogram) {
  const Histogram::Reading reading = histogram.read();
  ClientMetric sample;
  sample.histogram.sample_count = reading.count;
  sample.histogram.sample_sum = reading.sum;
  for (std::size_t index = 0; index < reading.cumulative_counts.size(); ++index) {
    sample.histogram.bucket.push_back({.cumulative_count = reading.cumulative_counts[index],
                                       .upper_bound = histogram.upper_bounds()[index]});
  }
  return sample;
}

}  // namespace

void FamilySink::counter(const std::string& name, const std::string& help, double value,
                         const MetricLabels& labels) {
  ClientMetric sample;
  sample.counter.value = value;
  add(name, help, MetricType::Counter, std::move(sample), labels);
}

void FamilySink::gauge(const std::string& name, const std::string& help, double value,
                       const MetricLabels& labels) {
  ClientMetric sample;
  sample.gauge.value = value;
  add(name, help, MetricType::Gauge, std::move(sample), labels);
}

void FamilySink::add(const std::string& name, const std::string& help, MetricType type,
                     ClientMetric sample, const MetricLabels& labels) {
  check_names(name, type, labels);
  for (const auto& [label, value] : labels) sample.label.push_back({label, value});
  add(MetricFamily{.name = name, .help = help, .type = type, .metric = {std::move(sample)}});
}

void FamilySink::add(MetricFamily family) {
  const auto [place, is_new] = families_.try_emplace(family.name);
  if (is_new) {
    place->second = std::move(family);
    return;
  }
  ASSERT(place->second.type == family.type);
  std::ranges::move(family.metric, std::back_inserter(place->second.metric));
}

Counter& Metrics::counter(const std::string& name, const std::string& help,
                          const MetricLabels& labels) {
  const std::lock_guard lock(mutex_);
  claim(name, MetricType::Counter, labels);
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry_).Add(labels);
}

Gauge& Metrics::gauge(const std::string& name, const std::string& help,
                      const MetricLabels& labels) {
  const std::lock_guard lock(mutex_);
  claim(name, MetricType::Gauge, labels);
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry_).Add(labels);
}

Histogram& Metrics::histogram(const std::string& name, const std::string& help,
                              const MetricLabels& labels, std::vector<double> upper_bounds) {
  const std::lock_guard lock(mutex_);
  claim(name, MetricType::Histogram, labels);
  HistogramFamily& family = histograms_.try_emplace(name, help).first->second;
  std::unique_ptr<Histogram>& histogram = family.by_labels[labels];
  if (histogram == nullptr) histogram = std::make_unique<Histogram>(std::move(upper_bounds));
  return *histogram;
}

void Metrics::add_collector(std::function<void(FamilySink&)> collector) {
  const std::lock_guard lock(mutex_);
  collectors_.push_back(std::move(collector));
}

std::vector<MetricFamily> Metrics::collect() const {
  FamilySink sink;
  const std::lock_guard lock(mutex_);
  for (MetricFamily& family : registry_.Collect()) sink.add(std::move(family));
  for (const auto& [name, family] : histograms_) {
    MetricFamily samples{.name = name, .help = family.help, .type = MetricType::Histogram};
    for (const auto& [labels, histogram] : family.by_labels) {
      ClientMetric sample = histogram_sample(*histogram);
      for (const auto& [label, value] : labels) sample.label.push_back({label, value});
      samples.metric.push_back(std::move(sample));
    }
    sink.add(std::move(samples));
  }
  for (const auto& collector : collectors_) collector(sink);

  std::vector<MetricFamily> families;
  for (auto& [name, family] : sink.families_) {
    std::ranges::sort(family.metric, {}, &ClientMetric::label);
    families.push_back(std::move(family));
  }
  return families;
}

// The library throws when a name comes back with another type; we end earlier and say where.
void Metrics::claim(const std::string& name, MetricType type, const MetricLabels& labels) {
  check_names(name, type, labels);
  ASSERT(types_.try_emplace(name, type).first->second == type);
}

}  // namespace ml_inference
