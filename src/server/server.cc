// SPDX-License-Identifier: MIT
#include "server/server.h"

#include "base/assert.h"
#include "server/response_text.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <sys/resource.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace ml_inference {
namespace {

using boost::system::error_code;

constexpr boost::asio::as_tuple_t<boost::asio::use_awaitable_t<EventLoop::Executor>> kAwait;

// Connections beyond connection_count_max that are kept just long enough to see whether they are
// probes.
constexpr std::size_t kOverflowCountMax = 64;

// Descriptors beside the connections: listener, epoll, eventfds, log, model files.
constexpr std::size_t kOtherDescriptorCount = 32;

// The kernel cuts this to net.core.somaxconn.
constexpr int kBacklog = 4096;

// After accept() failed for lack of descriptors or memory: long enough for some to come free.
constexpr std::chrono::milliseconds kAcceptPause{20};

// How often a leaving server looks whether its connections are gone.
constexpr std::chrono::milliseconds kDrainPoll{5};

// What the last answers of cancelled requests may take to get out.
constexpr std::chrono::milliseconds kCancelGrace{500};

// What a worker gets to end when nobody waits for it any more: its connection is gone, so it has
// nothing left to do, or the time above was not enough for it.
constexpr std::chrono::milliseconds kLastWorkLimit{100};

Result<void> grant_descriptors(std::size_t connection_count_max) {
  const rlim_t needed = connection_count_max + kOverflowCountMax + kOtherDescriptorCount;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= needed) return {};
  if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < needed) {
    return fail(Code::resource_exhausted,
                fmt::format("{} connections need {} file descriptors, the system grants {}",
                            connection_count_max, needed, limit.rlim_max));
  }
  limit.rlim_cur = needed;
  if (::setrlimit(RLIMIT_NOFILE, &limit) == 0) return {};
  return fail(Code::resource_exhausted,
              fmt::format("the system refuses {} file descriptors", needed));
}

}  // namespace

Server::Server(const ServerOptions& options, Metrics& metrics, const HandlerFactory& make_handler,
               std::function<void()> on_drain, std::function<void()> on_left)
    : state_(options, metrics),
      on_drain_(std::move(on_drain)),
      on_left_(std::move(on_left)),
      make_handler_(make_handler),
      dealt_loop_count_(options.thread_count) {
  for (std::size_t i = 0; i < options.thread_count; ++i) {
    loops_.push_back(std::make_unique<EventLoop>(state_, make_handler_()));
  }
  first_loop_ = loops_.front().get();
}

Result<std::unique_ptr<Server>> Server::listen(const ServerOptions& options, Metrics& metrics,
                                               const HandlerFactory& make_handler,
                                               std::function<void()> on_drain,
                                               std::function<void()> on_left) {
  RETURN_IF_ERROR(grant_descriptors(options.connection_count_max));
  std::unique_ptr<Server> server(
      new Server(options, metrics, make_handler, std::move(on_drain), std::move(on_left)));
  RETURN_IF_ERROR(server->open());
  return server;
}

Server::~Server() {
  first_loop().post([this] { first_loop().stop(); });
  if (first_thread_.joinable()) first_thread_.join();  // it has the others
  for (const auto& loop : loops_) loop->post([&loop] { loop->stop(); });
  threads_.clear();
  state_.workers.finish();  // its work refers to the loops
}

Result<void> Server::open() {
  ASSIGN_OR_RETURN(port_, open(state_.options.port, Protocol::http1));
  if (state_.options.grpc_port) {
    ASSIGN_OR_RETURN(grpc_port_, open(*state_.options.grpc_port, Protocol::http2));
  }
  signals_ = std::make_unique<Signals>(first_loop().context(), SIGTERM, SIGINT);
  drain_timer_ = std::make_unique<EventLoop::Timer>(first_loop().context());
  return {};
}

