// SPDX-License-Identifier: MIT
// Against small servers on a port of the kernel's choice, each answering in one particular way.
#include "load/load_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace ml_inference {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

const std::string kOk = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
const std::string kClosing = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";

// Serves each connection on a thread of its own: calls `answer` with the number of the request,
// from 0, and writes what it returns; an empty text closes the connection, as does one with
// "connection: close".
class SmallServer {
 public:
  explicit SmallServer(std::function<std::string(int)> answer, std::size_t request_size = 1)
      : answer_(std::move(answer)), request_size_(request_size) {
    SocketAddress address = loopback_address(0);
    bind(listener_, reinterpret_cast<sockaddr*>(&address.bytes), address.size);
    listen(listener_, 64);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address.bytes), &address.size);
    address_ = address;
    thread_ = std::jthread([this] { accept_all(); });
  }
  ~SmallServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    for (const int connection : connections_) shutdown(connection, SHUT_RDWR);
    threads_.clear();
    for (const int connection : connections_) close(connection);
    close(listener_);
  }
  SmallServer(const SmallServer&) = delete;
  SmallServer& operator=(const SmallServer&) = delete;

  [[nodiscard]] const SocketAddress& address() const { return address_; }
  [[nodiscard]] int request_count() const { return requests_; }

 private:
  void accept_all() {
    for (int connection; (connection = accept(listener_, nullptr, nullptr)) >= 0;) {
      connections_.push_back(connection);
      threads_.emplace_back([this, connection] { serve(connection); });
    }
  }
  void serve(int connection) {
    std::array<char, 4096> block;
    std::size_t received = 0;
    for (ssize_t size; (size = recv(connection, block.data(), block.size(), 0)) > 0;) {
      received += static_cast<std::size_t>(size);
      if (received < request_size_) continue;
      received = 0;
      const std::string answer = answer_(requests_++);
      if (answer.empty()) break;
      ::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
      if (answer.find("connection: close") != std::string::npos) break;
    }
    shutdown(connection, SHUT_RDWR);
  }

  const std::function<std::string(int)> answer_;
  const std::size_t request_size_;  // bytes; fewer are no request yet
  const int listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  SocketAddress address_;
  std::atomic<int> requests_ = 0;
  std::vector<int> connections_;
  std::vector<std::jthread> threads_;
  std::jthread thread_;
};

// One client in a closed loop.
LoadPlan closed_plan(const SmallServer& server, std::uint64_t requests) {
  LoadPlan plan;
  const HttpTarget target{.authority = "test", .path = "/"};
  plan.addresses = {server.address()};
  plan.keep_request = post_request(target, "{}", {}, true);
  plan.fresh_request = post_request(target, "{}", {}, false);
  plan.concurrency = 1;
  plan.requests = requests;
  plan.seconds = 10;
  return plan;
}

LoadPlan open_plan(const SmallServer& server, double rate, double seconds) {
  LoadPlan plan = closed_plan(server, 0);
  plan.schedule = RateSchedule({{.rate = rate, .seconds = seconds}});
  plan.concurrency = 8;
  return plan;
}

LoadResult run(LoadPlan plan) {
  const auto result = LoadRun(std::move(plan)).run();
  EXPECT_TRUE(result.has_value()) << result.error().message;
  return result.value_or(LoadResult());
}

TEST(LoadRun, CountsEveryAnswerOfAClosedLoop) {
  SmallServer server([](int) { return kOk; });
  LoadPlan plan = closed_plan(server, 500);
  plan.same_body = plan.opens_first = plan.never_sleeps = true;
  const LoadResult result = run(plan);
  EXPECT_EQ(result.succeeded, 500);
  EXPECT_EQ(result.sent, 500);
  EXPECT_EQ(result.latency.count(), 500);
  EXPECT_EQ(result.failed, 0);
  EXPECT_EQ(result.body, "{}");
}

TEST(LoadRun, SendsEachRequestOfAnOpenLoopOnce) {
  SmallServer server([](int) { return kOk; });
  const LoadResult result = run(open_plan(server, 500, 0.4));
  EXPECT_EQ(result.sent, 200);
  EXPECT_EQ(result.succeeded, 200);
  EXPECT_EQ(server.request_count(), 200);
  EXPECT_EQ(result.keep.sent, 200);
  EXPECT_EQ(result.keep.connections, 8);  // as many as may be in flight, whatever is needed
  EXPECT_EQ(result.fresh.sent, 0);
  EXPECT_DOUBLE_EQ(result.sending_seconds, 0.4);
  ASSERT_EQ(result.per_second.size(), 1);
  EXPECT_EQ(result.per_second[0].sent, 200);
}

TEST(LoadRun, OpensAConnectionForEachRequestOrForEachSecondOne) {
  SmallServer server([](int) { return kOk; });
  LoadPlan plan = open_plan(server, 500, 0.1);
  plan.use = ConnectionUse::fresh;
  EXPECT_EQ(run(plan).fresh.connections, 50);
  plan.use = ConnectionUse::mixed;
  const LoadResult mixed = run(plan);
  EXPECT_EQ(mixed.fresh.connections, 25);
  EXPECT_EQ(mixed.keep.sent, 25);
  EXPECT_EQ(mixed.keep.connections, 8);
  EXPECT_EQ(mixed.failed, 0);
}

