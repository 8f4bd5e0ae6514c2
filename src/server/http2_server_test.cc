// SPDX-License-Identifier: MIT
// What comes back on the streams of HTTP/2.
#include "server/server.h"
#include "server/testing/coded.h"
#include "server/testing/http2_client.h"
#include "server/testing/http2_server_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <future>
#include <map>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using testing::FieldList;
using testing::framed;
using testing::grpc_fields;
using testing::gzip;
using ::testing::HasSubstr;
using testing::Http2Client;
using testing::Http2ServerTest;
using testing::StreamAnswer;

TEST_F(Http2ServerTest, AnswersCallAfterCallOnOneConnection) {
  start();
  Http2Client client(port());
  for (const char* target : {"/a", "/b", "/work", "/c"}) {
    const StreamAnswer answer = client.ask(target, "hello", {{"x-request-id", "id-7"}});
    EXPECT_EQ(answer.head.at(":status"), "200");
    EXPECT_EQ(answer.head.at("content-type"), "application/grpc");
    EXPECT_EQ(answer.head.at("x-request-id"), "id-7");
    EXPECT_THAT(answer.messages(), ElementsAre("POST " + std::string(target) + " hello"));
    EXPECT_EQ(answer.grpc_status(), "0");
    EXPECT_EQ(answer.error, 0U);
  }
}

TEST_F(Http2ServerTest, HandsOverTheMetadata) {
  start();
  Http2Client client(port());
  const StreamAnswer answer = client.ask("/fields", "",
                                         {{"authorization", "Bearer x"},
                                          {"traceparent", "00-1"},
                                          {"tracestate", "a=1"},
                                          {"tracestate", "b=2"},
                                          {"grpc-timeout", "10S"}});
  EXPECT_THAT(answer.messages(), ElementsAre("Bearer x|00-1|a=1,b=2|deadline"));
}

TEST_F(Http2ServerTest, EndsACallThatFailsByItsStatusAlone) {
  start();
  Http2Client client(port());
  const StreamAnswer answer = client.ask("/fails", "");
  EXPECT_EQ(answer.head.at(":status"), "200");
  EXPECT_EQ(answer.head.at("grpc-status"), "5");
  EXPECT_EQ(answer.head.at("grpc-message"), "no such model: 100%25 %C3%A4");
  EXPECT_TRUE(answer.body.empty());
}

TEST_F(Http2ServerTest, TranslatesHttpStatuses) {
  start();
  Http2Client client(port());
  const std::map<std::string, std::string> expected{
      {"/http-422", "3"}, {"/http-404", "12"}, {"/http-503", "14"}, {"/http-413", "8"}};
  for (const auto& [target, status] : expected) {
    const StreamAnswer answer = client.ask(target, "");
    EXPECT_EQ(answer.grpc_status(), status) << target;
    EXPECT_EQ(answer.grpc_message(), "as the path says");
  }
}

TEST_F(Http2ServerTest, AnswersPlainRequestsAsHttp) {
  start();
  Http2Client client(port());
  const FieldList get{
      {":method", "GET"}, {":scheme", "http"}, {":path", "/a?b"}, {":authority", "x"}};
  const StreamAnswer answer = client.finish(client.begin(get, true));
  EXPECT_EQ(answer.head.at(":status"), "200");
  EXPECT_EQ(answer.head.at("content-type"), "application/json");
  EXPECT_EQ(answer.head.at("content-length"), "9");
  EXPECT_EQ(answer.body, "GET /a?b ");
  FieldList head = get;
  head[0].second = "HEAD";
  const StreamAnswer empty = client.finish(client.begin(head, true));
  EXPECT_EQ(empty.head.at("content-length"), "10");
  EXPECT_TRUE(empty.body.empty());
  FieldList post = get;
  post[0].second = "POST";
  const std::int32_t stream = client.begin(post);
  client.send(stream, "one ");
  client.send(stream, "two", true);
  EXPECT_EQ(client.finish(stream).body, "POST /a?b one two");
}

