// SPDX-License-Identifier: MIT
#include "server/http2_connection.h"

#include "server/testing/http2_client.h"
#include "server/testing/http2_server_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

namespace ml_inference {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using testing::framed;
using testing::grpc_fields;
using ::testing::HasSubstr;
using testing::Http2Client;
using testing::Http2ServerTest;

// What comes back for these bytes, which are all there are.
std::string answer_to(std::uint16_t port, std::string_view request) {
  const int other = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(other, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_GT(::send(other, request.data(), request.size(), MSG_NOSIGNAL), 0);
  ::shutdown(other, SHUT_WR);
  std::string text;
  char bytes[1024];
  for (ssize_t size = 0; (size = ::recv(other, bytes, sizeof bytes, 0)) > 0;) {
    text.append(bytes, static_cast<std::size_t>(size));
  }
  ::close(other);
  return text;
}

TEST_F(Http2ServerTest, TellsWhoeverSpeaksHttp1WhatThePortSpeaks) {
  start();
  const std::string text = answer_to(port(), "POST / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(text, ::testing::StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(text, HasSubstr("This port speaks gRPC and HTTP/2"));
}

TEST_F(Http2ServerTest, AsksWhoeverFloodsItToBeCalm) {
  start();
  const std::string ping("\0\0\x8\x6\0\0\0\0\0payload.", 17);
  std::string flood(NGHTTP2_CLIENT_MAGIC);
  flood.append("\0\0\0\x4\0\0\0\0\0", 9);  // SETTINGS
  for (int i = 0; i < 3'000; ++i) flood += ping;
  const std::string text = answer_to(port(), flood);
  const std::string goaway("\0\0\x8\x7\0\0\0\0\0", 9);  // of no stream
  const std::string calm("\0\0\0\0\0\0\0\xB", 8);
  EXPECT_THAT(text, ::testing::EndsWith(goaway + calm));
}

TEST_F(Http2ServerTest, AnswersWhoeverHasEndedItsSideForASecond) {
  start();
  Http2Client client(port());
  const std::int32_t working = client.call("/work", "");
  const std::int32_t unfinished = client.begin(grpc_fields("/a"));
  client.end_side();
  EXPECT_EQ(client.finish(working).grpc_status(), "0");
  EXPECT_FALSE(client.until([] { return false; }));
  EXPECT_TRUE(client.is_at_end());
  EXPECT_FALSE(client.answer(unfinished).is_closed);
}

TEST_F(Http2ServerTest, AsksAnIdleClientToGo) {
  options_.idle_timeout = milliseconds(50);
  start();
  Http2Client client(port());
  EXPECT_EQ(client.ask("/a", "").grpc_status(), "0");
  EXPECT_FALSE(client.until([] { return false; }));
  EXPECT_TRUE(client.is_at_end());
  EXPECT_EQ(client.goaways().front(), 0x7FFFFFFF);  // after it, nghttp2's client reads nothing
}

TEST_F(Http2ServerTest, AsksAnOldConnectionToGoAndAnswersWhatIsUnderWay) {
  options_.grpc_connection_age_max = milliseconds(50);
  start();
  Http2Client client(port());
  const std::int32_t slow = client.call("/gate", "slow");
  stage_.begun.get_future().wait();
  ASSERT_TRUE(client.until([&] { return !client.goaways().empty(); }));
  ASSERT_TRUE(client.until([&] { return client.goaways().size() == 2; }));
  stage_.opened.set_value();
  EXPECT_EQ(client.finish(slow).grpc_status(), "0");
  EXPECT_FALSE(client.until([] { return false; }));
  EXPECT_TRUE(client.is_at_end());
}

TEST_F(Http2ServerTest, NamesTheLastStreamOnlyAfterARoundTripOrASecond) {
  start();
  Http2Client client(port(), {.acknowledges_pings = false});
  const std::int32_t stream = client.begin(grpc_fields("/a"));
  EXPECT_EQ(client.ask("/a", "").grpc_status(), "0");
  drain(Server::DrainDelay::skip);
  ASSERT_TRUE(client.until([&] { return client.goaways().size() == 2; }));
  EXPECT_THAT(client.goaways(), ElementsAre(0x7FFFFFFF, 3));
  client.send(stream, framed("late"), true);
  EXPECT_THAT(client.finish(stream).messages(), ElementsAre("POST /a late"));
  EXPECT_TRUE(server_->wait());
}

TEST_F(Http2ServerTest, FinishesWhatIsUnderWayBeforeItLeaves) {
  start();
  Http2Client idle(port());
  EXPECT_EQ(idle.ask("/a", "").grpc_status(), "0");
  Http2Client busy(port());
  const std::int32_t slow = busy.call("/gate", "slow");
  stage_.begun.get_future().wait();
  drain(Server::DrainDelay::skip);
  EXPECT_FALSE(idle.until([] { return false; }));
  EXPECT_TRUE(idle.is_at_end());
  stage_.opened.set_value();
  EXPECT_EQ(busy.finish(slow).grpc_status(), "0");
  EXPECT_FALSE(busy.until([] { return false; }));
  EXPECT_TRUE(busy.is_at_end());
  EXPECT_TRUE(server_->wait());
}

TEST_F(Http2ServerTest, AnswersNewConnectionsDuringTheDelay) {
  options_.drain_delay = std::chrono::hours(1);
  start();
  drain(Server::DrainDelay::wait);
  Http2Client client(port());
  EXPECT_EQ(client.ask("/a", "").grpc_status(), "0");
  EXPECT_TRUE(client.until([&] { return !client.goaways().empty(); }));
  server_->drain(Server::DrainDelay::wait);
  EXPECT_TRUE(server_->wait());
}

TEST_F(Http2ServerTest, AnswersWhatItCannotFinish) {
  start();
  Http2Client client(port());
  const std::int32_t waits = client.begin(grpc_fields("/a"));
  const std::int32_t works = client.call("/endless", "");
  stage_.begun.get_future().wait();
  drain(Server::DrainDelay::skip);
  server_->drain(Server::DrainDelay::skip);
  EXPECT_EQ(client.finish(waits).grpc_status(), "14");
  EXPECT_EQ(client.finish(works).grpc_status(), "14");
  EXPECT_EQ(client.answer(works).grpc_message(), "the server is shutting down");
  EXPECT_TRUE(server_->wait());
}

TEST_F(Http2ServerTest, EndsAtOnceWhenDestroyed) {
  start();
  Http2Client client(port());
  const std::int32_t waits = client.begin(grpc_fields("/a"));
  client.call("/work", "");
  EXPECT_EQ(client.ask("/a", "").grpc_status(), "0");
  server_.reset();
  EXPECT_FALSE(client.until([&] { return client.answer(waits).is_closed; }));
}

}  // namespace
}  // namespace ml_inference
