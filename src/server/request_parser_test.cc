// SPDX-License-Identifier: MIT
#include "server/request_parser.h"

#include "base/byte_units.h"
#include "server/testing/coded.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

using testing::gzip;
using testing::zlib;

constexpr RequestLimits kLimits{.header_size_max = 8 * 1024, .body_size_max = 64 * kKibibyte};

constexpr std::string_view kGet = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kPost =
    "POST /predict?x=1 HTTP/1.1\r\n"
    "Host: a\r\n"
    "Accept: text/html\r\n"
    "Content-Type: application/json\r\n"
    "X-Request-ID: id-7\r\n"
    "Content-Length: 11\r\n"
    "\r\n"
    "[[1,2,3,4]]";
constexpr std::string_view kChunked =
    "POST /predict HTTP/1.1\r\n"
    "Host: a\r\n"
    "Transfer-Encoding: chunked\r\n"
    "\r\n"
    "5;note=x\r\n[[1,2\r\n"
    "6\r\n,3,4]]\r\n"
    "0\r\n"
    "Checksum: 12\r\n"
    "\r\n";

// The request's text with its fields after the Host field.
std::string get_with(std::string_view fields) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

class RequestParserTest : public ::testing::Test {
 protected:
  // Feeds as a connection does: what is not consumed comes again, with `piece_size` bytes more.
  RequestParser::Status feed(std::string_view text, std::size_t piece_size = 1 << 20) {
    std::size_t begin = 0;
    std::size_t end = 0;
    while (end < text.size()) {
      end = std::min(text.size(), end + piece_size);
      const auto [consumed, status] = parser_.feed(text.substr(begin, end - begin));
      begin += consumed;
      left_ = text.substr(begin);
      if (status != RequestParser::Status::need_more) return status;
    }
    return RequestParser::Status::need_more;
  }

  // The status that refuses the text; 0 when it is not refused.
  int refusal_of(std::string_view text) {
    parser_.reset();
    if (feed(text) != RequestParser::Status::refused) return 0;
    EXPECT_FALSE(parser_.refusal().detail.empty());
    return parser_.refusal().status;
  }

  bool is_done(std::string_view text) {
    parser_.reset();
    return feed(text) == RequestParser::Status::done;
  }

  BodyBudget budget_{100'000};
  RequestParser parser_{kLimits, budget_};
  std::string_view left_;
};

TEST_F(RequestParserTest, ReadsARequestWithoutABody) {
  ASSERT_TRUE(is_done(kGet));
  EXPECT_EQ(parser_.request().method, "GET");
  EXPECT_EQ(parser_.request().target, "/health");
  EXPECT_EQ(parser_.request().body, "");
  EXPECT_EQ(parser_.version(), 11U);
  EXPECT_TRUE(parser_.keep_alive());
  EXPECT_FALSE(parser_.expects_continue());
}

TEST_F(RequestParserTest, ReadsABodyOfAGivenLength) {
  ASSERT_TRUE(is_done(kPost));
  EXPECT_EQ(parser_.request().method, "POST");
  EXPECT_EQ(parser_.request().target, "/predict?x=1");
  EXPECT_EQ(parser_.request().accept, "text/html");
  EXPECT_EQ(parser_.request().content_type, "application/json");
  EXPECT_EQ(parser_.request().request_id, "id-7");
  EXPECT_EQ(parser_.request().body, "[[1,2,3,4]]");
}

TEST_F(RequestParserTest, ReadsAChunkedBodyWithExtensionsAndTrailers) {
  ASSERT_TRUE(is_done(kChunked));
  EXPECT_EQ(parser_.request().body, "[[1,2,3,4]]");
  EXPECT_EQ(left_, "");
}

TEST_F(RequestParserTest, ReadsTheSameRequestWhereverItIsCut) {
  for (const std::string_view text : {kGet, kPost, kChunked}) {
    ASSERT_TRUE(is_done(text));
    const std::string target(parser_.request().target);
    const std::string body(parser_.request().body);
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
      parser_.reset();
      const auto first = parser_.feed(text.substr(0, cut));
      ASSERT_EQ(first.status, RequestParser::Status::need_more) << cut;
      const auto second = parser_.feed(text.substr(first.consumed));
      ASSERT_EQ(second.status, RequestParser::Status::done) << cut;
      EXPECT_EQ(first.consumed + second.consumed, text.size()) << cut;
      EXPECT_EQ(parser_.request().target, target) << cut;
      EXPECT_EQ(parser_.request().body, body) << cut;
    }
  }
}

