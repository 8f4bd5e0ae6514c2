// SPDX-License-Identifier: MIT
#include "server/http2_connection.h"

#include "base/byte_units.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <random>
#include <utility>

namespace ml_inference {
namespace {

using boost::system::error_code;
using Clock = Connection::Clock;

constexpr boost::asio::as_tuple_t<boost::asio::use_awaitable_t<Connection::Executor>> kAwait;

// What one read and one write take at most. The memory is the loop's, of which there are few.
constexpr std::size_t kReadSize = 64 * kKibibyte;
constexpr std::size_t kWriteSize = 64 * kKibibyte;

// So often a connection with much to read is read before others have their turn.
constexpr int kReadCountMax = 4;

// How long the client has for answering that it knows that the server leaves. Longer than a round
// trip, far shorter than what is left of a drain.
constexpr std::chrono::milliseconds kLeaveTimeout{1'000};

// As for HTTP/1.1.
constexpr std::chrono::milliseconds kOverflowTimeout{1'000};

// Connections that began together should not all be made anew together.
constexpr double kAgeJitter = 0.1;

constexpr std::string_view kTooOld = "the connection is older than the server lets one be";
constexpr std::string_view kShuttingDown = "the server is shutting down";

constexpr std::string_view kSpeaksHttp2 =
    "This port speaks gRPC and HTTP/2 without TLS and without an upgrade (h2c, prior knowledge); "
    "HTTP/1.1 has a port of its own.\n";

Clock::time_point end_of_age(Clock::time_point now, std::chrono::milliseconds age) {
  if (age.count() == 0) return Clock::time_point::max();
  thread_local std::minstd_rand random{std::random_device()()};
  std::uniform_real_distribution<double> factor(1 - kAgeJitter, 1 + kAgeJitter);
  return now + std::chrono::duration_cast<Clock::duration>(age * factor(random));
}

}  // namespace

void Http2Connection::serve(EventLoop& loop, Socket socket, Admission admission) {
  boost::asio::co_spawn(loop.context(), run(loop, std::move(socket), admission),
                        boost::asio::detached);
}

Http2Connection::Awaitable<void> Http2Connection::run(EventLoop& loop, Socket socket,
                                                      Admission admission) {
  Http2Connection connection(loop, std::move(socket), admission);
  co_await connection.serve_streams();
}

Http2Connection::Http2Connection(EventLoop& loop, Socket socket, Admission admission)
    : Connection(loop, std::move(socket), admission),
      session_(loop, admission, [this] { flush(); }),
      work_timer_(loop.context()),
      all_ended_(loop.context(), Clock::time_point::max()) {
  const Clock::time_point now = loop_.coarse_now();
  start_deadline_ =
      now + (admission == Admission::overflow ? kOverflowTimeout : state_.options.header_timeout);
  age_deadline_ = end_of_age(now, state_.options.grpc_connection_age_max);
  idle_deadline_ = grace_deadline_ = leave_deadline_ = write_deadline_ = linger_deadline_ =
      last_deadline_ = Clock::time_point::max();
  if (state_.current_phase() > ServerPhase::draining) begin_leaving();
}

Http2Connection::Awaitable<void> Http2Connection::serve_streams() {
  while (!is_ending()) {
    if (input_has_ended_) {  // there is nothing to read for ever
      co_await all_ended_.async_wait(kAwait);
      continue;
    }
    const auto [error] = co_await socket_.async_wait(Socket::wait_read, kAwait);
    if (error && error != boost::asio::error::operation_aborted) has_ended_ = true;
    if (error || is_ending()) continue;
    receive();
    flush();
  }
  session_.abandon();
  if (!has_ended_ && !is_broken()) owes_farewell_ = true;
  if (owes_farewell_) co_await linger();
  co_await wait_for_the_rest();
}

// Reads what is there. Who has much to say is heard in turns.
void Http2Connection::receive() {
  std::vector<char>& scratch = loop_.input_scratch();
  scratch.resize(kReadSize);
  for (int i = 0; i < kReadCountMax; ++i) {
    error_code error;
    const std::size_t size = socket_.read_some(boost::asio::buffer(scratch), error);
    if (error == boost::asio::error::would_block) return;
    if (error == boost::asio::error::eof) return input_ended();
    if (error) {
      has_ended_ = true;
      return;
    }
    if (!session_.receive({scratch.data(), size})) {
      if (!session_.has_preface()) refuse_other_protocol();
      return;
    }
    if (size < scratch.size()) return;
  }
}

// As with HTTP/1.1, who has ended its side has a second to get what it has asked for.
void Http2Connection::input_ended() {
  input_has_ended_ = true;
  last_deadline_ = loop_.coarse_now() + kLingerTimeout;
}

// Whoever came to the wrong port reads why, if it reads HTTP/1.1.
void Http2Connection::refuse_other_protocol() {
  const std::string text = fmt::format(
      "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n"
      "Connection: close\r\n\r\n{}",
      kSpeaksHttp2.size(), kSpeaksHttp2);
  // A socket that has sent nothing yet takes a few bytes.
  if (!write_now(text).empty()) has_ended_ = true;
  owes_farewell_ = true;
}

// Sends what the session has, as far as the socket takes it.
void Http2Connection::flush() {
  if (session_.has_preface() && unsent_.empty() && !has_ended_ && !is_broken()) send();
  note_idleness();
  wait_for_work_deadline();
  if (input_has_ended_ && !session_.has_calls() && unsent_.empty()) has_ended_ = true;
  if (is_ending()) end_waits();
}

void Http2Connection::send() {
  std::string& out = loop_.output_scratch();
  bool has_more = true;
  while (has_more && !is_broken()) {
    out.clear();
    has_more = session_.produce(out, kWriteSize);
    if (out.empty()) return;
    const std::string_view rest = write_now(out);
    if (rest.empty()) continue;
    unsent_ = rest;
    unsent_begin_ = 0;
    write_deadline_ = loop_.coarse_now() + state_.options.request_timeout;
    return wait_until_writable();
  }
}

void Http2Connection::wait_until_writable() {
  ++pending_count_;
  socket_.async_wait(Socket::wait_write, [this](const error_code& error) {
    if (!error) {
      const std::string_view rest = write_now(std::string_view(unsent_).substr(unsent_begin_));
      unsent_begin_ = unsent_.size() - rest.size();
      if (!rest.empty()) {
        wait_until_writable();
      } else {
        unsent_ = {};
        write_deadline_ = Clock::time_point::max();
        flush();
      }
    } else if (!is_ending()) {
      wait_until_writable();  // another wait was meant
    }
    one_less_pending();
  });
}

// Work whose client gives it less time than a tick ends in time all the same.
void Http2Connection::wait_for_work_deadline() {
  const Clock::time_point deadline = session_.work_deadline();
  if (deadline >= work_deadline_) return;
  work_deadline_ = deadline;
  work_timer_.expires_at(deadline);
  ++pending_count_;
  work_timer_.async_wait([this](const error_code& error) {
    if (!error) {
      work_deadline_ = Clock::time_point::max();
      session_.tick(Clock::now(), {});
      flush();
    }
    one_less_pending();
  });
}

void Http2Connection::one_less_pending() {
  --pending_count_;
  all_ended_.cancel();
}

bool Http2Connection::is_ending() const {
  return has_ended_ || is_broken() || owes_farewell_ || (session_.is_over() && unsent_.empty());
}

// Wakes whatever waits for the socket, but for the client's own end.
void Http2Connection::end_waits() {
  all_ended_.cancel();
  if (linger_deadline_ > loop_.coarse_now() && linger_deadline_ != Clock::time_point::max()) return;
  error_code ignored;
  socket_.cancel(ignored);
}

void Http2Connection::note_idleness() {
  const bool has_new = std::exchange(stream_count_, session_.stream_count()) != stream_count_;
  if (session_.has_calls() || has_new) {
    idle_deadline_ = Clock::time_point::max();
  }
  if (!session_.has_calls() && idle_deadline_ == Clock::time_point::max()) {
    idle_deadline_ = loop_.coarse_now() + state_.options.idle_timeout;
  }
  const bool is_overflow = admission_ == Admission::overflow;
  const bool has_begun = is_overflow ? session_.stream_count() > 0 : session_.has_preface();
  if (has_begun) start_deadline_ = Clock::time_point::max();
  if (has_begun && is_overflow) session_.leave();
  // Who connects while the server drains is answered once. Told at once to go, gRPC's clients would
  // come again and again, and never ask.
  const bool drains = state_.current_phase() == ServerPhase::draining;
  if (drains && session_.stream_count() > 0) begin_leaving();
}

void Http2Connection::begin_leaving() {
  session_.begin_leaving();
  leave_deadline_ = std::min(leave_deadline_, loop_.coarse_now() + kLeaveTimeout);
}

void Http2Connection::tick(Clock::time_point now, Clock::duration standstill) {
  for (Clock::time_point* deadline : {&start_deadline_, &idle_deadline_, &leave_deadline_,
                                      &write_deadline_, &linger_deadline_, &last_deadline_}) {
    if (*deadline != Clock::time_point::max()) *deadline += standstill;
  }
  session_.tick(now, standstill);
  end_what_lasts(now);
  flush();
}

void Http2Connection::end_what_lasts(Clock::time_point now) {
  if (std::min({start_deadline_, write_deadline_, last_deadline_}) <= now) has_ended_ = true;
  if (idle_deadline_ <= now) begin_leaving();
  if (age_deadline_ <= now) {
    begin_leaving();
    age_deadline_ = Clock::time_point::max();
    grace_deadline_ = now + state_.options.request_timeout;
  }
  if (leave_deadline_ <= now) session_.leave();
  if (grace_deadline_ <= now) session_.end_long_calls(kTooOld);
  if (state_.current_phase() >= ServerPhase::closing) session_.end_long_calls(kShuttingDown);
  if (linger_deadline_ <= now) end_waits();
}

void Http2Connection::phase_changed() {
  const ServerPhase phase = state_.current_phase();
  begin_leaving();
  if (phase >= ServerPhase::closing) {
    session_.end_long_calls(kShuttingDown);
    if (!session_.has_preface()) has_ended_ = true;
  }
  if (phase == ServerPhase::cancelling) {
    session_.cancel_calls();
    session_.leave();
  }
  flush();
}

bool Http2Connection::drop_if_waiting_overflow() {
  const bool waits = session_.stream_count() == 0 && !is_ending();
  if (admission_ != Admission::overflow || !waits) return false;
  has_ended_ = true;
  end_waits();
  return true;
}

// Ends our side, then reads until the client has ended its own, so that its last bytes do not turn
// into a reset that eats the answer.
Http2Connection::Awaitable<void> Http2Connection::linger() {
  error_code error;
  socket_.shutdown(Socket::shutdown_send, error);
  linger_deadline_ = loop_.coarse_now() + kLingerTimeout;
  loop_.input_scratch().resize(kReadSize);
  while (!error) {
    const auto [wait_error] = co_await socket_.async_wait(Socket::wait_read, kAwait);
    if (wait_error) break;
    socket_.read_some(boost::asio::buffer(loop_.input_scratch()), error);
    if (error == boost::asio::error::would_block) error = {};
  }
}

// Until nothing refers to the connection any more: waits, and workers.
Http2Connection::Awaitable<void> Http2Connection::wait_for_the_rest() {
  has_ended_ = true;
  linger_deadline_ = Clock::time_point::max();
  end_waits();
  work_timer_.cancel();
  while (pending_count_ > 0 || session_.running_count() > 0) {
    co_await all_ended_.async_wait(kAwait);
  }
}

}  // namespace ml_inference