TEST_F(Http2ServerTest, RefusesABodyThatIsTooLarge) {
  options_.body_size_max = 1000;
  start();
  Http2Client client(port());
  const StreamAnswer call = client.ask("/a", std::string(1001, 'x'));
  EXPECT_EQ(call.grpc_status(), "8");
  EXPECT_EQ(call.grpc_message(), "a message has 1001 bytes, the limit is 1000");
  const std::int32_t stream = client.begin(
      {{":method", "POST"}, {":scheme", "http"}, {":path", "/a"}, {":authority", "x"}});
  client.send(stream, std::string(1001, 'x'));
  const StreamAnswer& refused = client.finish(stream);  // whose end is not waited for
  EXPECT_EQ(refused.head.at(":status"), "413");
  EXPECT_EQ(refused.error, std::uint32_t{NGHTTP2_NO_ERROR});
  EXPECT_EQ(client.ask("/a", std::string(1000, 'x')).grpc_status(), "0");
}

TEST_F(Http2ServerTest, RefusesABodyByWhatItsHeaderSaysAndDropsIt) {
  options_.body_size_max = 1000;
  start();
  Http2Client client(port());
  const std::string body(600'000, 'x');  // more than a stream's window
  const std::int32_t stream = client.begin({{":method", "POST"},
                                            {":scheme", "http"},
                                            {":path", "/a"},
                                            {":authority", "x"},
                                            {"content-length", std::to_string(body.size())}});
  const StreamAnswer& answer = client.answer(stream);
  ASSERT_TRUE(client.until([&] { return !answer.body.empty(); })) << "no byte of it is waited for";
  EXPECT_EQ(answer.head.at(":status"), "413");
  client.send(stream, body, true);
  EXPECT_EQ(client.finish(stream).error, 0U);
  EXPECT_EQ(client.ask("/a", "").grpc_status(), "0");
}

TEST_F(Http2ServerTest, RefusesAHeaderThatIsTooLarge) {
  options_.header_size_max = 1000;
  start();
  Http2Client client(port());
  EXPECT_EQ(client.ask("/a", "", {{"x", std::string(2000, 'x')}}).grpc_status(), "8");
  EXPECT_EQ(client.ask("/a", "").grpc_status(), "0");
}

TEST_F(Http2ServerTest, DecodesGzipWithinTheLimit) {
  options_.body_size_max = 100'000;
  start();
  Http2Client client(port());
  const FieldList encoding{{"grpc-encoding", "gzip"}};
  const auto ask = [&](const std::string& message) {
    const std::int32_t stream = client.begin(grpc_fields("/a", encoding));
    client.send(stream, framed(message, true), true);
    return client.finish(stream);
  };
  const std::string text(99'000, 'z');
  EXPECT_THAT(ask(gzip(text)).messages(), ElementsAre("POST /a " + text));
  EXPECT_EQ(ask(gzip(std::string(10'000'000, 'z'))).grpc_status(), "8");
  EXPECT_EQ(ask("nonsense").grpc_status(), "13");
  const StreamAnswer other = client.ask("/a", "", {{"grpc-encoding", "zstd"}});
  EXPECT_EQ(other.grpc_status(), "12");
  EXPECT_EQ(other.head.at("grpc-accept-encoding"), "identity,deflate,gzip");
}

TEST_F(Http2ServerTest, CodesAndDecodesBodiesOfPlainRequests) {
  options_.body_size_max = 100'000;
  start();
  Http2Client client(port());
  const auto post = [&](const std::string& body, const FieldList& more) {
    FieldList fields{
        {":method", "POST"}, {":scheme", "http"}, {":path", "/a"}, {":authority", "x"}};
    fields.insert(fields.end(), more.begin(), more.end());
    const std::int32_t stream = client.begin(fields);
    client.send(stream, body, true);
    return client.finish(stream);
  };
  const std::string text(99'000, 'z');
  const FieldList both{{"content-encoding", "gzip"}, {"accept-encoding", "deflate"}};
  const StreamAnswer answer = post(gzip(text), both);
  EXPECT_EQ(answer.head.at("content-encoding"), "deflate");
  EXPECT_EQ(answer.head.at("vary"), "accept-encoding");
  EXPECT_EQ(answer.head.at("content-length"), std::to_string(answer.body.size()));
  EXPECT_EQ(testing::inflated(answer.body), "POST /a " + text);
  EXPECT_EQ(post(gzip(std::string(10'000'000, 'z')), both).head.at(":status"), "413");
  EXPECT_EQ(post(gzip(text) + "more", both).head.at(":status"), "400");
  EXPECT_EQ(post("", {{"content-encoding", "br"}}).head.at("accept-encoding"), "gzip, deflate");
}

TEST_F(Http2ServerTest, WantsOneMessageOfAUnaryCall) {
  start();
  Http2Client client(port());
  const auto ask = [&](const std::string& bytes) {
    const std::int32_t stream = client.begin(grpc_fields("/a"));
    client.send(stream, bytes, true);
    return client.finish(stream);
  };
  EXPECT_EQ(ask("").grpc_message(), "the call has no message, expected one");
  EXPECT_EQ(ask(framed("a") + framed("b")).grpc_status(), "13");
  EXPECT_EQ(ask(framed("abc").substr(0, 7)).grpc_message(), "the call ends within a message");
  EXPECT_THAT(ask(framed("")).messages(), ElementsAre("POST /a "));
}

TEST_F(Http2ServerTest, RefusesWhatIsNoGrpcCall) {
  start();
  Http2Client client(port());
  FieldList fields = grpc_fields("/a");
  fields[0].second = "PUT";
  EXPECT_EQ(client.finish(client.begin(fields, true)).grpc_status(), "13");
  fields = grpc_fields("/a");
  fields.erase(fields.begin() + 4);  // te
  EXPECT_EQ(client.finish(client.begin(fields, true)).grpc_status(), "13");
  EXPECT_EQ(client.ask("/a", "", {{"grpc-timeout", "soon"}}).grpc_status(), "13");
}

TEST_F(Http2ServerTest, AnswersThreeHundredCallsAtATime) {
  start();
  Http2Client client(port());
  std::vector<std::int32_t> streams;
  for (int i = 0; i < 300; ++i) {
    streams.push_back(client.call(i % 3 == 0 ? "/b" : "/a", std::to_string(i)));
  }
  for (int i = 0; i < 300; ++i) {
    const StreamAnswer& answer = client.finish(streams[static_cast<std::size_t>(i)]);
    ASSERT_THAT(answer.messages(),
                ElementsAre((i % 3 == 0 ? "POST /b " : "POST /a ") + std::to_string(i)));
  }
}

TEST_F(Http2ServerTest, AnswersManyCallsWhileWorkIsUnderWay) {
  start();
  Http2Client client(port());
  const std::int32_t slow = client.call("/gate", "slow");
  stage_.begun.get_future().wait();
  EXPECT_EQ(client.ask("/a", "").grpc_status(), "0");
  stage_.opened.set_value();
  EXPECT_THAT(client.finish(slow).messages(), ElementsAre("POST /gate slow"));
}

TEST_F(Http2ServerTest, TakesLargeMessagesAndGivesLargeAnswers) {
  options_.body_size_max = 8 << 20;
  start();
  Http2Client client(port());
  const std::string body(5'000'000, 'y');
  std::vector<std::int32_t> streams;
  for (int i = 0; i < 3; ++i) streams.push_back(client.call("/a", body));
  for (const std::int32_t stream : streams) {
    EXPECT_THAT(client.finish(stream).messages(), ElementsAre("POST /a " + body));
  }
  EXPECT_EQ(client.ask("/large", "").body.size(), (4U << 20) + 5);
}

TEST_F(Http2ServerTest, RefusesBodiesThatTheBudgetHasNoRoomFor) {
  options_.body_budget_bytes = 1'500'000;
  start();
  Http2Client client(port());
  const std::int32_t first = client.begin(grpc_fields("/a"));
  client.send(first, framed(std::string(1'000'000, 'x')).substr(0, 999'000));
  ASSERT_EQ(client.ask("/b", "").grpc_status(), "0");  // the first one has come by now
  EXPECT_EQ(client.ask("/a", std::string(1'000'000, 'x')).grpc_status(), "14");
  client.reset(first);
  EXPECT_EQ(client.ask("/a", std::string(700'000, 'x')).grpc_status(), "0");
  EXPECT_EQ(client.ask("/large", "").grpc_status(), "14");
}

TEST_F(Http2ServerTest, CallsABodyTooLargeThatWouldNeverFit) {
  options_.body_budget_bytes = 100'000;
  start();
  Http2Client client(port());
  EXPECT_EQ(client.ask("/a", std::string(100'001, 'x')).grpc_status(), "8");
  const std::int32_t stream = client.begin(
      {{":method", "POST"}, {":scheme", "http"}, {":path", "/a"}, {":authority", "x"}});
  client.send(stream, std::string(60'000, 'x'));
  client.send(stream, std::string(60'000, 'x'), true);
  EXPECT_EQ(client.finish(stream).head.at(":status"), "413");
}

TEST_F(Http2ServerTest, GivesAllThatItTookBack) {
  options_.body_budget_bytes = 3'000'000;
  start();
  Http2Client client(port());
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(client.ask("/a", std::string(1'000'000, 'x')).grpc_status(), "0");
    ASSERT_EQ(client.ask("/work", std::string(1'000'000, 'x')).grpc_status(), "0");
  }
}

TEST_F(Http2ServerTest, AnswersEachMessageOfAStream) {
  start();
  Http2Client client(port());
  for (const std::string target : {"/stream", "/stream-work"}) {
    const std::int32_t stream = client.begin(grpc_fields(target));
    client.send(stream, framed("1"));
    ASSERT_TRUE(client.until([&] { return client.answer(stream).messages().size() == 1; }));
    client.send(stream, framed("2") + framed("3") + framed("4").substr(0, 3));
    client.send(stream, framed("4").substr(3), true);
    const std::string begin = "POST " + target + " ";
    EXPECT_THAT(client.finish(stream).messages(),
                ElementsAre(begin + "1", begin + "2", begin + "3", begin + "4"));
    EXPECT_EQ(client.answer(stream).grpc_status(), "0");
  }
}

TEST_F(Http2ServerTest, EndsAStreamOfMessagesWithTheOneThatFails) {
  start();
  Http2Client client(port());
  const std::int32_t stream = client.begin(grpc_fields("/stream"));
  client.send(stream, framed("1") + framed("fail") + framed("3"));
  EXPECT_THAT(client.finish(stream).messages(), ElementsAre("POST /stream 1"));
  EXPECT_EQ(client.answer(stream).grpc_status(), "5");
}

TEST_F(Http2ServerTest, KeepsAStreamWaitingWhoseAnswersAreNotRead) {
  start();
  Http2Client client(port(), {.window_size = 100});
  const std::int32_t stream = client.begin(grpc_fields("/stream"));
  const std::string message = framed(std::string(1000, 'm'));
  std::string all;
  for (int i = 0; i < 400; ++i) all += message;
  client.send(stream, all, true);
  EXPECT_EQ(client.finish(stream).messages().size(), 400U);
  EXPECT_EQ(client.answer(stream).grpc_status(), "0");
}

TEST_F(Http2ServerTest, TellsAWatchWhatChanges) {
  start();
  Http2Client client(port());
  const std::int32_t stream = client.call("/watch", "");
  ASSERT_TRUE(client.until([&] { return client.answer(stream).messages().size() == 1; }));
  stage_.health = 2;
  ASSERT_TRUE(client.until([&] { return client.answer(stream).messages().size() == 2; }));
  EXPECT_THAT(client.answer(stream).messages(), ElementsAre("health 1", "health 2"));
  drain(Server::DrainDelay::skip);
  EXPECT_EQ(client.finish(stream).grpc_status(), "14");
  EXPECT_TRUE(server_->wait());
}

TEST_F(Http2ServerTest, StopsTheWorkOfACallThatIsReset) {
  start();
  Http2Client client(port());
  const std::int32_t stream = client.call("/endless", "");
  stage_.begun.get_future().wait();
  client.reset(stream);
  stage_.opened.get_future().wait();
  EXPECT_EQ(client.ask("/work", "").grpc_status(), "0");
}

TEST_F(Http2ServerTest, StopsTheWorkOfAClientThatIsGone) {
  start();
  Http2Client client(port());
  client.call("/endless", "");
  stage_.begun.get_future().wait();
  client.abort();
  stage_.opened.get_future().wait();
  EXPECT_EQ(Http2Client(port()).ask("/work", "").grpc_status(), "0");
}

TEST_F(Http2ServerTest, StopsWorkAtTheClientsDeadline) {
  start();
  Http2Client client(port());
  const StreamAnswer answer = client.ask("/endless", "", {{"grpc-timeout", "50m"}});
  EXPECT_EQ(answer.grpc_status(), "4");
  EXPECT_THAT(answer.grpc_message(), HasSubstr("deadline"));
}

TEST_F(Http2ServerTest, BeginsNothingAfterTheClientsDeadline) {
  start();
  Http2Client client(port());
  EXPECT_EQ(client.ask("/a", "", {{"grpc-timeout", "1n"}}).grpc_status(), "4");
  const std::int32_t stream = client.begin(grpc_fields("/a", {{"grpc-timeout", "1m"}}));
  EXPECT_EQ(client.finish(stream).grpc_status(), "4");  // without a message
}

TEST_F(Http2ServerTest, StopsWorkThatTakesTooLong) {
  options_.request_timeout = milliseconds(50);
  start();
  Http2Client client(port());
  const StreamAnswer answer = client.ask("/endless", "");
  EXPECT_EQ(answer.grpc_status(), "4");
  EXPECT_EQ(answer.grpc_message(), "the prediction took too long, expected fewer rows");
}

TEST_F(Http2ServerTest, RefusesWorkThatThereIsNoRoomFor) {
  options_.worker_queue_size = 1;
  options_.thread_count = 1;
  start();
  Http2Client busy(port());
  const std::int32_t gated = busy.call("/gate", "");
  stage_.begun.get_future().wait();
  Http2Client client(port());
  EXPECT_EQ(client.ask("/huge-work", "").grpc_status(), "8");  // never: no other try helps
  const std::int32_t waiting = client.call("/work", "");
  EXPECT_EQ(client.ask("/work", "").grpc_status(), "14");
  EXPECT_EQ(client.ask("/a", "").grpc_status(), "0");
  stage_.opened.set_value();
  EXPECT_EQ(busy.finish(gated).grpc_status(), "0");
  EXPECT_EQ(client.finish(waiting).grpc_status(), "0");
}

TEST_F(Http2ServerTest, EndsACallWhoseMessageComesTooSlowly) {
  options_.request_timeout = milliseconds(50);
  start();
  Http2Client client(port());
  const std::int32_t stream = client.begin(grpc_fields("/a"));
  client.send(stream, "\0\0");
  EXPECT_EQ(client.finish(stream).grpc_status(), "4");
}

TEST_F(Http2ServerTest, GivesUpAnAnswerThatIsNotRead) {
  options_.request_timeout = milliseconds(50);
  start();
  Http2Client client(port(), {.window_size = 0});
  const std::int32_t stream = client.call("/a", "");
  EXPECT_EQ(client.finish(stream).error, std::uint32_t{NGHTTP2_CANCEL});
}

TEST_F(Http2ServerTest, AnswersOnlyProbesWhenAllConnectionsAreTaken) {
  options_.connection_count_max = 1;
  start();
  Http2Client first(port());
  EXPECT_EQ(first.ask("/a", "").grpc_status(), "0");
  Http2Client second(port());
  EXPECT_EQ(second.ask("/a", "").grpc_status(), "14");
  EXPECT_FALSE(second.until([] { return false; }));
  EXPECT_TRUE(second.is_at_end());
  EXPECT_EQ(Http2Client(port()).ask("/health", "").grpc_status(), "0");
  EXPECT_EQ(first.ask("/a", "").grpc_status(), "0");
}

TEST_F(Http2ServerTest, RecordsEachAnswerOnce) {
  start();
  Http2Client client(port());
  client.ask("/a", "");
  client.ask("/work", "");
  client.ask("/huge-work", "");
  const std::int32_t stream = client.begin(grpc_fields("/stream"));
  client.send(stream, framed("1") + framed("2"), true);
  client.finish(stream);
  EXPECT_EQ(stage_.finished_count.load(), 5);
}

}  // namespace
}  // namespace ml_inference
