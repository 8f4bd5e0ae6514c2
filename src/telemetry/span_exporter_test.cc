// SPDX-License-Identifier: MIT
// Batches, retries and losses, with a receiver that does what each test wants.
#include "telemetry/span_exporter.h"

#include "telemetry/otlp.pb.h"
#include "telemetry/testing/scripted_receiver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using testing::http_answer;
using ::testing::Not;
using testing::ScriptedReceiver;

constexpr std::chrono::seconds kPatience{30};
constexpr std::chrono::hours kNever{1};

// Short pauses, so that what a server would take minutes for is over at once.
SpanExporterOptions options_for(const std::string& url) {
  return {.endpoint = *parse_otlp_endpoint(url),
          .resource = {},
          .version = "1",
          .batch_delay = milliseconds(1),
          .timeout = kPatience,
          .pause_min = milliseconds(1),
          .pause_max = milliseconds(2),
          .retry_limit = kPatience};
}

Span span_named(const std::string& name) {
  return {.context = {.trace_id = {1, 2}, .span_id = 3, .sampled = true}, .name = name};
}

std::vector<std::string> names_in(const std::string& request) {
  otlp::ExportTraceServiceRequest message;
  EXPECT_TRUE(message.ParseFromString(request.substr(request.find("\r\n\r\n") + 4)));
  std::vector<std::string> names;
  for (const auto& span : message.resource_spans(0).scope_spans(0).spans()) {
    names.push_back(span.name());
  }
  return names;
}

bool comes_true(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  return condition();
}

class SpanExporterTest : public ::testing::Test {
 protected:
  struct CloseFile {
    void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
  };

  std::string log_text() {
    log.flush(kPatience);
    std::string bytes(1 << 16, '\0');
    std::rewind(log_file.get());
    bytes.resize(std::fread(bytes.data(), 1, bytes.size(), log_file.get()));
    return bytes;
  }

  std::unique_ptr<std::FILE, CloseFile> log_file{std::tmpfile()};
  JsonLog log{::fileno(log_file.get())};
};

TEST_F(SpanExporterTest, SendsAFullBatchAtOnce) {
  ScriptedReceiver receiver({http_answer("200 OK")});
  SpanExporterOptions options = options_for(receiver.url());
  options.batch_size = 3;
  options.batch_delay = kNever;
  SpanExporter exporter(options, log);
  for (const char* name : {"a", "b", "c", "d"}) exporter.add(span_named(name));
  EXPECT_THAT(names_in(receiver.requests(1).at(0)), ::testing::ElementsAre("a", "b", "c"));
  exporter.stop(kPatience);
  EXPECT_THAT(names_in(receiver.requests(2).at(1)), ::testing::ElementsAre("d"));
  EXPECT_EQ(exporter.counts().exported, 4U);
}

TEST_F(SpanExporterTest, ABatchThatIsNotFullWaitsNoLongerThanItsDelay) {
  ScriptedReceiver receiver({http_answer("200 OK")});
  SpanExporter exporter(options_for(receiver.url()), log);
  Span span = span_named("a");
  span.phase_count = 3;
  exporter.add(std::move(span));
  EXPECT_EQ(receiver.requests(1).size(), 1U);
  EXPECT_TRUE(comes_true([&] { return exporter.counts().exported == 4; })) << "phases count too";
}

TEST_F(SpanExporterTest, TriesAgainUntilTheReceiverTakesIt) {
  ScriptedReceiver receiver({http_answer("503 -"), http_answer("429 -", "", "Retry-After: 0"), "",
                             http_answer("200 OK")});
  SpanExporter exporter(options_for(receiver.url()), log);
  exporter.add(span_named("a"));
  EXPECT_TRUE(comes_true([&] { return exporter.counts().exported == 1; }));
  EXPECT_EQ(receiver.requests(4).size(), 4U);
  EXPECT_THAT(log_text(), HasSubstr("Trace export fails, trying again: the answer has status 503"));
  EXPECT_THAT(log_text(), HasSubstr("Trace export works again"));
}

TEST_F(SpanExporterTest, ARefusalIsFinal) {
  ScriptedReceiver receiver(
      {http_answer("400 -"), http_answer("200 OK", "<html>"), http_answer("200 OK")});
  SpanExporterOptions options = options_for(receiver.url());
  options.batch_size = 1;
  SpanExporter exporter(options, log);
  for (const char* name : {"a", "b", "c"}) exporter.add(span_named(name));
  EXPECT_TRUE(comes_true([&] { return exporter.counts().exported == 1; }));
  EXPECT_EQ(receiver.requests(3).size(), 3U);
  EXPECT_EQ(exporter.counts().export_failed, 2U);
  EXPECT_THAT(log_text(), HasSubstr("spans are lost: the answer has status 400"));
  EXPECT_THAT(log_text(), Not(HasSubstr("is no OTLP"))) << "told once, not for each batch";
}

