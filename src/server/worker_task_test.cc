// SPDX-License-Identifier: MIT
// Work of a whole server.
#include "server/worker_task.h"

#include "server/testing/server_fixture.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

namespace ml_inference {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using testing::ServerTest;
using ::testing::StartsWith;
using Client = testing::Http1Client;

TEST_F(ServerTest, AnswersOtherRequestsWhileWorkIsUnderWay) {
  start();
  Client slow(port());
  slow.get("/gate");
  gate_.begun.get_future().wait();
  Client other(port());
  other.get("/a");
  EXPECT_THAT(other.response(), HasSubstr("GET /a"));
  gate_.opened.set_value();
  EXPECT_THAT(slow.response(), HasSubstr("GET /gate"));
}

TEST_F(ServerTest, HasWorkersHelpEachOther) {
  options_.thread_count = 2;
  start();
  Client client(port());
  client.get("/together");
  EXPECT_THAT(client.response(), HasSubstr("GET /together"));
}

TEST_F(ServerTest, StopsTheWorkOfAClientThatIsGone) {
  start();
  Client client(port());
  client.get("/endless");
  gate_.begun.get_future().wait();
  client.reset();
  gate_.opened.get_future().wait();
  Client other(port());  // the only worker is free again
  other.get("/work");
  EXPECT_THAT(other.response(), HasSubstr("GET /work"));
}

TEST_F(ServerTest, StopsTheWorkOfAClientThatHasEndedItsSideAfterAWhile) {
  start();
  Client client(port());
  client.get("/endless");
  gate_.begun.get_future().wait();
  client.end_sending();
  const std::string text = client.response();
  EXPECT_THAT(text, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(text, HasSubstr("the client ended the connection before the answer was there"));
  EXPECT_TRUE(client.is_ended());
}

TEST_F(ServerTest, StopsWorkThatTakesTooLong) {
  options_.request_timeout = milliseconds(50);
  start();
  Client client(port());
  client.get("/endless");
  const std::string text = client.response();
  EXPECT_THAT(text, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(text, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(text, HasSubstr("the prediction took too long, expected fewer rows"));
  EXPECT_TRUE(client.is_ended());
}

TEST_F(ServerTest, BeginsNoWorkThatHasWaitedTooLong) {
  options_.request_timeout = milliseconds(50);
  start();
  Client first(port());
  first.get("/gate");
  gate_.begun.get_future().wait();
  Client second(port());
  second.get("/work");
  Client third(port());  // is answered 408 once the time of the second is over as well
  third.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n123");
  EXPECT_THAT(third.response(), StartsWith("HTTP/1.1 408 "));
  gate_.opened.set_value();
  EXPECT_THAT(first.response(), HasSubstr("the prediction took too long"));
  EXPECT_THAT(second.response(), HasSubstr("the request waited too long for a worker"));
}

TEST_F(ServerTest, StopsWorkWhenTimeIsOver) {
  options_.drain_limit = milliseconds(50);
  start();
  Client client(port());
  client.get("/endless");
  gate_.begun.get_future().wait();
  drain(Server::DrainDelay::skip);
  const std::string text = client.response();
  EXPECT_THAT(text, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(text, HasSubstr("the server is shutting down"));
  EXPECT_TRUE(server_->wait());
}

TEST_F(ServerTest, LeavesAWorkerBehindThatDoesNotStop) {
  options_.drain_limit = milliseconds(50);
  start();
  Client client(port());
  client.get("/gate");
  gate_.begun.get_future().wait();
  drain(Server::DrainDelay::skip);
  EXPECT_FALSE(server_->wait());
  gate_.opened.set_value();  // for the destructor, which waits
}

TEST_F(ServerTest, RefusesWorkThatTheQueueHasNoRoomFor) {
  options_.worker_queue_size = 1;
  options_.thread_count = 1;
  start();
  Client busy(port());
  busy.get("/gate");
  gate_.begun.get_future().wait();
  Client waiting(port());
  waiting.get("/work");
  Client client(port());
  client.get("/a");  // its answer comes from the loop that has submitted the other by then
  EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 200 "));
  client.get("/work");
  EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 503 "));
  client.get("/a");
  EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 200 "));
  gate_.opened.set_value();
  EXPECT_THAT(busy.response(), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(waiting.response(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServerTest, StopsWorkAtTheDeadlineOfItsClient) {
  start();
  for (const char* const field : {"X-Request-Timeout-Ms", "x-envoy-expected-rq-timeout-ms"}) {
    gate_.begun = {};
    gate_.opened = {};
    Client client(port());
    client.send(fmt::format("GET /endless HTTP/1.1\r\nHost: a\r\n{}: 20\r\n\r\n", field));
    const std::string text = client.response();
    EXPECT_THAT(text, StartsWith("HTTP/1.1 504 "));
    EXPECT_THAT(text, HasSubstr("the request's deadline passed before the answer was there"));
    gate_.opened.get_future().wait();
  }
}

TEST_F(ServerTest, DoesNotBeginWorkWhoseDeadlineHasPassed) {
  options_.thread_count = 1;
  start();
  Client busy(port());
  busy.get("/gate");
  gate_.begun.get_future().wait();
  Client client(port());
  client.send("GET /work HTTP/1.1\r\nHost: a\r\nX-Request-Timeout-Ms: 20\r\n\r\n");
  EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 504 "));
  gate_.opened.set_value();
  EXPECT_THAT(busy.response(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServerTest, BelievesTheClientsTimeBeforeTheProxys) {
  start();
  Client client(port());
  client.send(
      "GET /work HTTP/1.1\r\nHost: a\r\nX-Request-Timeout-Ms: 60000\r\n"
      "X-Envoy-Expected-Rq-Timeout-Ms: x\r\n\r\n");
  EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServerTest, RefusesATimeThatIsNone) {
  start();
  Client client(port());
  client.send("GET /a HTTP/1.1\r\nHost: a\r\nX-Request-Timeout-Ms: soon\r\n\r\n");
  const std::string text = client.response();
  EXPECT_THAT(text, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(text, HasSubstr("x-request-timeout-ms (or x-envoy-expected-rq-timeout-ms) is 'soon', "
                              "expected milliseconds"));
  client.get("/a");
  EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServerTest, DoesTogetherWhatWaitsTogether) {
  options_.thread_count = 1;
  start();
  Client busy(port());
  busy.get("/gate");
  gate_.begun.get_future().wait();
  std::deque<Client> clients;
  for (int i = 0; i < 3; ++i) clients.emplace_back(port()).get("/joins");
  gate_.joined.wait();
  Client last(port());  // its answer comes from the loop that has submitted the others by then
  last.get("/a");
  EXPECT_THAT(last.response(), StartsWith("HTTP/1.1 200 "));
  gate_.opened.set_value();
  for (Client& client : clients) EXPECT_THAT(client.response(), HasSubstr("one of 3"));
}

TEST_F(ServerTest, RefusesWorkThatNeedsMoreMemoryThanThereIs) {
  start();
  Client client(port());
  client.get("/huge-work");  // no other try helps
  const std::string never = client.response();
  EXPECT_THAT(never, StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(never, ::testing::Not(HasSubstr("Retry-After")));
  client.get("/large-work");
  const std::string later = client.response();
  EXPECT_THAT(later, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(later, HasSubstr("Retry-After: 1\r\n"));
  for (int i = 0; i < 3; ++i) {  // what was refused has given back what it had
    client.get("/work");
    EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 200 "));
  }
}

}  // namespace
}  // namespace ml_inference
