// SPDX-License-Identifier: MIT
#include "api/api_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <thread>
#include <vector>

namespace ml_inference {
namespace {

const std::size_t kPredict = find_route("/predict").route;
const std::size_t kHealth = find_route("/health").route;
const std::size_t kReady = find_route("/ready").route;
const std::size_t kIndex = find_route("/").route;

// The counts of http_requests_total by "route method status".
std::map<std::string, double> request_counts(const Metrics& metrics) {
  std::map<std::string, double> counts;
  for (const MetricFamily& family : metrics.collect()) {
    if (family.name != "http_requests_total") continue;
    for (const auto& sample : family.metric) {
      std::map<std::string, std::string> labels;
      for (const auto& label : sample.label) labels[label.name] = label.value;
      counts[labels["route"] + " " + labels["method"] + " " + labels["status"]] =
          sample.counter.value;
    }
  }
  return counts;
}

using Counts = std::map<std::string, double>;

TEST(ApiMetrics, CountsRequestsByRouteMethodAndStatus) {
  Metrics metrics;
  ApiMetrics api_metrics(metrics);
  EXPECT_EQ(request_counts(metrics), Counts{});
  api_metrics.count_request(kPredict, "POST", 200);
  api_metrics.count_request(kPredict, "POST", 200);
  api_metrics.count_request(kPredict, "POST", 422);
  api_metrics.count_request(kHealth, "HEAD", 200);
  EXPECT_EQ(request_counts(metrics),
            (Counts{{"/predict POST 200", 2}, {"/predict POST 422", 1}, {"/health HEAD 200", 1}}));
}

TEST(ApiMetrics, AClientCannotMakeLabelValues) {
  Metrics metrics;
  ApiMetrics api_metrics(metrics);
  for (const char* method : {"BREW", "get", "", "other"}) {
    api_metrics.count_request(0, method, 404);
  }
  EXPECT_EQ(request_counts(metrics), (Counts{{"other other 404", 4}}));
}

TEST(ApiMetrics, KnowsEveryStatusThatIsSent) {
  Metrics metrics;
  ApiMetrics api_metrics(metrics);
  const std::vector<int> statuses{200, 400, 404, 405, 408, 413, 415, 417,
                                  422, 431, 500, 501, 503, 504, 505, 507};
  for (const int status : statuses) api_metrics.count_request(kIndex, "GET", status);
  EXPECT_EQ(request_counts(metrics).size(), statuses.size());
}

TEST(ApiMetrics, CountsFromManyThreadsWithoutLosingOne) {
  Metrics metrics;
  ApiMetrics api_metrics(metrics);
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&] {
        for (int i = 0; i < 1'000; ++i) api_metrics.count_request(kReady, "GET", 503);
      });
    }
  }
  EXPECT_EQ(request_counts(metrics), (Counts{{"/ready GET 503", 4'000}}));
}

TEST(ApiMetrics, PublishesItsOtherFamiliesFromTheStart) {
  Metrics metrics;
  const ApiMetrics api_metrics(metrics);
  std::vector<std::string> names;
  for (const MetricFamily& family : metrics.collect()) names.push_back(family.name);
  EXPECT_THAT(names, ::testing::ElementsAre("log_lines_sampled_out_total",
                                            "prediction_latency_seconds", "predictions_total"));
}

}  // namespace
}  // namespace ml_inference
