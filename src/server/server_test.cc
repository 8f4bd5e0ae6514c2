// SPDX-License-Identifier: MIT
#include "server/server.h"

#include "server/testing/server_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ml_inference {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using testing::kBudgetSize;
using ::testing::Not;
using testing::ServerTest;
using ::testing::StartsWith;
using Client = testing::Http1Client;

TEST_F(ServerTest, AnswersRequestAfterRequestOnOneConnection) {
  start();
  Client client(port());
  for (const char* target : {"/a", "/b", "/work", "/c"}) {
    client.get(target);
    const std::string text = client.response();
    EXPECT_THAT(text, StartsWith("HTTP/1.1 200 OK\r\nDate: "));
    EXPECT_THAT(text, HasSubstr("GET " + std::string(target)));
    EXPECT_THAT(text, Not(HasSubstr("Connection:")));
  }
}

TEST_F(ServerTest, SharesConnectionsAmongItsLoops) {
  options_.thread_count = 3;
  start();
  for (int i = 0; i < 7; ++i) {
    Client client(port());
    client.get("/work");
    EXPECT_THAT(client.response(), HasSubstr("GET /work"));
  }
}

TEST_F(ServerTest, FollowsTheThreadsThatAreGranted) {
  start();
  Client old(port());
  for (const std::size_t count : {3U, 1U, 4U, 2U}) {
    server_->set_thread_count(count);
    // The first loop answers only after it has done what it was told before.
    for (int i = 0; i < 5; ++i) {
      Client client(port());
      for (const char* target : {"/a", "/work"}) {
        client.get(target);
        EXPECT_THAT(client.response(), HasSubstr("GET " + std::string(target)));
      }
    }
    EXPECT_EQ(server_->thread_count(), count);
    old.get("/work");
    EXPECT_THAT(old.response(), HasSubstr("GET /work"));
  }
  drain(Server::DrainDelay::skip);
  server_->set_thread_count(8);
  EXPECT_TRUE(server_->wait());
  EXPECT_EQ(server_->thread_count(), 2U);
}

