// SPDX-License-Identifier: MIT
#include "load/load_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ml_inference {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

LoadResult sample() {
  LoadResult result;
  result.sent = 4;
  result.succeeded = 2;
  result.failed = 2;
  result.late = 1;
  result.failures = {{"status 503", 1}, {"timeout", 1}};
  result.statuses = {{200, 2}, {503, 1}};
  result.keep = {.sent = 4, .failed = 2, .connections = 1};
  result.per_second = {{.sent = 4, .failed = 2, .p99_ms = 2}};
  result.sending_seconds = 2;
  result.seconds = 2.5;
  for (const std::uint64_t ms : {1, 2}) result.latency.record(ms * 1'000'000);
  return result;
}

TEST(JsonReport, HasEachKeyInItsPlace) {
  EXPECT_EQ(json_report(sample()),
            R"({"seconds":2.500,"rate":2.000,"sent":4,"succeeded":2,"failed":2,"late":1,)"
            R"("stopped":false,"failures":{"status 503":1,"timeout":1},)"
            R"("statuses":{"200":2,"503":1},"latency_ms":{"mean":1.500,"p50":1.004,"p90":2.000,)"
            R"("p99":2.000,"p999":2.000,"max":2.000},)"
            R"("keep":{"sent":4,"failed":2,"connections":1},)"
            R"("new":{"sent":0,"failed":0,"connections":0},)"
            R"("per_second":[{"second":0,"sent":4,"failed":2,"p99_ms":2.000}]})");
}

TEST(JsonReport, SaysNullOfWhatWasNotMeasured) {
  LoadResult result = sample();
  result.latency = {};
  result.per_second = {{.sent = 4, .failed = 4}};
  EXPECT_THAT(json_report(result), HasSubstr(R"("p99":null,"p999":null,"max":null})"));
  EXPECT_THAT(json_report(result), HasSubstr(R"("failed":4,"p99_ms":null})"));
  EXPECT_THAT(text_report(result), HasSubstr("\nlatency: none was measured\n"));
}

TEST(TextReport, NamesEachReasonWithItsCount) {
  const std::string text = text_report(sample());
  EXPECT_THAT(text, HasSubstr("4 requests in 2.5 s (2.0 a second): 2 succeeded, 2 failed, 1 late"));
  EXPECT_THAT(text, HasSubstr("failed: 1 x status 503\nfailed: 1 x timeout\n"));
  EXPECT_THAT(text, HasSubstr("kept alive: 4 requests on 1 connections, 2 failed"));
  EXPECT_THAT(text, testing::Not(HasSubstr("new connections")));
}

TEST(ProgressLine, FitsATerminal) {
  EXPECT_EQ(progress_line({.seconds = 3, .sent = 300, .failed = 1, .in_flight = 2, .p99_ms = 1.5}),
            "3 s  sent 300  failed 1  in flight 2  waiting 0  p99 1.5 ms");
  const std::uint64_t many = ~std::uint64_t{0};
  EXPECT_LE(
      progress_line({.seconds = 86'400, .sent = many, .failed = many, .waiting = many}).size(), 79);
}

TEST(BrokenThresholds, SaysWhatWasExpectedAndGot) {
  EXPECT_THAT(broken_thresholds(sample(), {}), IsEmpty());
  EXPECT_THAT(broken_thresholds(sample(), {.failures_max = 2, .p99_max_ms = 3}), IsEmpty());
  EXPECT_EQ(broken_thresholds(sample(), {.failures_max = 1}),
            "2 requests failed, expected at most 1\n");
  EXPECT_THAT(broken_thresholds(sample(), {.p99_max_ms = 1}),
              testing::StartsWith("p99 is 2.000 ms, expected at most 1 ms"));
}

TEST(BrokenThresholds, TakesNoMeasurementForAGoodOne) {
  EXPECT_THAT(broken_thresholds(LoadResult(), {.p99_max_ms = 1}), HasSubstr("no latency"));
}

}  // namespace
}  // namespace ml_inference
