// SPDX-License-Identifier: MIT
// Against small servers on a port of the kernel's choice, each answering in one particular way.
#include "load/load_run.h"

#include "load/http_exchange.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <array>
#include <functional>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace ml_inference {
namespace {

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

// Serves one connection after another: calls `answer` with the number of the request, from 0, and
// writes what it returns; an empty text closes the connection. Ends when the listener is shut down.
class OneAtATimeServer {
 public:
  explicit OneAtATimeServer(std::function<std::string(int)> answer) : answer_(std::move(answer)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    listen(listener_, 8);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { serve(); });
  }
  ~OneAtATimeServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void serve() {
    int request = 0;
    for (int connection; (connection = accept(listener_, nullptr, nullptr)) >= 0;) {
      std::array<char, 4096> block;
      while (recv(connection, block.data(), block.size(), 0) > 0) {
        const std::string answer = answer_(request++);
        if (answer.empty()) break;
        ::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
      }
      close(connection);
    }
  }

  const std::function<std::string(int)> answer_;
  const int listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::uint16_t port_ = 0;
  std::jthread thread_;
};

LoadPlan plan_of(const OneAtATimeServer& server, std::uint64_t requests) {
  LoadPlan plan;
  plan.port = server.port();
  plan.request = post_request("/", "{}");
  plan.requests = requests;
  plan.seconds = 10;
  return plan;
}

TEST(LoadRun, CountsEveryAnswerOfAClosedLoop) {
  OneAtATimeServer server([](int) { return std::string(kOk); });
  const auto result = LoadRun(plan_of(server, 500)).run();
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(result->answered, 500);
  EXPECT_EQ(result->latency.count(), 500);
  EXPECT_EQ(result->refused + result->lost + result->unanswered, 0);
  EXPECT_EQ(result->body, "{}");
}

TEST(LoadRun, CountsOtherStatusesAndOtherBodiesAsRefused) {
  OneAtATimeServer server([](int request) -> std::string {
    if (request == 3) return "HTTP/1.1 503 No\r\ncontent-length: 2\r\n\r\n{}";
    if (request == 5) return "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]";
    return std::string(kOk);
  });
  const auto result = LoadRun(plan_of(server, 10)).run();
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(result->answered, 8);
  EXPECT_EQ(result->refused, 2);
  EXPECT_EQ(result->statuses.at(503), 1);
}

TEST(LoadRun, OpensABrokenConnectionAgainAndCountsTheLostRequest) {
  OneAtATimeServer server([](int request) { return request == 4 ? "" : std::string(kOk); });
  const auto result = LoadRun(plan_of(server, 10)).run();
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(result->answered, 9);
  EXPECT_EQ(result->lost, 1);
}

TEST(LoadRun, FollowsConnectionCloseWithoutLosingARequest) {
  const std::string closing = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
  OneAtATimeServer server([&](int request) { return request == 4 ? closing : std::string(kOk); });
  const auto result = LoadRun(plan_of(server, 10)).run();
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(result->answered, 10);
  EXPECT_EQ(result->lost, 0);
}

TEST(LoadRun, CountsWhatIsNeverAnsweredFromWhenItWasDue) {
  // Ten requests fall due, one each 10 ms. The third blocks the only connection, so that the third
  // to the tenth wait 130 to 60 ms until the run ends at 150 ms, though seven of them are never
  // sent.
  OneAtATimeServer server([](int request) { return request < 2 ? std::string(kOk) : "HTTP/1.1 "; });
  LoadPlan plan = plan_of(server, 0);
  plan.rate = 100;
  plan.seconds = 0.1;
  plan.grace_seconds = 0.05;
  const auto result = LoadRun(plan).run();
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(result->answered, 2);
  EXPECT_EQ(result->unanswered, 8);
  EXPECT_EQ(result->latency.count(), 10);
  EXPECT_GE(result->latency.max_ns(), 130e6);
  EXPECT_GE(result->latency.quantile_ns(0.3), 60e6);
}

TEST(LoadRun, SaysThatNobodyListens) {
  LoadPlan plan;
  plan.port = 1;
  plan.request = post_request("/", "{}");
  EXPECT_EQ(LoadRun(plan).run().error().code, Code::unavailable);
}

}  // namespace
}  // namespace ml_inference
