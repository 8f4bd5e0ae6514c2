// SPDX-License-Identifier: MIT
// The numbers that this process publishes.
//
//   Counter& predictions = metrics.counter("predictions_total", "Rows predicted.", {{"model",
//   "iris"}}); predictions.Increment();
//
// Counters, gauges and the registry are prometheus-cpp's. The histogram is ours: the library's
// takes a mutex for each observation (docs/decisions, metrics).
#pragma once

#include "telemetry/histogram.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/labels.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace ml_inference {

using Counter = prometheus::Counter;            ///< Increment(), Increment(n >= 0), Value()
using Gauge = prometheus::Gauge;                ///< Set(), Increment(), Decrement(), Value()
using MetricLabels = prometheus::Labels;        ///< name -> value, sorted by name
using MetricFamily = prometheus::MetricFamily;  ///< one name, its help, its type, its samples

/// Takes facts that are read at scrape time. Lives for one Metrics::collect().
class FamilySink {
 public:
  /// Adds one sample. The name's rules are those of Metrics; the same name with other labels adds
  /// to the same family.
  void counter(const std::string& name, const std::string& help, double value,
               const MetricLabels& labels = {});
  void gauge(const std::string& name, const std::string& help, double value,
             const MetricLabels& labels = {});

 private:
  friend class Metrics;
  void add(MetricFamily family);
  void add(const std::string& name, const std::string& help, prometheus::MetricType type,
           prometheus::ClientMetric sample, const MetricLabels& labels);

  std::map<std::string, MetricFamily> families_;  // by name
};

/// The registry. A name belongs to one type and has one help text: the first one given. Asking
/// again with the same name and labels returns the same object.
///
/// Names match [a-zA-Z_:][a-zA-Z0-9_:]*, a counter's ends in "_total" and no other type's does;
/// they carry base units (seconds, bytes). Label names match [a-zA-Z_][a-zA-Z0-9_]*. Breaking a
/// rule is an assertion. Label values may be any bytes, but each new one is a time series kept for
/// the life of the process and of the server that scrapes us: the caller passes only values from a
/// small closed set, never one that a client chose. Threads: any, for every member. The references
/// stay valid as long as this object; keep them, since looking one up takes a lock and a search
/// (about a microsecond), while incrementing takes neither.
class Metrics {
 public:
  [[nodiscard]] Counter& counter(const std::string& name, const std::string& help,
                                 const MetricLabels& labels = {});
  [[nodiscard]] Gauge& gauge(const std::string& name, const std::string& help,
                             const MetricLabels& labels = {});

  /// upper_bounds  as for Histogram; all of one name should have the same, and an object that
  /// exists
  ///               already keeps its own.
  [[nodiscard]] Histogram& histogram(const std::string& name, const std::string& help,
                                     const MetricLabels& labels, std::vector<double> upper_bounds);

  /// Calls `collector` in each collect(), on the thread that collects, one at a time. It may not
  /// call this object, and what it refers to must outlive this object.
  void add_collector(std::function<void(FamilySink&)> collector);

  /// All families sorted by name, each one's samples sorted by labels. For exposition.h.
  [[nodiscard]] std::vector<MetricFamily> collect() const;

 private:
  struct HistogramFamily {
    std::string help;
    std::map<MetricLabels, std::unique_ptr<Histogram>> by_labels;
  };

  void claim(const std::string& name, prometheus::MetricType type, const MetricLabels& labels);

  mutable std::mutex mutex_;
  prometheus::Registry registry_;                             // guarded by its own lock
  std::map<std::string, prometheus::MetricType> types_;       // guarded by mutex_
  std::map<std::string, HistogramFamily> histograms_;         // guarded by mutex_
  std::vector<std::function<void(FamilySink&)>> collectors_;  // guarded by mutex_
};

}  // namespace ml_inference