TEST(LoadRun, NamesWhyRequestsFailed) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n", "status 503"},
      {"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]", "wrong body"},
      {"", "closed without a response"},
      {"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 9\r\n\r\n{}",
       "closed within a response"},
      {"SMTP\r\n\r\n", "response is not HTTP"},
      {"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n", "response too long"}};
  for (const auto& [answer, reason] : cases) {
    SmallServer server([&answer](int request) { return request == 4 ? answer : kOk; });
    LoadPlan plan = closed_plan(server, 10);
    plan.expect_text = "{";
    const LoadResult result = run(plan);
    EXPECT_EQ(result.succeeded, 9) << reason;
    EXPECT_THAT(result.failures, ElementsAre(Pair(reason, 1)));
    EXPECT_EQ(result.keep.failed, 1) << reason;
    EXPECT_EQ(result.latency.count(), 9) << reason;   // who fails at once improves no quantile
    EXPECT_EQ(server.request_count(), 10) << reason;  // nothing is sent twice
  }
}

TEST(LoadRun, ComparesBodiesWithTheFirst) {
  SmallServer server([](int request) {
    return request == 5 ? "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]" : kOk;
  });
  LoadPlan plan = closed_plan(server, 10);
  plan.same_body = true;
  EXPECT_THAT(run(plan).failures, ElementsAre(Pair("wrong body", 1)));
}

TEST(LoadRun, FollowsConnectionCloseWithoutLosingARequest) {
  SmallServer server([](int request) { return request == 4 ? kClosing : kOk; });
  const LoadResult result = run(closed_plan(server, 10));
  EXPECT_EQ(result.succeeded, 10);
  EXPECT_EQ(result.failed, 0);
  EXPECT_EQ(result.keep.connections, 2);
}

TEST(LoadRun, ReplacesAConnectionThatWasClosedWhileItWasIdle) {
  // The answer does not announce the end that follows it at once; the next request of this one
  // connection is due 100 ms later.
  SmallServer server([](int) {
    return std::string(
        "HTTP/1.1 200 OK\r\nx: connection: close\r\n"
        "content-length: 2\r\n\r\n{}");
  });
  LoadPlan plan = open_plan(server, 10, 0.5);
  plan.concurrency = 1;
  const LoadResult result = run(plan);
  EXPECT_EQ(result.succeeded, 5);
  EXPECT_THAT(result.failures, IsEmpty());
  EXPECT_EQ(result.keep.connections, 5);
}

TEST(LoadRun, CountsWhatIsNeverAnsweredFromWhenItWasDue) {
  // Ten requests fall due, one each 10 ms. The third blocks the only connection, so that the third
  // to the tenth wait 130 to 60 ms until the run ends at 150 ms, though seven are never sent.
  SmallServer server([](int request) { return request < 2 ? kOk : "HTTP/1.1 "; });
  LoadPlan plan = open_plan(server, 100, 0.1);
  plan.concurrency = 1;
  plan.grace_seconds = 0.05;
  const LoadResult result = run(plan);
  EXPECT_EQ(result.succeeded, 2);
  EXPECT_THAT(result.failures, ElementsAre(Pair("unanswered at the end", 8)));
  EXPECT_EQ(result.late, 7);
  EXPECT_EQ(result.latency.count(), 10);
  EXPECT_GE(result.latency.max_ns(), 130e6);
  EXPECT_GE(result.latency.quantile_ns(0.3), 60e6);
}

