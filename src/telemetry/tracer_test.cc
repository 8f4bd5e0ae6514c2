// SPDX-License-Identifier: MIT
#include "telemetry/tracer.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fcntl.h>
#include <string>

namespace ml_inference {
namespace {

using std::chrono::nanoseconds;

constexpr std::string_view kSampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr std::string_view kUnsampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

class TracerTest : public ::testing::Test {
 protected:
  double sampled_share(int count = 20'000) {
    int sampled = 0;
    for (int i = 0; i < count; ++i) sampled += tracer.begin("", ids).context.sampled ? 1 : 0;
    return static_cast<double>(sampled) / count;
  }

  JsonLog log{::open("/dev/null", O_WRONLY)};
  std::mt19937_64 ids{42};
  Tracer tracer{{.endpoint = *parse_otlp_endpoint("http://127.0.0.1:9")}, 1, log};
};

TEST_F(TracerTest, TakesTheShareThatIsSetOfTheTracesThatBeginHere) {
  EXPECT_EQ(sampled_share(), 1);
  tracer.set_sample_ratio(0);
  EXPECT_EQ(sampled_share(), 0);
  tracer.set_sample_ratio(0.25);
  EXPECT_NEAR(sampled_share(), 0.25, 0.02);
}

TEST_F(TracerTest, DecidesByTheLowBytesOfTheId) {
  tracer.set_sample_ratio(0.5);
  for (int i = 0; i < 1000; ++i) {
    const RequestTrace trace = tracer.begin("", ids);
    if (!trace.context.sampled) continue;
    EXPECT_LT(trace.context.trace_id.low, std::uint64_t{1} << 63);
    EXPECT_NE(trace.context.trace_id.high, 0U);
    EXPECT_NE(trace.context.span_id, 0U);
    EXPECT_EQ(trace.parent_span_id, 0U);
  }
}

TEST_F(TracerTest, FollowsTheCallerWhateverTheShare) {
  tracer.set_sample_ratio(0);
  const RequestTrace trace = tracer.begin(kSampled, ids);
  EXPECT_TRUE(trace.context.sampled);
  EXPECT_EQ(trace.context.trace_id, parse_traceparent(kSampled)->trace_id);
  EXPECT_EQ(trace.parent_span_id, 0x00f067aa0ba902b7U);
  EXPECT_NE(trace.context.span_id, trace.parent_span_id);
  tracer.set_sample_ratio(1);
  EXPECT_FALSE(tracer.begin(kUnsampled, ids).context.sampled);
}

TEST_F(TracerTest, ABrokenParentBeginsANewTrace) {
  const RequestTrace trace = tracer.begin(kSampled.substr(1), ids);
  EXPECT_TRUE(trace.context.sampled);
  EXPECT_EQ(trace.parent_span_id, 0U);
}

TEST(RequestPhases, FollowOneAnotherWithinTheRequest) {
  const RequestTrace::Time end(nanoseconds(1'000));
  const SpanPhase::Time end_unix(nanoseconds(5'000'000));
  RequestTrace trace;
  trace.compute_begin = end - nanoseconds(70);
  trace.compute_end = end - nanoseconds(20);
  trace.encode_end = end + nanoseconds(10);  // cannot be; stays within
  Span span;
  add_phases(trace, nanoseconds(100), end, end_unix, span);
  EXPECT_EQ(span.begin, end_unix - nanoseconds(100));
  EXPECT_EQ(span.end, end_unix);
  ASSERT_EQ(span.phase_count, 3U);
  EXPECT_EQ(span.phases[0].name, "queue");
  EXPECT_EQ(span.phases[0].begin, span.begin);
  EXPECT_EQ(span.phases[0].end, end_unix - nanoseconds(70));
  EXPECT_EQ(span.phases[1].name, "compute");
  EXPECT_EQ(span.phases[1].end, end_unix - nanoseconds(20));
  EXPECT_EQ(span.phases[2].name, "encode");
  EXPECT_EQ(span.phases[2].end, end_unix);
}

TEST(RequestPhases, WhoWaitedInVainHasOnlyWaited) {
  Span span;
  RequestTrace trace;
  const RequestTrace::Time end(nanoseconds(1'000));
  add_phases(trace, nanoseconds(100), end, SpanPhase::Time(nanoseconds(5'000)), span);
  EXPECT_EQ(span.phase_count, 0U) << "refused at once";
  trace.queued = true;
  add_phases(trace, nanoseconds(100), end, SpanPhase::Time(nanoseconds(5'000)), span);
  ASSERT_EQ(span.phase_count, 1U);
  EXPECT_EQ(span.phases[0].begin, span.begin);
  EXPECT_EQ(span.phases[0].end, span.end);
}

}  // namespace
}  // namespace ml_inference
