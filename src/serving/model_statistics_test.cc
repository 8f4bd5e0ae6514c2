// SPDX-License-Identifier: MIT
#include "serving/model_statistics.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

using std::chrono::nanoseconds;

TEST(ModelStatistics, SumsWhatRequestsTook) {
  ModelStatistics statistics;
  EXPECT_EQ(statistics.read().last_inference_ms, 0U);
  const RequestTimes times{.queue = nanoseconds(1),
                           .input = nanoseconds(20),
                           .compute = nanoseconds(300),
                           .output = nanoseconds(4'000)};
  statistics.count_success(2, 2, times);
  statistics.count_success(2, 2, times);
  statistics.count_success(5, 5, times);
  statistics.count_failure(nanoseconds(7));
  const ModelStatisticsReading reading = statistics.read();
  EXPECT_EQ(reading.inference_count, 9U);
  EXPECT_EQ(reading.execution_count, 3U);
  EXPECT_GT(reading.last_inference_ms, 0U);
  EXPECT_EQ(reading.success.count, 3U);
  EXPECT_EQ(reading.success.nanoseconds, 3U * 4'321U);
  EXPECT_EQ(reading.queue.nanoseconds, 3U);
  EXPECT_EQ(reading.compute_input.nanoseconds, 60U);
  EXPECT_EQ(reading.compute_infer.nanoseconds, 900U);
  EXPECT_EQ(reading.compute_output.nanoseconds, 12'000U);
  EXPECT_EQ(reading.fail.count, 1U);
  EXPECT_EQ(reading.fail.nanoseconds, 7U);
  ASSERT_EQ(reading.batches.size(), 2U);
  EXPECT_EQ(reading.batches.at(2).count, 2U);
  EXPECT_EQ(reading.batches.at(5).nanoseconds, 300U);
}

}  // namespace
}  // namespace ml_inference
