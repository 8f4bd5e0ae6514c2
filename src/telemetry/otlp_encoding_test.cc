// SPDX-License-Identifier: MIT
#include "telemetry/otlp_encoding.h"

#include "telemetry/otlp.pb.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>

namespace ml_inference {
namespace {

SpanPhase::Time at(std::int64_t nanoseconds) {
  return SpanPhase::Time(std::chrono::nanoseconds(nanoseconds));
}

otlp::ExportTraceServiceRequest written(const Span& span) {
  std::mt19937_64 ids(1);
  const ResourceAttributes resource{{"service.name", "iris"}};
  otlp::ExportTraceServiceRequest request;
  EXPECT_TRUE(request.ParseFromString(otlp_request_body(resource, "1.2.3", {&span, 1}, ids)));
  return request;
}

TEST(OtlpRequest, HoldsTheSpanAndItsPhases) {
  Span span{.context = {.trace_id = {.high = 1, .low = 0x0203}, .span_id = 4, .sampled = true},
            .parent_span_id = 5,
            .trace_state = "a=1",
            .name = "POST /predict",
            .begin = at(100),
            .end = at(190),
            .attributes = {{"text", "value"}, {"number", std::int64_t{7}}},
            .phase_count = 1};
  span.phases[0] = {.name = "compute", .begin = at(110), .end = at(180)};
  const auto request = written(span);
  const auto& group = request.resource_spans(0);
  EXPECT_EQ(group.resource().attributes(0).key(), "service.name");
  EXPECT_EQ(group.resource().attributes(0).value().string_value(), "iris");
  EXPECT_EQ(group.scope_spans(0).scope().version(), "1.2.3");
  ASSERT_EQ(group.scope_spans(0).spans_size(), 2);

  const otlp::Span& server = group.scope_spans(0).spans(0);
  EXPECT_EQ(server.trace_id(), std::string("\0\0\0\0\0\0\0\1\0\0\0\0\0\0\2\3", 16));
  EXPECT_EQ(server.span_id(), std::string("\0\0\0\0\0\0\0\4", 8));
  EXPECT_EQ(server.parent_span_id(), std::string("\0\0\0\0\0\0\0\5", 8));
  EXPECT_EQ(server.trace_state(), "a=1");
  EXPECT_EQ(server.kind(), otlp::Span::SPAN_KIND_SERVER);
  EXPECT_EQ(server.start_time_unix_nano(), 100U);
  EXPECT_EQ(server.end_time_unix_nano(), 190U);
  EXPECT_EQ(server.attributes(0).value().string_value(), "value");
  EXPECT_EQ(server.attributes(1).value().int_value(), 7);
  EXPECT_EQ(server.flags(), 0x301U) << "sampled, and the parent is in another process";
  EXPECT_FALSE(server.has_status());

  const otlp::Span& phase = group.scope_spans(0).spans(1);
  EXPECT_EQ(phase.trace_id(), server.trace_id());
  EXPECT_EQ(phase.parent_span_id(), server.span_id());
  EXPECT_NE(phase.span_id(), server.span_id());
  EXPECT_EQ(phase.kind(), otlp::Span::SPAN_KIND_INTERNAL);
  EXPECT_EQ(phase.start_time_unix_nano(), 110U);
  EXPECT_EQ(phase.flags(), 0x101U);
}

TEST(OtlpRequest, TellsWhatFailedInUtf8) {
  const Span span{.failed = true, .failure_reason = "no \xff"};
  const auto request = written(span);
  const otlp::Span& server = request.resource_spans(0).scope_spans(0).spans(0);
  EXPECT_EQ(server.status().code(), otlp::Status::STATUS_CODE_ERROR);
  EXPECT_EQ(server.status().message(), "no ?");
  EXPECT_FALSE(server.has_parent_span_id());
}

TEST(OtlpAnswer, IsEmptyWhenAllIsTaken) {
  const auto answer = read_otlp_answer("");
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->rejected_count, 0U);
}

TEST(OtlpAnswer, TellsWhatWasRejected) {
  otlp::ExportTraceServiceResponse response;
  response.mutable_partial_success()->set_rejected_spans(3);
  response.mutable_partial_success()->set_error_message("too old");
  const auto answer = read_otlp_answer(response.SerializeAsString());
  EXPECT_EQ(answer->rejected_count, 3U);
  EXPECT_EQ(answer->message, "too old");
}

TEST(OtlpAnswer, IsNothingWhenItIsRubbish) {
  otlp::ExportTraceServiceResponse negative;
  negative.mutable_partial_success()->set_rejected_spans(-1);
  EXPECT_FALSE(read_otlp_answer(negative.SerializeAsString()).has_value());
  EXPECT_FALSE(read_otlp_answer("<html>it works</html>").has_value());
}

}  // namespace
}  // namespace ml_inference
