// SPDX-License-Identifier: MIT
#include "telemetry/otlp_client.h"

#include "base/byte_units.h"
#include "telemetry/testing/scripted_receiver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ml_inference {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::http_answer;
using ::testing::Not;
using testing::ScriptedReceiver;
using ::testing::StartsWith;

// Far more than anything here takes.
constexpr std::chrono::seconds kPatience{30};

OtlpOutcome outcome_of(const std::string& answer) {
  ScriptedReceiver receiver({answer});
  return post_spans(*parse_otlp_endpoint(receiver.url()), "body", kPatience);
}

TEST(OtlpEndpoint, IsABaseUrl) {
  const OtlpEndpoint endpoint = *parse_otlp_endpoint("http://collector.tracing:14318");
  EXPECT_EQ(endpoint.host, "collector.tracing");
  EXPECT_EQ(endpoint.port, "14318");
  EXPECT_EQ(endpoint.path, "/v1/traces");
  EXPECT_EQ(endpoint.authority, "collector.tracing:14318");
  EXPECT_EQ(parse_otlp_endpoint("http://collector")->port, "4318");
  EXPECT_EQ(parse_otlp_endpoint("http://collector/")->path, "/v1/traces");
  EXPECT_EQ(parse_otlp_endpoint("http://collector/otlp/")->path, "/otlp/v1/traces");
}

TEST(OtlpEndpoint, MayBeAnAddress) {
  EXPECT_EQ(parse_otlp_endpoint("http://10.0.0.1:4318")->host, "10.0.0.1");
  EXPECT_EQ(parse_otlp_endpoint("http://[::1]:4318")->host, "::1");
  EXPECT_EQ(parse_otlp_endpoint("http://[::1]")->port, "4318");
  EXPECT_EQ(parse_otlp_endpoint("http://[::1]:1")->authority, "[::1]:1");
}

TEST(OtlpEndpoint, IsNothingElse) {
  for (const char* url : {"", "collector:4318", "https://collector:4318", "http://", "http://:4318",
                          "http://a:", "http://a:0", "http://a:65536", "http://a:x", "http://u@a",
                          "http://a/?q", "http://a b", "http://[::1", "http://[::1]4318",
                          "http://[]", "http://a\r\nb", "HTTP://a"}) {
    const auto endpoint = parse_otlp_endpoint(url);
    ASSERT_FALSE(endpoint.has_value()) << url;
    EXPECT_THAT(endpoint.error().message, HasSubstr("is no URL such as http://collector:4318"));
  }
}

TEST(OtlpEndpoint, ShowsNoSecretsWhenItIsRefused) {
  for (const char* url : {"http://me:s3cret@a:4318", "https://s3cret@a", "me:s3cret@a",
                          "http://me:s3/cret?s3cret#@a@b", "http://a/x?token=s3cret",
                          "http://a#s3cret", "//s3cret@a", "http://a/s3cret@b/?s3cret"}) {
    EXPECT_THAT(parse_otlp_endpoint(url).error().message, Not(HasSubstr("s3"))) << url;
  }
  EXPECT_THAT(parse_otlp_endpoint("http://me:s3cret@a:4318/x?y").error().message,
              StartsWith("'http://***@a:4318/x?***' is no URL"));
}

TEST(PostSpans, SendsWhatTheProtocolWants) {
  ScriptedReceiver receiver({http_answer("200 OK")});
  EXPECT_TRUE(post_spans(*parse_otlp_endpoint(receiver.url()), "the body", kPatience).taken);
  const std::string request = receiver.requests(1).at(0);
  EXPECT_THAT(request, StartsWith("POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1:"));
  EXPECT_THAT(request, HasSubstr("\r\nContent-Type: application/x-protobuf\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(request, EndsWith("\r\n\r\nthe body"));
}

TEST(PostSpans, TriesAgainOnlyWhatTheProtocolAllows) {
  for (const char* status : {"429 -", "502 -", "503 -", "504 -"}) {
    const OtlpOutcome outcome = outcome_of(http_answer(status));
    EXPECT_FALSE(outcome.taken);
    EXPECT_TRUE(outcome.may_retry) << status;
    EXPECT_EQ(outcome.retry_after, std::nullopt);
  }
  for (const char* status : {"301 -", "400 -", "401 -", "404 -", "413 -", "500 -"}) {
    const OtlpOutcome outcome = outcome_of(http_answer(status));
    EXPECT_FALSE(outcome.taken || outcome.may_retry) << status;
    EXPECT_EQ(outcome.reason, "the answer has status " + std::string(status).substr(0, 3));
  }
}

TEST(PostSpans, TellsHowLongToWait) {
  EXPECT_EQ(outcome_of(http_answer("503 -", "", "Retry-After: 7")).retry_after,
            std::chrono::seconds(7));
  for (const char* value : {"-1", "soon", "Fri, 31 Dec 1999 23:59:59 GMT", "99999999999"}) {
    EXPECT_EQ(
        outcome_of(http_answer("503 -", "", std::string("Retry-After: ") + value)).retry_after,
        std::nullopt)
        << value;
  }
}

TEST(PostSpans, RubbishIsNoAnswer) {
  OtlpOutcome outcome = outcome_of(http_answer("200 OK", "<html>it works</html>"));
  EXPECT_FALSE(outcome.taken || outcome.may_retry);
  EXPECT_EQ(outcome.reason, "the answer has status 200 and is no OTLP");
  for (const std::string& bytes :
       {std::string("SSH-2.0-OpenSSH_9.2\r\n"), std::string("\0\1\2", 3), std::string()}) {
    outcome = outcome_of(bytes);
    EXPECT_FALSE(outcome.taken);
    EXPECT_THAT(outcome.reason, StartsWith("waiting for the answer: "));
  }
}

TEST(PostSpans, TakesNoMoreThanAnAnswersSize) {
  const OtlpOutcome outcome = outcome_of(http_answer("200 OK", std::string(kMebibyte, 'x')));
  EXPECT_FALSE(outcome.taken);
}

TEST(PostSpans, AReceiverThatHangsOrIsGoneIsAFailureOfItsTime) {
  ScriptedReceiver receiver({ScriptedReceiver::kHang});
  const OtlpOutcome hung =
      post_spans(*parse_otlp_endpoint(receiver.url()), "body", std::chrono::milliseconds(50));
  EXPECT_TRUE(!hung.taken && hung.may_retry);
  EXPECT_THAT(hung.reason, StartsWith("waiting for the answer: "));
  std::string url;
  {
    const ScriptedReceiver gone({""});
    url = gone.url();
  }
  const OtlpOutcome refused = post_spans(*parse_otlp_endpoint(url), "body", kPatience);
  EXPECT_TRUE(!refused.taken && refused.may_retry);
  EXPECT_EQ(refused.reason, "connecting: Connection refused");
}

}  // namespace
}  // namespace ml_inference
