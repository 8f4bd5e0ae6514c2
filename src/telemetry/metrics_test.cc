// SPDX-License-Identifier: MIT
#include "telemetry/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <thread>

namespace ml_inference {
namespace {

using testing::ElementsAre;

TEST(Metrics, ReturnsTheSameObjectForTheSameNameAndLabels) {
  Metrics metrics;
  Counter& setosa = metrics.counter("predictions_total", "Rows.", {{"class", "setosa"}});
  EXPECT_EQ(&metrics.counter("predictions_total", "Rows.", {{"class", "setosa"}}), &setosa);
  EXPECT_NE(&metrics.counter("predictions_total", "Rows.", {{"class", "other"}}), &setosa);
  Gauge& gauge = metrics.gauge("models", "Models.");
  EXPECT_EQ(&metrics.gauge("models", "Models."), &gauge);
  Histogram& histogram = metrics.histogram("latency_seconds", "Time.", {}, {1, 2});
  EXPECT_EQ(&metrics.histogram("latency_seconds", "Time.", {}, {1, 2}), &histogram);
}

TEST(Metrics, CollectsSortedByNameAndLabels) {
  Metrics metrics;
  metrics.counter("b_total", "B.", {{"x", "2"}}).Increment(3);
  metrics.counter("b_total", "B.", {{"x", "1"}}).Increment();
  metrics.gauge("c", "C.").Set(5);
  metrics.add_collector([](FamilySink& sink) {
    sink.gauge("a", "A.", 7, {{"k", "v"}});
    sink.gauge("c", "C.", 6, {{"k", "v"}});
  });
  const auto families = metrics.collect();
  ASSERT_EQ(families.size(), 3);
  EXPECT_EQ(families[0].name, "a");
  EXPECT_EQ(families[0].metric[0].gauge.value, 7);
  EXPECT_EQ(families[1].name, "b_total");
  EXPECT_EQ(families[1].metric[0].counter.value, 1);
  EXPECT_EQ(families[1].metric[1].counter.value, 3);
  EXPECT_EQ(families[2].name, "c");
  ASSERT_EQ(families[2].metric.size(), 2);
  EXPECT_EQ(families[2].metric[0].gauge.value, 5);
}

TEST(Metrics, AsksCollectorsAnewEachTime) {
  Metrics metrics;
  int calls = 0;
  metrics.add_collector([&calls](FamilySink& sink) { sink.counter("calls_total", "C.", ++calls); });
  EXPECT_EQ(metrics.collect()[0].metric[0].counter.value, 1);
  EXPECT_EQ(metrics.collect()[0].metric[0].counter.value, 2);
}

TEST(Metrics, CountsEveryIncrementOfManyThreads) {
  constexpr int kThreads = 4, kRounds = 10000;
  Metrics metrics;
  Counter& counter = metrics.counter("rounds_total", "Rounds.");
  Histogram& histogram = metrics.histogram("round_seconds", "Time.", {}, {0.5});
  std::vector<std::thread> threads;
  for (int index = 0; index < kThreads; ++index) {
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        counter.Increment();
        histogram.observe(round % 2);
        if (round % 1000 == 0) static_cast<void>(metrics.collect());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.Value(), kThreads * kRounds);
  const auto reading = histogram.read();
  EXPECT_EQ(reading.count, kThreads * kRounds);
  EXPECT_THAT(reading.cumulative_counts, ElementsAre(kThreads * kRounds / 2));
  EXPECT_EQ(reading.sum, kThreads * kRounds / 2);
}

TEST(MetricsDeathTest, EndsTheProcessOnARuleBrokenByTheProgram) {
  Metrics metrics;
  static_cast<void>(metrics.gauge("taken", "G."));
  EXPECT_DEATH(static_cast<void>(metrics.histogram("taken", "H.", {}, {1})), "assertion failed");
  EXPECT_DEATH(static_cast<void>(metrics.counter("requests", "No total.")), "assertion failed");
  EXPECT_DEATH(static_cast<void>(metrics.gauge("models_total", "Total.")), "assertion failed");
  EXPECT_DEATH(static_cast<void>(metrics.gauge("two words", "G.")), "assertion failed");
  EXPECT_DEATH(static_cast<void>(metrics.gauge("g", "G.", {{"le", "1"}})), "assertion failed");
  EXPECT_DEATH(Histogram({1, 1}), "assertion failed");
}

TEST(Histogram, CountsAValueAtABoundBelowIt) {
  Histogram histogram({0.1, 1});
  for (double value : {0.1, 0.100001, 1.0, 2.0, -5.0}) histogram.observe(value);
  const auto reading = histogram.read();
  EXPECT_THAT(reading.cumulative_counts, ElementsAre(2, 4));
  EXPECT_EQ(reading.count, 5);
  EXPECT_DOUBLE_EQ(reading.sum, -1.799999);
}

TEST(Histogram, CountsNotANumberAboveAllBounds) {
  Histogram histogram({0.1});
  histogram.observe(std::nan(""));
  EXPECT_THAT(histogram.read().cumulative_counts, ElementsAre(0));
  EXPECT_EQ(histogram.read().count, 1);
  EXPECT_TRUE(std::isnan(histogram.read().sum));
}

}  // namespace
}  // namespace ml_inference
