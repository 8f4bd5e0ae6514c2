// SPDX-License-Identifier: MIT
#include "server/response_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ml_inference {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kDate = "Thu, 01 Jan 1970 00:00:00 GMT";

std::string text_of(const HttpResponse& response, ResponseFraming framing = {}) {
  framing.date = kDate;
  std::string out;
  append_response(out, response, framing);
  return out;
}

TEST(ResponseText, WritesStatusFieldsAndBody) {
  HttpResponse response;
  response.body = "{}";
  EXPECT_EQ(text_of(response),
            "HTTP/1.1 200 OK\r\n"
            "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
            "Content-Type: application/json\r\n"
            "Content-Length: 2\r\n"
            "\r\n"
            "{}");
}

TEST(ResponseText, AppendsToWhatIsThere) {
  std::string out = "before";
  append_response(out, {}, {.date = kDate});
  EXPECT_TRUE(out.starts_with("beforeHTTP/1.1 200 OK\r\n"));
}

TEST(ResponseText, LeavesOutOnlyTheBodyForHead) {
  HttpResponse response;
  response.body = "12345";
  const std::string text = text_of(response, {.has_body = false});
  EXPECT_THAT(text, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_THAT(text, EndsWith("\r\n\r\n"));
}

TEST(ResponseText, WritesTheFieldsThatTheResponseAsksFor) {
  HttpResponse response;
  response.status = 405;
  response.allow = "GET, HEAD";
  response.retry_later = true;
  response.request_id = "abc-1";
  response.authenticate = "Bearer";
  const std::string text = text_of(response);
  EXPECT_TRUE(text.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"));
  EXPECT_THAT(text, HasSubstr("Allow: GET, HEAD\r\n"));
  EXPECT_THAT(text, HasSubstr("WWW-Authenticate: Bearer\r\n"));
  EXPECT_THAT(text, HasSubstr("Retry-After: 1\r\n"));
  EXPECT_THAT(text, HasSubstr("X-Request-ID: abc-1\r\n"));
}

TEST(ResponseText, WritesTheFurtherFieldsOfAnAnswer) {
  static constexpr HeaderField kFields[] = {{"etag", "W/\"1\""}, {"cache-control", "no-cache"}};
  HttpResponse response;
  response.fields = kFields;
  EXPECT_THAT(text_of(response), HasSubstr("\r\netag: W/\"1\"\r\ncache-control: no-cache\r\n"));
  response.clear();
  EXPECT_THAT(text_of(response), Not(HasSubstr("etag")));
}

TEST(ResponseText, TellsNothingOfABodyThatTheClientHas) {
  HttpResponse response;
  response.status = 304;
  const std::string text = text_of(response);
  EXPECT_TRUE(text.starts_with("HTTP/1.1 304 Not Modified\r\n"));
  EXPECT_THAT(text, Not(HasSubstr("Content-")));
  EXPECT_THAT(text, EndsWith("\r\n\r\n"));
}

TEST(ResponseText, SaysHowABodyIsCodedOrMayBe) {
  HttpResponse response;
  response.body = std::string(1023, 'x');
  EXPECT_THAT(text_of(response), Not(HasSubstr("Vary")));
  response.body += 'x';
  EXPECT_THAT(text_of(response), HasSubstr("Vary: Accept-Encoding\r\n"));
  EXPECT_THAT(text_of(response), Not(HasSubstr("Content-Encoding")));
  response.content_encoding = "gzip";
  response.body = "short";
  EXPECT_THAT(text_of(response), HasSubstr("Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n"));
  response.names_codings = true;
  EXPECT_THAT(text_of(response), HasSubstr("\r\nAccept-Encoding: gzip, deflate\r\n"));
}

// HTTP/1.1 keeps a connection unless told, HTTP/1.0 ends it unless told (RFC 9112, section 9.3).
TEST(ResponseText, SaysHowTheConnectionGoesOnWhereTheVersionDoesNot) {
  const HttpResponse response;
  EXPECT_THAT(text_of(response), Not(HasSubstr("Connection:")));
  EXPECT_THAT(text_of(response, {.version = 10}), HasSubstr("Connection: keep-alive\r\n"));
  EXPECT_THAT(text_of(response, {.keep_alive = false}), HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(text_of(response, {.keep_alive = false, .version = 10}),
              HasSubstr("Connection: close\r\n"));
}

}  // namespace
}  // namespace ml_inference