TEST_F(RequestParserTest, ReadsARequestThatComesByteByByte) {
  for (const std::string_view text : {kGet, kPost, kChunked}) {
    parser_.reset();
    EXPECT_EQ(feed(text, 1), RequestParser::Status::done) << text;
  }
}

TEST_F(RequestParserTest, TakesOneRequestOfSeveralSentAhead) {
  const std::string text = std::string(kPost) + std::string(kChunked) + std::string(kGet);
  ASSERT_TRUE(is_done(text));
  EXPECT_EQ(parser_.request().target, "/predict?x=1");
  ASSERT_TRUE(is_done(left_));
  EXPECT_EQ(parser_.request().body, "[[1,2,3,4]]");
  EXPECT_EQ(parser_.request().request_id, "");  // the first one's is forgotten
  ASSERT_TRUE(is_done(left_));
  EXPECT_EQ(parser_.request().target, "/health");
  EXPECT_EQ(left_, "");
}

TEST_F(RequestParserTest, EndsTheConnectionAsTheVersionAndTheClientSay) {
  ASSERT_TRUE(is_done(get_with("Connection: close\r\n")));
  EXPECT_FALSE(parser_.keep_alive());
  ASSERT_TRUE(is_done("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_EQ(parser_.version(), 10U);
  EXPECT_FALSE(parser_.keep_alive());
  ASSERT_TRUE(is_done("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  EXPECT_TRUE(parser_.keep_alive());
}

TEST_F(RequestParserTest, WantsOneHost) {
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of(get_with("Host: b\r\n")), 400);
}

TEST_F(RequestParserTest, KeepsTheAuthorizationAndWantsOneAtMost) {
  ASSERT_TRUE(is_done(get_with("Authorization: Bearer a.b\r\n")));
  EXPECT_EQ(parser_.request().authorization, "Bearer a.b");
  parser_.reset();
  EXPECT_EQ(parser_.request().authorization, "");
  const std::string twice = "Authorization: Bearer a\r\nauthorization: Bearer b\r\n";
  EXPECT_EQ(refusal_of(get_with(twice)), 400);
}

TEST_F(RequestParserTest, WantsAHostThatCanBeOne) {
  for (const char* host : {"", "a", "10.0.0.1:8000", "[::1]:8000", "my_service.my-ns.svc:80"}) {
    EXPECT_TRUE(is_done("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n")) << host;
  }
  for (const char* host : {"a b", "a/b", "a@b", "a\xC3\xA9", "a?b", "a\"b"}) {
    EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n"), 400) << host;
  }
  EXPECT_EQ(refusal_of("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"), 400);
}

// What two servers in a row could understand differently (RFC 9112, section 11.2).
TEST_F(RequestParserTest, RefusesTwoWaysToSayWhereTheBodyEnds) {
  EXPECT_EQ(refusal_of(get_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")), 400);
  EXPECT_EQ(refusal_of(get_with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")), 400);
  EXPECT_EQ(refusal_of(get_with("Content-Length: 5\r\nContent-Length: 6\r\n")), 400);
  EXPECT_EQ(refusal_of(get_with("Content-Length: -1\r\n")), 400);
  EXPECT_EQ(refusal_of(get_with("Content-Length: 5x\r\n")), 400);
}

TEST_F(RequestParserTest, KnowsNoTransferEncodingButChunked) {
  for (const char* coding : {"gzip", "gzip, chunked", "chunked, gzip", "xchunked", "identity"}) {
    const std::string field = "Transfer-Encoding: " + std::string(coding) + "\r\n";
    const int status = refusal_of(get_with(field));
    EXPECT_TRUE(status == 501 || status == 400) << coding << ": " << status;
  }
  EXPECT_NE(refusal_of(get_with("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n")), 0);
  EXPECT_EQ(refusal_of(get_with("Transfer-Encoding: gzip\r\n")), 501);
  EXPECT_TRUE(is_done(get_with("Transfer-Encoding: Chunked\r\n") + "0\r\n\r\n"));
}

TEST_F(RequestParserTest, ATransferEncodingThatSaysNothingIsNoneThatIsSpokenHere) {
  EXPECT_EQ(refusal_of(get_with("Transfer-Encoding:\r\nContent-Length: 5\r\n")), 501);
  EXPECT_EQ(refusal_of(get_with("Transfer-Encoding:\r\n")), 501);
  EXPECT_NE(refusal_of(get_with("Transfer-Encoding:\r\nTransfer-Encoding: chunked\r\n")), 0);
}

TEST_F(RequestParserTest, Http10KnowsNoTransferEncoding) {
  EXPECT_EQ(refusal_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
}

TEST_F(RequestParserTest, ATrailerChangesNothingOfTheRequest) {
  ASSERT_TRUE(is_done(
      get_with("Transfer-Encoding: chunked\r\nX-Request-ID: mine\r\nContent-Type: a/b\r\n") +
      "1\r\nx\r\n0\r\nX-Request-ID: other\r\nContent-Type: c/d\r\nAccept: e/f\r\n\r\n"));
  EXPECT_EQ(parser_.request().request_id, "mine");
  EXPECT_EQ(parser_.request().content_type, "a/b");
  EXPECT_EQ(parser_.request().accept, "");
}

std::string post_with(std::string_view fields, std::string_view body) {
  return get_with(fmt::format("{}Content-Length: {}\r\n", fields, body.size())) + std::string(body);
}

TEST_F(RequestParserTest, DecodesBodiesHoweverTheyAreCut) {
  const std::string body(10'000, 'b');
  const std::string whole = post_with("Content-Encoding: gzip\r\n", gzip(body));
  const std::string chunked =
      get_with("Content-Encoding: Deflate\r\nTransfer-Encoding: chunked\r\n") +
      fmt::format("{0:x}\r\n{1}\r\n{2:x}\r\n{3}\r\n0\r\n\r\n", 20, zlib(body).substr(0, 20),
                  zlib(body).size() - 20, zlib(body).substr(20));
  for (const std::string& text : {whole, chunked}) {
    for (std::size_t size = 1; size <= text.size(); ++size) {
      ASSERT_EQ(feed(text, size), RequestParser::Status::done) << size;
      EXPECT_EQ(parser_.request().body, body);
      EXPECT_EQ(budget_.left(), 100'000U);  // small bodies are not counted
      parser_.reset();
      EXPECT_EQ(budget_.left(), 100'000U);
    }
  }
  EXPECT_TRUE(is_done(post_with("Content-Encoding: identity\r\n", "x")));
  EXPECT_TRUE(is_done(post_with("Content-Encoding: x-gzip\r\n", "")));
}

TEST_F(RequestParserTest, SaysWhatIsWrongWithACodedBody) {
  const auto fault = [&](std::string_view coding, std::string_view body) {
    const std::string text = post_with(fmt::format("Content-Encoding: {}\r\n", coding), body);
    return std::pair(refusal_of(text), parser_.refusal().detail);
  };
  const std::string stream = gzip("[[1]]");
  EXPECT_EQ(fault("gzip", stream.substr(0, stream.size() - 1)),
            std::pair(400, std::string("the body ends within its gzip stream")));
  EXPECT_EQ(fault("gzip", stream + "more"),
            std::pair(400, std::string("the body is no gzip stream: incorrect header check")));
  EXPECT_EQ(fault("deflate", zlib("[[1]]") + "more"),
            std::pair(400, std::string("the body is no deflate stream: bytes follow its end")));
  EXPECT_EQ(fault("deflate", stream).first, 400);
  EXPECT_EQ(fault("gzip", "nonsense").first, 400);
  EXPECT_EQ(budget_.left(), 100'000U) << "what is refused takes nothing";
}

TEST_F(RequestParserTest, RefusesCodingsThatItDoesNotKnowAndSeveral) {
  for (const char* fields : {"Content-Encoding: br\r\n", "Content-Encoding: gzip, gzip\r\n",
                             "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n"}) {
    EXPECT_EQ(refusal_of(post_with(fields, "x")), 415) << fields;
  }
}

TEST_F(RequestParserTest, DropsACodedBodyThatThereIsNoMemoryFor) {
  ASSERT_TRUE(budget_.try_take(60'000));
  EXPECT_EQ(refusal_of(post_with("Content-Encoding: gzip\r\n", gzip("[[1]]"))), 503);
  EXPECT_TRUE(parser_.keep_alive());
  EXPECT_EQ(left_, "");
  budget_.give_back(60'000);
}

TEST_F(RequestParserTest, TellsWhenTheClientWaitsToBeAskedForTheBody) {
  const std::string header = get_with("Expect: 100-Continue\r\nContent-Length: 1\r\n");
  EXPECT_FALSE(parser_.has_header());
  ASSERT_EQ(feed(header), RequestParser::Status::need_more);
  EXPECT_TRUE(parser_.has_header());
  EXPECT_TRUE(parser_.expects_continue());
  EXPECT_EQ(feed("x"), RequestParser::Status::done);
  EXPECT_EQ(refusal_of(get_with("Expect: the-unexpected\r\n")), 417);
  // HTTP/1.0 knows no interim answers (RFC 9110, section 10.1.1).
  ASSERT_TRUE(is_done("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_FALSE(parser_.expects_continue());
}

TEST_F(RequestParserTest, LimitsTheHeader) {
  const std::string large(kLimits.header_size_max, 'x');
  EXPECT_EQ(refusal_of(get_with("Cookie: " + large + "\r\n")), 431);
  EXPECT_EQ(refusal_of("GET /" + large), 431);
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nHost: " + large), 431);
  EXPECT_TRUE(is_done(get_with("Cookie: " + large.substr(0, large.size() - 100) + "\r\n")));
}

// They would otherwise wait in memory until their end, which may never come.
TEST_F(RequestParserTest, LimitsWhatStandsBesideTheChunks) {
  const std::string header = get_with("Transfer-Encoding: chunked\r\n");
  const std::string large(kLimits.header_size_max + 1, 'x');
  for (const std::string& start :
       {std::string("1;"), std::string("1\r\nx\r\n0;"), std::string("1\r\nx\r\n0\r\nTrailer: ")}) {
    const std::string request = fmt::format("{}{}{}", header, start, large);
    EXPECT_EQ(refusal_of(request), 431) << start;
    parser_.reset();
    EXPECT_EQ(feed(request, 1000), RequestParser::Status::refused) << start;
    EXPECT_EQ(parser_.refusal().status, 431) << start;
  }
  EXPECT_TRUE(is_done(header + "1;" + large.substr(10) + "\r\nx\r\n0\r\n\r\n"));
}

TEST_F(RequestParserTest, LimitsTheBodyBeforeItComes) {
  EXPECT_EQ(refusal_of(get_with("Content-Length: 65537\r\n")), 413);
  EXPECT_EQ(refusal_of(get_with("Content-Length: 18446744073709551615\r\n")), 413);
  EXPECT_TRUE(is_done(get_with("Content-Length: 65536\r\n") + std::string(65536, 'x')));
}

TEST_F(RequestParserTest, LimitsAChunkedBodyAsItComes) {
  const std::string header = get_with("Transfer-Encoding: chunked\r\n");
  EXPECT_EQ(refusal_of(header + "10001\r\n"), 413);
  const std::string half = "8000\r\n" + std::string(0x8000, 'x') + "\r\n";
  EXPECT_TRUE(is_done(header + half + half + "0\r\n\r\n"));
  EXPECT_EQ(refusal_of(header + half + half + "1\r\nx\r\n"), 413);
}

TEST(BodyShare, GrowsAndShrinksOrHasNothing) {
  BodyBudget budget(100'000);
  BodyShare share(budget);
  EXPECT_TRUE(share.take(60'000));
  EXPECT_TRUE(share.take(90'000));
  EXPECT_EQ(budget.left(), 10'000U);
  EXPECT_TRUE(share.take(20'000));
  EXPECT_EQ(budget.left(), 80'000U);
  EXPECT_FALSE(share.take(100'001));
  EXPECT_EQ(budget.left(), 100'000U);
}

TEST(BodyBudget, HasNothingLeftUntilWhatIsOverItsNewSizeIsBack) {
  BodyBudget budget(100'000);
  BodyShare first(budget);
  EXPECT_TRUE(first.take(80'000));
  budget.resize(50'000);
  EXPECT_EQ(budget.left(), 0U);
  BodyShare second(budget);
  EXPECT_FALSE(second.take(20'000));
  first.release();
  EXPECT_EQ(budget.left(), 50'000U);
  EXPECT_TRUE(second.take(20'000));
  budget.resize(100'000);
  EXPECT_EQ(budget.left(), 80'000U);
}

TEST_F(RequestParserTest, TakesLargeBodiesFromTheBudgetAndGivesThemBack) {
  const std::string header = get_with("Content-Length: 60000\r\n");
  {
    RequestParser other(kLimits, budget_);
    ASSERT_EQ(other.feed(header).status, RequestParser::Status::need_more);
    EXPECT_EQ(budget_.left(), 100'000U);  // who sends only headers holds up nobody
    ASSERT_EQ(other.feed("x").status, RequestParser::Status::need_more);
    EXPECT_EQ(budget_.left(), 40'000U);
    EXPECT_EQ(refusal_of(get_with("Content-Length: 60000\r\nExpect: 100-continue\r\n") + "x"), 503);
    EXPECT_FALSE(parser_.keep_alive());
    EXPECT_EQ(budget_.left(), 40'000U);
    EXPECT_EQ(refusal_of(get_with("Transfer-Encoding: chunked\r\n") + "1\r\n"), 503);
    EXPECT_TRUE(is_done(get_with("Content-Length: 16384\r\n") + std::string(16384, 'x')));
    EXPECT_EQ(budget_.left(), 40'000U);  // small bodies are not counted
  }
  EXPECT_EQ(budget_.left(), 100'000U);
  ASSERT_TRUE(is_done(get_with("Transfer-Encoding: chunked\r\n") + "1\r\nx\r\n0\r\n\r\n"));
  EXPECT_EQ(budget_.left(), 100'000U) << "what a chunked one could have been is free again";
  parser_.reset();
  EXPECT_EQ(budget_.left(), 100'000U);
  ASSERT_TRUE(is_done(header + std::string(60000, 'x')));
  EXPECT_EQ(budget_.left(), 40'000U);
  parser_.forget_body();
  EXPECT_EQ(budget_.left(), 100'000U);
  EXPECT_EQ(parser_.request().method, "GET") << "the rest of the request is there";
}

TEST(BodyBudget, CallsABodyTooLargeThatWouldNeverFit) {
  BodyBudget budget(50'000);
  const RequestLimits limits{.header_size_max = 1'000, .body_size_max = 1'000'000};
  const auto refusal = [&](const std::string& text) {
    RequestParser parser(limits, budget);
    const auto progress = parser.feed(text);
    if (progress.status != RequestParser::Status::refused) return std::string("taken");
    return fmt::format("{} {}", parser.refusal().status, parser.refusal().detail);
  };
  const std::string body(60'000, 'x');
  EXPECT_EQ(refusal(get_with("Content-Length: 60000\r\n") + body),
            "413 the body is over the limit of 50000 bytes");
  EXPECT_EQ(refusal(get_with("Transfer-Encoding: chunked\r\n") + "ea60\r\n" + body),
            "413 the body is over the limit of 50000 bytes");
  EXPECT_EQ(refusal(post_with("Content-Encoding: gzip\r\n", gzip(body))),
            "413 the body is over the limit of 848 bytes once it is decoded from gzip");  // zlib's
  EXPECT_EQ(refusal(post_with("Content-Encoding: gzip\r\n", gzip(body.substr(0, 848)))), "taken");
  EXPECT_EQ(refusal(get_with("Content-Length: 50000\r\n") + body.substr(0, 50'000)), "taken");
}

// A pod's memory may be resized while a connection idles, or while a body comes.
TEST(BodyBudget, MayShrinkBelowABodyThatWasNotTooLargeBefore) {
  const RequestLimits limits{.header_size_max = 1'000, .body_size_max = 80'000};
  const std::string body(60'000, 'x');
  for (const std::string& message :
       {get_with("Content-Length: 60000\r\n") + body,
        get_with("Transfer-Encoding: chunked\r\n") + "ea60\r\n" + body + "\r\n0\r\n\r\n"}) {
    BodyBudget budget(100'000);
    RequestParser parser(limits, budget);  // which knows the limit of now
    budget.resize(50'000);
    EXPECT_EQ(parser.feed(message).status, RequestParser::Status::refused);
    EXPECT_EQ(parser.refusal().status, 503);
    parser.reset();
    EXPECT_EQ(budget.left(), 50'000U);
    EXPECT_EQ(parser.feed(message).status, RequestParser::Status::refused);
    EXPECT_EQ(parser.refusal().status, 413);
  }
}

TEST_F(RequestParserTest, DropsABodyThatThereIsNoRoomForAndGoesOnBehindIt) {
  BodyShare others(budget_);
  ASSERT_TRUE(others.take(90'000));
  const std::string header = get_with("Content-Length: 60000\r\n");
  ASSERT_EQ(parser_.feed(header).status, RequestParser::Status::need_more);
  ASSERT_EQ(parser_.feed(std::string(59'999, 'x')).status, RequestParser::Status::need_more);
  const auto [consumed, status] = parser_.feed("xGET");
  EXPECT_EQ(status, RequestParser::Status::refused);
  EXPECT_EQ(consumed, 1U);
  EXPECT_EQ(parser_.refusal().status, 503);
  EXPECT_EQ(parser_.request().body, "");
  EXPECT_TRUE(parser_.keep_alive());
  parser_.reset();
  EXPECT_EQ(budget_.left(), 10'000U);
  EXPECT_TRUE(is_done(get_with("Content-Length: 2\r\n") + "hi"));
}

TEST_F(RequestParserTest, KnowsTwoVersions) {
  EXPECT_EQ(refusal_of("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 505);
  EXPECT_EQ(refusal_of("GET / HTTP/1.2\r\nHost: a\r\n\r\n"), 505);
  EXPECT_EQ(refusal_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505);
  for (const std::string_view text :
       {"GET / http/1.1\r\n\r\n", "GET / HTTP/1.1 \r\n\r\n", "GET /a b HTTP/1.1\r\n\r\n",
        "GET / HTTP/11\r\n\r\n", "GET / HTTP/1.1\nHost: a\n\r\n\r\n"}) {
    EXPECT_EQ(refusal_of(text), 400) << text << " is of no version at all";
  }
}

TEST_F(RequestParserTest, SkipsAnEmptyLineBeforeARequest) {
  const std::string text = "\r\n" + std::string(kPost);
  EXPECT_TRUE(is_done(text));
  parser_.reset();
  EXPECT_EQ(feed(text, 1), RequestParser::Status::done);
  EXPECT_EQ(parser_.request().body, "[[1,2,3,4]]");
  EXPECT_EQ(refusal_of("\r\n\r\n" + std::string(kGet)), 400);
  EXPECT_EQ(refusal_of("\n" + std::string(kGet)), 400);
}

TEST_F(RequestParserTest, RefusesWhatIsNotHttp) {
  for (const std::string_view text :
       {"\x16\x03\x01\x02\x01\x03\x03\r\n\r\n", "hello\r\n\r\n", "GET /\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n: x\r\n\r\n", " GET / HTTP/1.1\r\n\r\n"}) {
    EXPECT_EQ(refusal_of(text), 400) << text;
  }
  EXPECT_EQ(refusal_of(get_with("Transfer-Encoding: chunked\r\n") + "zz\r\n"), 400);
}

TEST_F(RequestParserTest, IsReadyForTheNextRequestAfterARefusal) {
  EXPECT_EQ(refusal_of("hello\r\n\r\n"), 400);
  EXPECT_TRUE(is_done(kPost));
}

TEST_F(RequestParserTest, SeveralFieldsOfATraceAreOneList) {
  const std::string first = get_with("TraceParent: a\r\ntracestate: x=1\r\nTraceState: y=2\r\n");
  ASSERT_TRUE(is_done(first));
  EXPECT_EQ(parser_.request().traceparent, "a");
  EXPECT_EQ(parser_.request().tracestate, "x=1,y=2");
  ASSERT_TRUE(is_done(get_with("traceparent: a\r\ntraceparent: b\r\n")));
  EXPECT_EQ(parser_.request().traceparent, "a,b") << "which no one can read";
  ASSERT_TRUE(is_done(get_with("")));
  EXPECT_EQ(parser_.request().traceparent, "");
  EXPECT_EQ(parser_.request().tracestate, "");
}

TEST_F(RequestParserTest, MakesNoSizeOfTwo) {
  constexpr std::string_view kTwo =
      "Inference-Header-Content-Length: 5\r\ninference-header-content-length: 7\r\n";
  ASSERT_TRUE(is_done(get_with(std::string(kTwo))));
  EXPECT_EQ(parser_.request().json_size, "5, 7") << "which no one can read";
}

TEST_F(RequestParserTest, RefusesFoldedFields) {
  for (const char* fields :
       {"Authorization: Bearer\r\n one\r\n", "Authorization:\r\n Bearer one\r\n",
        "Authorization: Bearer\r\n\tone\r\n", "X: a\r\n \r\n", "X: a\r\n  \r\n b\r\n"}) {
    EXPECT_EQ(refusal_of(get_with(fields)), 400) << fields;
  }
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nHost:\r\n a\r\n\r\n"), 400);
  parser_.reset();
  EXPECT_EQ(feed(get_with("X: a\r\n b\r\n"), 1), RequestParser::Status::refused) << "in pieces";
  EXPECT_EQ(refusal_of(get_with("X:\r\nY: \r\n")), 0) << "empty is not folded";
  EXPECT_EQ(refusal_of("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n\r\n\r\n \r\n "), 0)
      << "a body may be anything";
}

}  // namespace
}  // namespace ml_inference