TEST_F(ServerTest, FollowsTheBudgetThatIsGranted) {
  start();
  Client client(port());
  server_->set_body_budget(100'000);
  client.get("/large");
  EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 503 "));
  server_->set_body_budget(kBudgetSize + 1);
  client.get("/large");
  EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 200 "));
  client.get("/huge-work");
  EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServerTest, AnswersRequestsThatAreSentAheadInOrder) {
  start();
  Client client(port());
  std::string text;
  for (int i = 0; i < 200; ++i) {
    const char* const target = i % 3 == 0 ? "/work" : "/a";
    text += "POST " + std::string(target) + " HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n" +
            std::to_string(100 + i);
  }
  client.send(text);
  for (int i = 0; i < 200; ++i) {
    ASSERT_THAT(client.response(), HasSubstr(" " + std::to_string(100 + i) + " "));
  }
}

TEST_F(ServerTest, ReadsALargeBodyAndSendsALargeAnswer) {
  start();
  Client client(port());
  const std::string body(500'000, 'y');
  client.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n" + body);
  EXPECT_THAT(client.response(), HasSubstr(body));
  client.get("/large");
  EXPECT_GT(client.response().size(), 8U << 20);
}

TEST_F(ServerTest, SendsNoBodyForHead) {
  start();
  Client client(port());
  client.send("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.response(false), HasSubstr("Content-Length: 9\r\n"));
  client.get("/next");
  EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(ServerTest, AsksForTheBodyWhenTheClientWaitsForThat) {
  start();
  Client client(port());
  client.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_to("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hi");
  EXPECT_THAT(client.response(), HasSubstr("POST /a hi"));
}

TEST_F(ServerTest, EndsTheConnectionWhenTheClientAsks) {
  start();
  Client client(port());
  client.get("/a", "Connection: close\r\n");
  EXPECT_THAT(client.response(), HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(client.is_ended());
}

TEST_F(ServerTest, AnswersAClientThatHasEndedItsSide) {
  start();
  Client client(port());
  client.get("/a");
  client.get("/work");
  client.end_sending();
  EXPECT_THAT(client.response(), HasSubstr("GET /a"));
  EXPECT_THAT(client.response(), HasSubstr("GET /work"));
  EXPECT_TRUE(client.is_ended());
}

TEST_F(ServerTest, AnswersARefusalAndEndsTheConnection) {
  start();
  Client client(port());
  client.send("hello\r\n\r\n");
  const std::string text = client.response();
  EXPECT_THAT(text, StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(text, HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(client.is_ended());
}

TEST_F(ServerTest, Answers408WhenTheHeaderComesTooSlowly) {
  options_.header_timeout = milliseconds(50);
  start();
  Client client(port());
  client.send("GET / HTTP/1.1\r\nHo");
  EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 408 "));
  EXPECT_TRUE(client.is_ended());
}

TEST_F(ServerTest, Answers408WhenTheBodyComesTooSlowly) {
  options_.request_timeout = milliseconds(50);
  start();
  Client client(port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n123");
  EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 408 "));
  EXPECT_TRUE(client.is_ended());
}

TEST_F(ServerTest, EndsAnIdleConnectionWithoutAWord) {
  options_.idle_timeout = milliseconds(50);
  start();
  Client silent(port());
  EXPECT_TRUE(silent.is_ended());
}

TEST_F(ServerTest, AnswersOnlyProbesWhenAllConnectionsAreTaken) {
  options_.connection_count_max = 1;
  start();
  Client first(port());
  first.get("/a");
  EXPECT_THAT(first.response(), HasSubstr("200 OK"));
  Client second(port());
  second.get("/a");
  const std::string text = second.response();
  EXPECT_THAT(text, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_THAT(text, HasSubstr("Retry-After: 1\r\n"));
  EXPECT_THAT(text, HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(second.is_ended());
  Client probe(port());
  probe.get("/health");
  EXPECT_THAT(probe.response(), StartsWith("HTTP/1.1 200 OK\r\n"));
  first.get("/b");
  EXPECT_THAT(first.response(), HasSubstr("GET /b"));
}

TEST_F(ServerTest, FinishesWhatIsUnderWayBeforeItLeaves) {
  start();
  Client idle(port());
  Client busy(port());
  idle.get("/a");
  EXPECT_THAT(idle.response(), HasSubstr("GET /a"));
  busy.get("/gate");
  gate_.begun.get_future().wait();
  drain(Server::DrainDelay::skip);
  EXPECT_TRUE(idle.is_ended());
  EXPECT_FALSE(Client(port()).is_connected());
  gate_.opened.set_value();
  const std::string text = busy.response();
  EXPECT_THAT(text, HasSubstr("GET /gate"));
  EXPECT_THAT(text, HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(busy.is_ended());
  EXPECT_TRUE(server_->wait());
}

TEST_F(ServerTest, TakesNewConnectionsDuringTheDelayAndHurriesWhenToldTwice) {
  options_.drain_delay = std::chrono::hours(1);
  start();
  Client old(port());
  old.get("/a");
  EXPECT_THAT(old.response(), Not(HasSubstr("Connection:")));
  drain(Server::DrainDelay::wait);
  Client fresh(port());
  ASSERT_TRUE(fresh.is_connected());
  for (Client* client : {&old, &fresh}) {
    client->get("/b");
    EXPECT_THAT(client->response(), HasSubstr("Connection: close\r\n"));
    EXPECT_TRUE(client->is_ended());
  }
  server_->drain(Server::DrainDelay::wait);
  EXPECT_TRUE(server_->wait());
  EXPECT_FALSE(Client(port()).is_connected());
}

TEST_F(ServerTest, AnswersWhatItCannotFinishWith503) {
  start();
  Client client(port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_THAT(client.read_to("\r\n\r\n"), HasSubstr("100 Continue"));
  drain(Server::DrainDelay::skip);
  server_->drain(Server::DrainDelay::skip);
  EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 503 "));
  EXPECT_TRUE(client.is_ended());
  EXPECT_TRUE(server_->wait());
}

TEST_F(ServerTest, EndsAtOnceWhenDestroyed) {
  start();
  Client client(port());
  client.get("/a");
  EXPECT_THAT(client.response(), HasSubstr("GET /a"));
  server_.reset();
  EXPECT_TRUE(client.is_ended());
}

TEST_F(ServerTest, SaysThatThePortIsTaken) {
  start();
  options_.port = port();
  const auto second = listen();
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Code::unavailable);
  EXPECT_EQ(second.error().message, "cannot listen on 127.0.0.1 port " +
                                        std::to_string(options_.port) + ": Address already in use");
}

TEST_F(ServerTest, WantsANumericAddress) {
  options_.host = "localhost";
  const auto server = listen();
  ASSERT_FALSE(server.has_value());
  EXPECT_EQ(server.error().code, Code::invalid_argument);
  EXPECT_EQ(server.error().message, "host 'localhost' is no numeric address such as 0.0.0.0 or ::");
}

TEST_F(ServerTest, SaysThatThereAreTooFewDescriptors) {
  options_.connection_count_max = std::size_t{1} << 40;
  const auto server = listen();
  ASSERT_FALSE(server.has_value());
  EXPECT_EQ(server.error().code, Code::resource_exhausted);
}

}  // namespace
}  // namespace ml_inference