TEST(LoadRun, GivesUpEachRequestAfterItsTime) {
  SmallServer server([](int) { return "HTTP/1.1 "; });
  LoadPlan plan = open_plan(server, 100, 0.1);
  plan.concurrency = 1;
  plan.timeout_seconds = 0.05;
  const LoadResult result = run(plan);
  EXPECT_EQ(result.sent, 10);
  EXPECT_EQ(result.failed, 10);
  EXPECT_EQ(result.latency.count(), 10);
  EXPECT_GE(result.latency.quantile_ns(0), 49e6);
  EXPECT_LT(result.latency.max_ns(), 1'000'000'000);
  EXPECT_GE(result.failures.at("timeout"), 1);
}

// One request at a time, whatever the number of connections: some 900 a second.
class OneAtATime {
 public:
  std::string answer(std::chrono::milliseconds time) {
    const std::lock_guard turn(turn_);
    std::this_thread::sleep_for(time);
    return kOk;
  }

 private:
  std::mutex turn_;
};

TEST(LoadRun, CarriesWhatIsDueAgainOnceAPauseIsOver) {
  // Behind the pause the queue is as old as the timeout. Were requests sent with the rest of their
  // time, hardly one would get its answer, and the queue would never get shorter.
  OneAtATime desk;
  SmallServer server([&desk](int request) {
    return desk.answer(std::chrono::milliseconds(request == 50 ? 700 : 1));
  });
  LoadPlan plan = open_plan(server, 600, 4);
  plan.timeout_seconds = 0.3;
  const LoadResult result = run(plan);
  ASSERT_EQ(result.per_second.size(), 4);
  EXPECT_GT(result.per_second[0].failed, 0);  // the pause is seen
  EXPECT_EQ(result.per_second[2].failed, 0);
  // Those that stood in the pause are given up, twice at most, and no other.
  EXPECT_LE(result.keep.connections, 3 * plan.concurrency);
  EXPECT_EQ(result.per_second[3].failed, 0);
  EXPECT_EQ(result.sent, result.succeeded + result.failed);
  EXPECT_EQ(result.latency.count(), result.sent);
}

TEST(LoadRun, ShowsWhatAServerCarriesWhenMoreIsDue) {
  OneAtATime desk;
  SmallServer server([&desk](int) { return desk.answer(std::chrono::milliseconds(1)); });
  LoadPlan closed = closed_plan(server, 0);
  closed.concurrency = 8;
  closed.seconds = 0.5;
  const LoadResult most = run(closed);
  LoadPlan plan = open_plan(server, 10'000, 1);
  plan.timeout_seconds = 0.3;
  const LoadResult result = run(plan);
  EXPECT_GT(result.succeeded, most.succeeded);  // in twice the time: more than half of the best
  EXPECT_THAT(result.failures, ElementsAre(Pair("not sent in time", result.failed)));
  EXPECT_EQ(result.keep.connections, 8);  // none is given up for a request that came to it late
  EXPECT_GE(result.latency.quantile_ns(0.5), 290e6);
  EXPECT_EQ(result.latency.count(), result.sent);
}

TEST(LoadRun, CountsRefusedConnectionsAndGoesOn) {
  LoadPlan plan;
  {
    SmallServer gone([](int) { return kOk; });
    plan = open_plan(gone, 200, 0.1);
  }
  const LoadResult result = run(plan);
  EXPECT_THAT(result.failures, ElementsAre(Pair("connect: refused", 20)));
  EXPECT_EQ(result.keep.connections, 20);
  plan.opens_first = true;
  EXPECT_EQ(LoadRun(plan).run().error().code, Code::unavailable);
}

TEST(LoadRun, PausesAfterAFailureInAClosedLoop) {
  LoadPlan plan;
  {
    SmallServer gone([](int) { return kOk; });
    plan = closed_plan(gone, 0);
  }
  plan.seconds = 0.1;
  EXPECT_LE(run(plan).sent, 11);
}

TEST(LoadRun, SendsABodyThatNoSocketTakesAtOnce) {
  const std::string request =
      post_request({.authority = "x", .path = "/"}, std::string(16 << 20, ' '), {}, true);
  SmallServer server([](int) { return kOk; }, request.size());
  LoadPlan plan = closed_plan(server, 3);
  plan.keep_request = request;
  const LoadResult result = run(plan);
  EXPECT_EQ(result.succeeded, 3);
  EXPECT_EQ(result.keep.connections, 1);
}

TEST(LoadRun, EndsEarlyAndReportsWhenItIsStopped) {
  const int stop = eventfd(0, EFD_CLOEXEC);
  SmallServer server([stop](int request) {
    const std::uint64_t one = 1;
    if (request == 20 && write(stop, &one, sizeof one) != sizeof one) return std::string();
    return kOk;
  });
  LoadPlan plan = open_plan(server, 100, 3600);
  plan.stop_descriptor = stop;
  const LoadResult result = run(plan);
  EXPECT_TRUE(result.stopped);
  EXPECT_GE(result.sent, 21);
  EXPECT_EQ(result.succeeded, result.sent);
  EXPECT_LT(result.sending_seconds, 60);
  close(stop);
}

TEST(LoadRun, WaitsForNothingOnceItIsStoppedTwice) {
  const int stop = eventfd(2, EFD_CLOEXEC | EFD_SEMAPHORE);
  SmallServer server([](int) { return "HTTP/1.1 "; });
  LoadPlan plan = open_plan(server, 1'000, 3600);
  plan.timeout_seconds = 3600;
  plan.stop_descriptor = stop;
  const LoadResult result = run(plan);
  EXPECT_GE(result.sent, 1);
  EXPECT_THAT(result.failures, ElementsAre(Pair("unanswered at the end", result.sent)));
  close(stop);
}

TEST(LoadRun, TellsEachSecondHowItGoes) {
  SmallServer server([](int) { return kOk; });
  LoadPlan plan = open_plan(server, 20, 1.2);
  std::vector<LoadProgress> told;
  plan.on_second = [&told](const LoadProgress& progress) { told.push_back(progress); };
  EXPECT_EQ(run(plan).per_second.size(), 2);
  ASSERT_EQ(told.size(), 1);
  EXPECT_GE(told[0].sent, 20);
  EXPECT_GE(told[0].seconds, 1);
}

TEST(LoadRun, SaysThatDescriptorsAreMissing) {
  LoadPlan plan;
  plan.concurrency = 4'000'000'000;
  EXPECT_EQ(LoadRun(plan).run().error().code, Code::resource_exhausted);
}

}  // namespace
}  // namespace ml_inference
