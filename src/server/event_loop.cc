// SPDX-License-Identifier: MIT
#include "server/event_loop.h"

#include "server/http1_connection.h"
#include "server/http2_connection.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/socket.h>
#include <utility>

namespace ml_inference {

EventLoop::EventLoop(ServerState& state, std::unique_ptr<HttpHandler> handler)
    : state_(state),
      handler_(std::move(handler)),
      context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE),
      mailbox_(context_) {
  boost::asio::co_spawn(context_, mailbox_.run(), boost::asio::detached);
  boost::asio::co_spawn(context_, tick(), boost::asio::detached);
}

EventLoop::~EventLoop() = default;

void EventLoop::run() { context_.run(); }

void EventLoop::adopt(int descriptor, Admission admission, Protocol protocol) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
  const auto family =
      address.ss_family == AF_INET6 ? boost::asio::ip::tcp::v6() : boost::asio::ip::tcp::v4();
  Connection::Socket socket(context_, family, descriptor);
  if (protocol == Protocol::http2) {
    Http2Connection::serve(*this, std::move(socket), admission);
  } else {
    Http1Connection::serve(*this, std::move(socket), admission);
  }
}

void EventLoop::drop_oldest_overflow() {
  for (Connection& connection : connections_) {
    if (connection.drop_if_waiting_overflow()) return;
  }
}

void EventLoop::phase_changed() {
  for (Connection& connection : connections_) connection.phase_changed();
}

std::string_view EventLoop::date() {
  const std::time_t now = std::time(nullptr);
  if (now != date_second_) {
    date_second_ = now;
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    date_size_ = std::strftime(date_, sizeof date_, "%a, %d %b %Y %H:%M:%S GMT", &utc);
  }
  return {date_, date_size_};
}

boost::asio::awaitable<void, EventLoop::Executor> EventLoop::tick() {
  Timer timer(context_);
  for (;;) {
    timer.expires_after(kTick);
    co_await timer.async_wait(boost::asio::use_awaitable_t<Executor>());
    handler_->tick();
    coarse_now_ = Clock::now();
    state_.body_budget.free_idle_blocks(coarse_now_);
    // A loop that the machine, a quota or a signal kept from running has read nothing meanwhile,
    // and has given newcomers deadlines by an old clock.
    const Clock::duration standstill = coarse_now_ - timer.expiry();
    for (Connection& connection : connections_) {
      connection.tick(coarse_now_, standstill > kTick ? standstill : Clock::duration());
    }
  }
}

}  // namespace ml_inference