TEST_F(SpanExporterTest, CountsWhatTheReceiverRejects) {
  otlp::ExportTraceServiceResponse answer;
  answer.mutable_partial_success()->set_rejected_spans(2);
  answer.mutable_partial_success()->set_error_message("too many" + std::string(10'000, '!'));
  ScriptedReceiver receiver({http_answer("200 OK", answer.SerializeAsString())});
  SpanExporterOptions options = options_for(receiver.url());
  options.batch_size = 3;
  options.batch_delay = kNever;
  SpanExporter exporter(options, log);
  for (const char* name : {"a", "b", "c"}) exporter.add(span_named(name));
  EXPECT_TRUE(comes_true([&] { return exporter.counts().rejected == 2; }));
  EXPECT_EQ(exporter.counts().exported, 1U);
  EXPECT_THAT(log_text(), HasSubstr("the receiver rejected 2 spans: too many!"));
  EXPECT_LT(log_text().size(), 500U);
}

TEST_F(SpanExporterTest, GivesABatchUpWhenItIsTooOld) {
  std::string url;
  {
    const ScriptedReceiver gone({""});
    url = gone.url();
  }
  SpanExporterOptions options = options_for(url);
  options.retry_limit = milliseconds(5);
  SpanExporter exporter(options, log);
  exporter.add(span_named("a"));
  EXPECT_TRUE(comes_true([&] { return exporter.counts().export_failed == 1; }));
}

TEST_F(SpanExporterTest, DropsAndCountsWhatFindsNoRoom) {
  ScriptedReceiver receiver({ScriptedReceiver::kHang});
  SpanExporterOptions options = options_for(receiver.url());
  options.batch_size = 1;
  options.queue_size = 2;
  SpanExporter exporter(options, log);
  exporter.add(span_named("under way"));
  EXPECT_EQ(receiver.requests(1).size(), 1U);
  for (const char* name : {"a", "b"}) {
    EXPECT_TRUE(exporter.has_room(1));
    exporter.add(span_named(name));
  }
  EXPECT_FALSE(exporter.has_room(4));
  exporter.add(span_named("c"));
  EXPECT_EQ(exporter.counts().queue_full, 5U);
}

TEST_F(SpanExporterTest, StopsInTimeWhateverTheReceiverDoes) {
  ScriptedReceiver receiver({ScriptedReceiver::kHang});
  SpanExporterOptions options = options_for(receiver.url());
  options.batch_size = 1;
  options.timeout = milliseconds(200);
  options.retry_limit = kNever;
  SpanExporter exporter(options, log);
  for (const char* name : {"a", "b", "c"}) exporter.add(span_named(name));
  EXPECT_EQ(receiver.requests(1).size(), 1U);
  const auto begin = std::chrono::steady_clock::now();
  exporter.stop(milliseconds(300));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  EXPECT_EQ(exporter.counts().exported, 0U);
  EXPECT_EQ(exporter.counts().shutdown, 3U);
}

TEST_F(SpanExporterTest, CountsWhatIsUnderWayAtTheEndAsLost) {
  ScriptedReceiver receiver({ScriptedReceiver::kHang});
  SpanExporterOptions options = options_for(receiver.url());
  options.batch_size = 1;
  SpanExporter exporter(options, log);
  Span span = span_named("under way");
  span.phase_count = 3;
  exporter.add(std::move(span));
  EXPECT_EQ(receiver.requests(1).size(), 1U);
  exporter.add(span_named("waits"));
  exporter.stop(milliseconds(1));
  EXPECT_EQ(exporter.counts().shutdown, 5U);
  EXPECT_EQ(exporter.counts().exported + exporter.counts().export_failed, 0U);
}

TEST_F(SpanExporterTest, WhatCannotBeSentBeforeTheEndIsCounted) {
  std::string url;
  {
    const ScriptedReceiver gone({""});
    url = gone.url();
  }
  SpanExporterOptions options = options_for(url);
  options.batch_delay = kNever;
  options.pause_min = kNever;
  options.pause_max = kNever;
  options.retry_limit = 2 * kNever;
  options.batch_size = 2;
  SpanExporter exporter(options, log);
  for (const char* name : {"a", "b", "c"}) exporter.add(span_named(name));
  exporter.stop(kPatience);
  EXPECT_EQ(exporter.counts().shutdown, 3U);
}

}  // namespace
}  // namespace ml_inference