// Returns the port, which is another than `port` if that is 0.
Result<std::uint16_t> Server::open(std::uint16_t port, Protocol protocol) {
  const std::string& host = state_.options.host;
  error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  if (error) {
    return fail(Code::invalid_argument,
                fmt::format("host '{}' is no numeric address such as 0.0.0.0 or ::", host));
  }
  const boost::asio::ip::tcp::endpoint endpoint(address, port);
  Acceptor acceptor(first_loop().context());
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(Acceptor::reuse_address(true), error);
  if (!error) acceptor.native_non_blocking(true, error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(kBacklog, error);
  if (error) {
    return fail(Code::unavailable,
                fmt::format("cannot listen on {} port {}: {}", host, port, error.message()));
  }
  const std::uint16_t bound = acceptor.local_endpoint().port();
  listeners_.push_back(
      std::make_unique<Listener>(Listener{.acceptor = std::move(acceptor), .protocol = protocol}));
  return bound;
}

void Server::start() {
  for (const auto& listener : listeners_) {
    boost::asio::co_spawn(first_loop().context(), accept_connections(*listener),
                          boost::asio::detached);
  }
  boost::asio::co_spawn(first_loop().context(), handle_signals(), boost::asio::detached);
  for (std::size_t i = 1; i < loops_.size(); ++i) {
    threads_.emplace_back([loop = loops_[i].get()] { loop->run(); });
  }
  // Last: loops_ and threads_ are its own from now on.
  first_thread_ = std::jthread([this] { first_loop().run(); });
}

void Server::set_thread_count(std::size_t thread_count) {
  ASSERT(thread_count > 0);
  first_loop().post([this, thread_count] { resize(thread_count); });
}

void Server::set_body_budget(std::size_t size_bytes) {
  state_.body_budget.resize(size_bytes);
  state_.work_memory.resize(size_bytes);
}

void Server::drain(DrainDelay delay) {
  first_loop().post([this, delay] { begin_drain(delay); });
}

bool Server::wait() {
  first_thread_.join();
  threads_.clear();
  return state_.workers.finish_within(kLastWorkLimit);
}

Server::Awaitable<void> Server::accept_connections(Listener& listener) {
  EventLoop::Timer pause(first_loop().context());
  while (listener.acceptor.is_open()) {
    const auto [error] = co_await listener.acceptor.async_wait(Acceptor::wait_read, kAwait);
    if (error || accept_pending(listener)) continue;
    pause.expires_after(kAcceptPause);
    co_await pause.async_wait(kAwait);
  }
}

// Takes all connections that wait. Returns false when the system has no room for one.
bool Server::accept_pending(Listener& listener) {
  for (;;) {
    const int descriptor = ::accept4(listener.acceptor.native_handle(), nullptr, nullptr,
                                     SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) {
      admit(descriptor, listener.protocol);
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return true;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) return false;
    // Anything else is about the one connection that was to be accepted (accept(2)).
  }
}

void Server::admit(int descriptor, Protocol protocol) {
  state_.metrics.connections_accepted.Increment();
  const std::size_t count = state_.connection_count.fetch_add(1, std::memory_order_relaxed);
  const std::size_t regular_max = state_.options.connection_count_max;
  if (count >= regular_max) {
    if (count >= regular_max + kOverflowCountMax) {
      state_.metrics.overflow_answers.Increment();
      first_loop().drop_oldest_overflow();
    }
    return first_loop().adopt(descriptor, Admission::overflow, protocol);
  }
  EventLoop& loop = *loops_[next_loop_];
  next_loop_ = (next_loop_ + 1) % dealt_loop_count_.load();
  if (&loop == &first_loop()) return loop.adopt(descriptor, Admission::regular, protocol);
  loop.post(
      [&loop, descriptor, protocol] { loop.adopt(descriptor, Admission::regular, protocol); });
}

void Server::resize(std::size_t thread_count) {
  if (state_.current_phase() != ServerPhase::serving) return;
  try {
    while (loops_.size() < thread_count) {
      auto loop = std::make_unique<EventLoop>(state_, make_handler_());
      threads_.emplace_back([started = loop.get()] { started->run(); });
      loops_.push_back(std::move(loop));
    }
    state_.workers.resize(thread_count);
  } catch (
      const std::system_error&) {  // no thread or descriptor is to be had: thread_count() tells
    thread_count = std::min(thread_count, loops_.size());
  }
  dealt_loop_count_.store(thread_count);
  next_loop_ %= thread_count;
}

Server::Awaitable<void> Server::handle_signals() {
  for (;;) {
    const auto [error, signal] = co_await signals_->async_wait(kAwait);
    if (error) co_return;
    begin_drain(signal == SIGINT ? DrainDelay::skip : DrainDelay::wait);
  }
}

void Server::begin_drain(DrainDelay delay) {
  if (state_.current_phase() == ServerPhase::serving) {
    enter(ServerPhase::draining);
    on_drain_();
    boost::asio::co_spawn(first_loop().context(), leave(delay), boost::asio::detached);
    return;
  }
  hurried_ = true;
  drain_timer_->cancel();
}

// The server's last seconds, in the order of docs/operations.md.
Server::Awaitable<void> Server::leave(DrainDelay delay) {
  const auto deadline = EventLoop::Clock::now() + state_.options.drain_limit;
  if (delay == DrainDelay::wait && state_.options.drain_delay.count() > 0) {
    drain_timer_->expires_after(state_.options.drain_delay);
    co_await drain_timer_->async_wait(kAwait);
  }
  for (const auto& listener : listeners_) {
    accept_pending(*listener);  // closing the listener resets what still waits in its queue
    error_code ignored;
    listener->acceptor.close(ignored);
  }
  enter(ServerPhase::closing);
  if (!hurried_) co_await wait_for_connections(deadline);
  if (state_.connection_count.load() > 0) {
    enter(ServerPhase::cancelling);
    hurried_ = false;
    co_await wait_for_connections(EventLoop::Clock::now() + kCancelGrace);
  }
  if (on_left_) on_left_();
  for (const auto& loop : loops_) loop->post([&loop] { loop->stop(); });
}

Server::Awaitable<void> Server::wait_for_connections(EventLoop::Clock::time_point deadline) {
  while (state_.connection_count.load() > 0 && EventLoop::Clock::now() < deadline && !hurried_) {
    drain_timer_->expires_after(kDrainPoll);
    co_await drain_timer_->async_wait(kAwait);
  }
}

void Server::enter(ServerPhase phase) {
  state_.phase.store(phase);
  for (const auto& loop : loops_) loop->post([&loop] { loop->phase_changed(); });
}

}  // namespace ml_inference
