// SPDX-License-Identifier: MIT
// What becomes of a request's facts is told by tests/tracing, from the receiver's side; here is
// what it takes a special request for.
#include "api/request_span.h"

#include "api/routes.h"
#include "telemetry/testing/scripted_receiver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <string>

namespace ml_inference {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The bytes that a receiver gets for the request.
std::string exported(const HttpRequest& request, const HttpResponse& response) {
  testing::ScriptedReceiver receiver({testing::http_answer("200 OK")});
  JsonLog log(::open("/dev/null", O_WRONLY));
  SpanExporter exporter({.endpoint = *parse_otlp_endpoint(receiver.url())}, log);
  export_request_span(request, response, std::chrono::microseconds(10), exporter);
  exporter.stop(std::chrono::seconds(30));
  return receiver.requests(1).at(0);
}

HttpResponse answer(std::string_view path, int status) {
  HttpResponse response;
  response.status = status;
  response.route = find_route(path).route;
  response.trace.context = {.trace_id = {1, 2}, .span_id = 3, .sampled = true};
  return response;
}

TEST(RequestSpan, IsOfNoProbeAndNoScrape) {
  for (const char* const route : {"/health", "/ready", "/metrics", "/v2/health/live", "/ping"}) {
    EXPECT_FALSE(is_traced_route(answer(route, 200)));
  }
  for (const char* const route : {"/tea", "/", "/predict", "/openapi.json"}) {
    EXPECT_TRUE(is_traced_route(answer(route, 200)));
  }
}

TEST(RequestSpan, NoClientMakesNames) {
  const std::string bytes =
      exported({.method = "BREW", .target = "/tea?x=secret"}, answer("/tea", 404));
  EXPECT_THAT(bytes, HasSubstr("HTTP"));
  EXPECT_THAT(bytes, HasSubstr("_OTHER"));
  EXPECT_THAT(bytes, HasSubstr("http.request.method_original"));
  EXPECT_THAT(bytes, HasSubstr("/tea"));
  EXPECT_THAT(bytes, Not(HasSubstr("secret")));
  EXPECT_THAT(bytes, Not(HasSubstr("http.route")));
  EXPECT_THAT(bytes, Not(HasSubstr("error.type")));
}

TEST(RequestSpan, HasOfATargetOnlyThePath) {
  const std::string bytes =
      exported({.method = "GET", .target = "http://me:secret@a/tea#secret"}, answer("/tea", 404));
  EXPECT_THAT(bytes, HasSubstr("/tea"));
  EXPECT_THAT(bytes, Not(HasSubstr("secret")));
}

TEST(RequestSpan, PassesTheStateOnOnlyWithItsParent) {
  HttpRequest request{.method = "POST", .target = "/predict", .tracestate = "vendor=state"};
  HttpResponse response = answer("/predict", 200);
  EXPECT_THAT(exported(request, response), Not(HasSubstr("vendor=state")));
  response.trace.parent_span_id = 5;
  EXPECT_THAT(exported(request, response), HasSubstr("vendor=state"));
}

TEST(RequestSpan, AFaultOfOursSaysWhy) {
  HttpResponse response = answer("/predict", 503);
  response.outcome = "as many batches wait as the server takes";
  const std::string bytes = exported({.method = "POST", .target = "/predict"}, response);
  EXPECT_THAT(bytes, HasSubstr("error.type"));
  EXPECT_THAT(bytes, HasSubstr("as many batches wait as the server takes"));
}

}  // namespace
}  // namespace ml_inference
