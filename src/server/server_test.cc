// SPDX-License-Identifier: MIT
// A whole server on a free port of the loopback, with a handler that does what the path says, and
// clients that are plain blocking sockets: they give up after kPatience instead of waiting for
// ever.
#include "server/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <future>
#include <latch>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

namespace ml_inference {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr int kPatienceSeconds = 10;

constexpr std::size_t kBudgetSize = ServerOptions().body_budget_bytes;

/// Lets a test hold work under way, and see it begin.
struct Gate {
  std::promise<void> begun;
  std::promise<void> opened;
};

/// Answers with the method, the target and the body. "/work" is done by a worker, "/together" by
/// two at a time, and "/gate" by one once the gate is open. "/huge-work" needs more memory than
/// there is, "/large-work" has an answer larger than the budget. "/endless" ends when it is asked
/// to stop.
class StubHandler final : public HttpHandler {
 public:
  explicit StubHandler(Gate& gate) : gate_(gate) {}

  std::optional<Work> handle(const HttpRequest& request, HttpResponse& response) override {
    if (request.target == "/large") response.body.assign(8 << 20, 'x');
    const auto fill = [&request, &response] {
      for (const std::string_view part : {request.method, request.target, request.body}) {
        response.body.append(part).append(" ");
      }
    };
    const auto work = [fill](const WorkPlace&) { fill(); };
    const auto meet = [fill](const WorkPlace& place) {
      std::latch both_there(2);
      const auto arrive = [&both_there] { return both_there.arrive_and_wait(), false; };
      place.workers->do_together(arrive, [&] { return arrive; }, 1);
      fill();
    };
    const auto gated = [this, fill](const WorkPlace&) {
      gate_.begun.set_value();
      gate_.opened.get_future().wait();
      fill();
    };
    if (request.target == "/work") return Work{.run = work};
    if (request.target == "/huge-work") return Work{.run = work, .memory_size = kBudgetSize + 1};
    if (request.target == "/large-work") {
      return Work{
          .run = [&response](const WorkPlace&) { response.body.assign(kBudgetSize + 1, 'x'); }};
    }
    if (request.target == "/gate") return Work{.run = gated, .memory_size = kBudgetSize};
    if (request.target == "/together") return Work{.run = meet};
    if (request.target == "/endless") {
      return Work{.run = [this](const WorkPlace& place) {
        gate_.begun.set_value();
        std::promise<void> stopped;
        const std::stop_callback on_stop(place.stop, [&stopped] { stopped.set_value(); });
        stopped.get_future().wait();
        gate_.opened.set_value();
      }};
    }
    if (request.target != "/large") fill();
    return std::nullopt;
  }

  void refuse(const HttpRequest&, int status, std::string_view detail,
              HttpResponse& response) override {
    response.status = status;
    response.retry_later = status == 503;
    response.body = detail;
  }

  void finished(const HttpRequest&, const HttpResponse&, std::chrono::nanoseconds) override {}

  bool is_vital(const HttpRequest& request) const override { return request.target == "/health"; }

 private:
  Gate& gate_;
};

class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{kPatienceSeconds, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_connected_ =
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] bool is_connected() const { return is_connected_; }

  void send(std::string_view text) {
    ASSERT_EQ(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }

  void get(std::string_view target, std::string_view fields = "") {
    send("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n");
  }

  void end_sending() { ::shutdown(socket_, SHUT_WR); }

  /// Leaves without a word: the server gets a reset.
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(std::exchange(socket_, -1));
  }

  /// Reads until `end` has come, and returns everything up to it; what there is if it never comes.
  std::string read_to(std::string_view end) {
    std::size_t at = received_.find(end);
    while (at == std::string::npos && read_some()) at = received_.find(end);
    const std::size_t size = at == std::string::npos ? received_.size() : at + end.size();
    const std::string text = received_.substr(0, size);
    received_.erase(0, size);
    return text;
  }

  /// One response, with as much body as it says that it has.
  std::string response(bool has_body = true) {
    std::string text = read_to("\r\n\r\n");
    constexpr std::string_view kLength = "Content-Length: ";
    const std::size_t at = text.find(kLength);
    if (!has_body || at == std::string::npos) return text;
    const std::size_t size = std::stoul(text.substr(at + kLength.size()));
    while (received_.size() < size && read_some()) {
    }
    text += received_.substr(0, size);
    received_.erase(0, size);
    return text;
  }

  /// Whether the server ends the connection, and in order, with nothing more to say.
  bool is_ended() {
    while (read_some()) {
    }
    return received_.empty() && last_ == 0;
  }

 private:
  bool read_some() {
    char bytes[65536];
    last_ = ::recv(socket_, bytes, sizeof bytes, 0);
    if (last_ > 0) received_.append(bytes, static_cast<std::size_t>(last_));
    return last_ > 0;
  }

  int socket_;
  bool is_connected_ = false;
  ssize_t last_ = 0;
  std::string received_;
};

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    options_.host = "127.0.0.1";
    options_.port = 0;
    options_.drain_delay = milliseconds(0);
  }

  Result<std::unique_ptr<Server>> listen() {
    return Server::listen(
        options_, metrics_, [this] { return std::make_unique<StubHandler>(gate_); },
        [this] { drained_.set_value(); });
  }

  void start() {
    auto server = listen();
    ASSERT_TRUE(server.has_value()) << server.error().message;
    server_ = *std::move(server);
    server_->start();
  }

  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

  // Begins to drain, and returns when draining has begun.
  void drain(Server::DrainDelay delay) {
    server_->drain(delay);
    drained_.get_future().wait();
  }

  ServerOptions options_;
  Metrics metrics_;
  Gate gate_;
  std::promise<void> drained_;
  std::unique_ptr<Server> server_;
};

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
  options_.worker_queue_size = 0;
  start();
  Client client(port());
  client.get("/work");
  EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 503 "));
  client.get("/a");
  EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServerTest, RefusesWorkThatNeedsMoreMemoryThanThereIs) {
  start();
  Client client(port());
  for (const char* target : {"/huge-work", "/large-work"}) {
    client.get(target);
    const std::string text = client.response();
    EXPECT_THAT(text, StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(text, HasSubstr("Retry-After: 1\r\n"));
  }
  for (int i = 0; i < 3; ++i) {  // what was refused has given back what it had
    client.get("/work");
    EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 200 "));
  }
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
