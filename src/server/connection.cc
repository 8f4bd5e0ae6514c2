// SPDX-License-Identifier: MIT
#include "server/connection.h"

#include "server/event_loop.h"
#include "server/response_text.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <utility>

namespace ml_inference {
namespace {

using boost::system::error_code;

constexpr boost::asio::as_tuple_t<boost::asio::use_awaitable_t<Connection::Executor>> kAwait;

// What one read takes at most. Grows with bodies that are larger; 4 KiB hold most requests whole.
constexpr std::size_t kInputSizeMin = 4 * 1024;
constexpr std::size_t kInputSizeMax = 64 * 1024;

// How long a closing connection waits for the client to close as well, so that the client's last
// bytes do not turn into a reset that eats the answer (RFC 9112, section 9.6).
constexpr std::chrono::milliseconds kLingerTimeout{1'000};

// An overflow connection has this long to say that it is a probe.
constexpr std::chrono::milliseconds kOverflowTimeout{1'000};

}  // namespace

void Connection::serve(EventLoop& loop, Socket socket, Admission admission) {
  boost::asio::co_spawn(loop.context(), run(loop, std::move(socket), admission),
                        boost::asio::detached);
}

Connection::Awaitable<void> Connection::run(EventLoop& loop, Socket socket, Admission admission) {
  Connection connection(loop, std::move(socket), admission);
  co_await connection.serve_requests();
}

Connection::Connection(EventLoop& loop, Socket socket, Admission admission)
    : loop_(loop),
      state_(loop.state()),
      admission_(admission),
      socket_(std::move(socket)),
      input_(kInputSizeMin),
      parser_({.header_size_max = state_.options.header_size_max,
               .body_size_max = state_.options.body_size_max},
              state_.body_budget) {
  error_code ignored;  // a socket that refuses the option works without it
  socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  loop_.connections_.push_back(*this);
  state_.metrics.connections.Increment();
}

Connection::~Connection() {
  loop_.connections_.erase(loop_.connections_.iterator_to(*this));
  state_.metrics.connections.Decrement();
  state_.connection_count.fetch_sub(1, std::memory_order_relaxed);
}

void Connection::expire() {
  if (stage_ == Stage::work) return;  // the worker looks at the deadline itself
  expired_ = true;
  deadline_ = Clock::time_point::max();
  error_code ignored;
  socket_.cancel(ignored);
}

void Connection::phase_changed() {
  const ServerPhase phase = state_.current_phase();
  const bool idle_is_over = phase >= ServerPhase::closing && stage_ == Stage::idle;
  if (idle_is_over || phase == ServerPhase::cancelling) expire();
}

bool Connection::drop_if_waiting_overflow() {
  const bool waits = stage_ == Stage::idle || stage_ == Stage::header;
  if (admission_ != Admission::overflow || !waits || ended_) return false;
  ended_ = true;
  expire();
  return true;
}

Connection::Awaitable<void> Connection::serve_requests() {
  while (keep_alive_) {
    const Received received = co_await receive();
    if (received == Received::nothing) break;
    co_await answer(received);
    if (ended_) break;
  }
  co_await linger();
}

// Waits for a whole request, or for the reason why there is none.
Connection::Awaitable<Connection::Received> Connection::receive() {
  parser_.reset();
  bool continued = false;
  enter(input_begin_ == input_end_ ? Stage::idle : Stage::header);
  for (;;) {
    if (input_begin_ < input_end_) {
      const auto progress = parser_.feed({input_.data() + input_begin_, input_end_ - input_begin_});
      input_begin_ += progress.consumed;
      if (progress.status == RequestParser::Status::done) co_return Received::request;
      if (progress.status == RequestParser::Status::refused) {
        refuse(parser_.refusal().status, parser_.refusal().detail);
        co_return Received::refused;
      }
      if (stage_ == Stage::header && parser_.has_header()) enter(Stage::body);
    }
    if (parser_.has_header() && parser_.expects_continue() && !continued) {
      continued = true;
      if (!co_await write(kContinue)) co_return Received::nothing;
      enter(Stage::body);
    }
    const std::size_t size = co_await read_more();
    if (size > 0) {
      if (stage_ == Stage::idle) enter(Stage::header);
      continue;
    }
    if (!expired_ || ended_ || stage_ == Stage::idle) co_return Received::nothing;
    if (state_.current_phase() == ServerPhase::cancelling) {
      refuse(503, "the server is shutting down");
    } else {
      refuse(408, stage_ == Stage::header ? "the request header came too slowly"
                                          : "the request body came too slowly");
    }
    co_return Received::refused;
  }
}

// Reads what is there, waiting for it if need be, and returns how much; 0 when the peer is gone or
// the time is over.
Connection::Awaitable<std::size_t> Connection::read_more() {
  if (input_begin_ == input_end_) {
    input_begin_ = input_end_ = 0;
    if (stage_ == Stage::body) {
      input_.resize(kInputSizeMax);
    } else if (stage_ == Stage::idle && input_.size() > kInputSizeMin) {
      input_ = std::vector<char>(kInputSizeMin);
    }
  } else if (input_end_ == input_.size()) {
    // An unfinished header fills the buffer: move it to the front, or make room. The parser refuses
    // before the header's limit lets the buffer grow far.
    if (input_begin_ > 0) {
      std::memmove(input_.data(), input_.data() + input_begin_, input_end_ - input_begin_);
      input_end_ -= std::exchange(input_begin_, 0);
    } else {
      input_.resize(2 * input_.size());
    }
  }
  const auto [error, size] = co_await socket_.async_read_some(
      boost::asio::buffer(input_.data() + input_end_, input_.size() - input_end_), kAwait);
  if (error) {
    if (error != boost::asio::error::operation_aborted) ended_ = true;
    // The wait is over, but what came at the last moment is not lost.
    co_return expired_ && !ended_ && read_now() ? input_end_ - input_begin_ : 0;
  }
  input_end_ += size;
  co_return size;
}

// Takes what has arrived while a wait was being ended. Only an idle connection has that chance: a
// request that is late stays late.
bool Connection::read_now() {
  if (stage_ != Stage::idle) return false;
  error_code error;
  const std::size_t size = socket_.read_some(
      boost::asio::buffer(input_.data() + input_end_, input_.size() - input_end_), error);
  input_end_ += size;
  if (size > 0) expired_ = false;
  return size > 0;
}

// Has the request answered, unless receive() has filled the response already, and sends it.
Connection::Awaitable<void> Connection::answer(Received received) {
  const Clock::time_point start = Clock::now();
  const HttpRequest request = parser_.request();
  if (received == Received::refused) {
    keep_alive_ = false;
  } else {
    response_.clear();
    if (admission_ == Admission::overflow && !loop_.handler().is_vital(request)) {
      state_.metrics.overflow_answers.Increment();
      refuse(503, "the server has as many connections as it takes");
    } else if (auto work = loop_.handler().handle(request, response_)) {
      co_await do_work(*std::move(work));
    }
    keep_alive_ = parser_.keep_alive() && may_keep_alive();
  }
  compose(keep_alive_);
  const Clock::time_point end = Clock::now();
  loop_.set_coarse_now(end);
  loop_.handler().finished(request, response_, end - start);
  co_await write(output_);
}

// Runs the work on a worker and waits for it. The worker looks whether it is still wanted.
Connection::Awaitable<void> Connection::do_work(HttpHandler::Work work) {
  enter(Stage::work);
  EventLoop::Timer done(loop_.context(), Clock::time_point::max());
  bool is_done = false;
  bool was_late = false;
  // All captured names live in this coroutine's frame, which ends only after is_done.
  const bool taken = state_.workers.try_submit([this, &work, &done, &is_done, &was_late] {
    was_late = Clock::now() > deadline_ || state_.current_phase() == ServerPhase::cancelling;
    if (!was_late) work();
    loop_.post([&done, &is_done] {
      is_done = true;
      done.cancel();
    });
  });
  if (!taken) {
    state_.metrics.queue_answers.Increment();
    refuse(503, "as many batches wait as the server takes");
    co_return;
  }
  while (!is_done) co_await done.async_wait(kAwait);
  if (was_late) refuse(503, "the request waited too long for a worker");
}

// Sends all bytes. Returns false when the peer is gone or too slow.
Connection::Awaitable<bool> Connection::write(std::string_view bytes) {
  error_code error;
  // The socket's buffer nearly always has room: try before waiting.
  const std::size_t sent =
      socket_.write_some(boost::asio::buffer(bytes.data(), bytes.size()), error);
  if (!error && sent == bytes.size()) co_return true;
  if (error && error != boost::asio::error::would_block) {
    ended_ = true;
    co_return false;
  }
  enter(Stage::write);
  bytes.remove_prefix(error ? 0 : sent);
  const auto [write_error, size] = co_await boost::asio::async_write(
      socket_, boost::asio::buffer(bytes.data(), bytes.size()), kAwait);
  if (write_error) ended_ = true;
  co_return !write_error;
}

// Ends our side, then reads until the client has ended its own.
Connection::Awaitable<void> Connection::linger() {
  if (ended_) co_return;
  error_code error;
  socket_.shutdown(Socket::shutdown_send, error);
  enter(Stage::linger);
  expired_ = false;
  while (!error && !expired_) {
    const auto [read_error, size] =
        co_await socket_.async_read_some(boost::asio::buffer(input_), kAwait);
    error = read_error;
  }
}

void Connection::compose(bool keep_alive) {
  output_.clear();
  append_response(output_, response_,
                  {.keep_alive = keep_alive,
                   .version = parser_.version(),
                   .is_head = parser_.request().method == "HEAD",
                   .date = loop_.date()});
}

void Connection::enter(Stage stage) {
  stage_ = stage;
  deadline_ = loop_.coarse_now() + patience(stage);
}

std::chrono::milliseconds Connection::patience(Stage stage) const {
  const ServerOptions& options = state_.options;
  const bool overflow = admission_ == Admission::overflow;
  switch (stage) {
    case Stage::idle:
      // An answer that was on its way while the server began to close.
      if (state_.current_phase() >= ServerPhase::closing) return {};
      return overflow ? kOverflowTimeout : options.idle_timeout;
    case Stage::header: return overflow ? kOverflowTimeout : options.header_timeout;
    case Stage::body: return overflow ? kOverflowTimeout : options.request_timeout;
    case Stage::work:
    case Stage::write: return options.request_timeout;
    case Stage::linger: return kLingerTimeout;
  }
  return {};
}

bool Connection::may_keep_alive() const {
  return admission_ == Admission::regular && state_.current_phase() == ServerPhase::serving;
}

void Connection::refuse(int status, std::string_view detail) {
  response_.clear();
  loop_.handler().refuse(parser_.request(), status, detail, response_);
}

}  // namespace ml_inference
