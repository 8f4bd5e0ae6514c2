// SPDX-License-Identifier: MIT
#include "server/http1_connection.h"

#include "base/byte_units.h"
#include "server/coded_answer.h"
#include "server/event_loop.h"
#include "server/response_text.h"
#include "server/timeout_field.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <poll.h>
#include <utility>

namespace ml_inference {
namespace {

using boost::system::error_code;

constexpr boost::asio::as_tuple_t<boost::asio::use_awaitable_t<Http1Connection::Executor>> kAwait;

// What one read takes at most. Grows with bodies that are larger; 4 KiB hold most requests whole.
// It is in no budget, and each slow client may have one.
constexpr std::size_t kInputSizeMin = 4 * kKibibyte;
constexpr std::size_t kInputSizeMax = BodyBudget::kUncountedSize;

// How long a closing connection waits for the client to close as well, so that the client's last
// bytes do not turn into a reset that eats the answer (RFC 9112, section 9.6).

// How long work goes on for a client that has ended its side. It may wait for the answer, or be
// gone: nothing tells which, until one writes.
constexpr std::chrono::milliseconds kEndedPeerTimeout{1'000};

// An overflow connection has this long to say that it is a probe.
constexpr std::chrono::milliseconds kOverflowTimeout{1'000};

}  // namespace

void Http1Connection::serve(EventLoop& loop, Socket socket, Admission admission) {
  boost::asio::co_spawn(loop.context(), run(loop, std::move(socket), admission),
                        boost::asio::detached);
}

Http1Connection::Awaitable<void> Http1Connection::run(EventLoop& loop, Socket socket,
                                                      Admission admission) {
  Http1Connection connection(loop, std::move(socket), admission);
  co_await connection.serve_requests();
}

Http1Connection::Http1Connection(EventLoop& loop, Socket socket, Admission admission)
    : Connection(loop, std::move(socket), admission),
      task_(loop),
      input_(kInputSizeMin),
      parser_({.header_size_max = state_.options.header_size_max,
               .body_size_max = state_.options.body_size_max},
              state_.body_budget),
      output_share_(state_.body_budget) {}

void Http1Connection::tick(Clock::time_point now, Clock::duration standstill) {
  if (deadline_ != Clock::time_point::max()) deadline_ += standstill;
  look_at_peer();
  if (deadline_ <= now) expire();
}

// While a worker computes: whether the client is still there. If it is not, the deadline comes
// nearer.
void Http1Connection::look_at_peer() {
  if (stage_ != Stage::work) return;
  pollfd peer{.fd = socket_.native_handle(), .events = POLLRDHUP, .revents = 0};
  if (::poll(&peer, 1, 0) <= 0) return;
  peer_ended_ = true;
  const bool is_gone = (peer.revents & (POLLERR | POLLHUP)) != 0;
  const std::chrono::milliseconds patience =
      is_gone ? std::chrono::milliseconds() : kEndedPeerTimeout;
  deadline_ = std::min(deadline_, loop_.coarse_now() + patience);
}

// The deadline has passed: ends the wait, and with it, unless a 408 is due, the connection. Has a
// worker stop.
void Http1Connection::expire() {
  deadline_ = Clock::time_point::max();
  if (stage_ == Stage::work) {
    task_.stop();
    return;
  }
  expired_ = true;
  error_code ignored;
  socket_.cancel(ignored);
}

void Http1Connection::phase_changed() {
  const ServerPhase phase = state_.current_phase();
  const bool idle_is_over = phase >= ServerPhase::closing && stage_ == Stage::idle;
  if (idle_is_over || phase == ServerPhase::cancelling) expire();
}

bool Http1Connection::drop_if_waiting_overflow() {
  const bool waits = stage_ == Stage::idle || stage_ == Stage::header;
  if (admission_ != Admission::overflow || !waits || ended_) return false;
  ended_ = true;
  expire();
  return true;
}

// Nearly every request passes here with one wait, the read; each further coroutine would cost it a
// frame, so what seldom waits is called first and awaited only if it must be.
Http1Connection::Awaitable<void> Http1Connection::serve_requests() {
  while (keep_alive_) {
    begin_request();
    Received received = parse();
    while (received == Received::incomplete) {
      if (owes_continue()) {
        if (!co_await write(kContinue)) break;
        enter(Stage::body);
      }
      const auto [error, size] = co_await socket_.async_read_some(room_for_input(), kAwait);
      received = take_input(error, size);
    }
    if (received == Received::incomplete || received == Received::nothing) break;
    const Clock::time_point start = Clock::now();
    HttpRequest request = parser_.request();
    if (received == Received::request) {
      if (auto work = handle(request, start)) co_await do_work(std::move(work));
    }
    keep_alive_ = parser_.keep_alive() && may_keep_alive() && !task_.is_stopped();
    finish(request, start);
    parser_.forget_body();  // who reads the answer may send the next one to another loop
    if (!send(output_)) co_await write_rest();
    if (ended_) break;
    forget_answer();
  }
  co_await linger();
}

void Http1Connection::begin_request() {
  parser_.reset();
  continued_ = false;
  enter(input_begin_ == input_end_ ? Stage::idle : Stage::header);
}

// Gives the parser what is there.
Http1Connection::Received Http1Connection::parse() {
  if (input_begin_ == input_end_) return Received::incomplete;
  const auto progress = parser_.feed({input_.data() + input_begin_, input_end_ - input_begin_});
  input_begin_ += progress.consumed;
  if (progress.status == RequestParser::Status::done) return Received::request;
  if (progress.status == RequestParser::Status::refused) {
    if (parser_.refusal().status == 503) state_.metrics.memory_answers.Increment();
    return refused(parser_.refusal().status, parser_.refusal().detail);
  }
  if (stage_ == Stage::header && parser_.has_header()) enter(Stage::body);
  return Received::incomplete;
}

// Whether the client waits to be told to send its body; true once a request.
bool Http1Connection::owes_continue() {
  if (continued_ || !parser_.has_header() || !parser_.expects_continue()) return false;
  continued_ = true;
  return true;
}

// Where the next read may put bytes: behind those that are not parsed yet.
boost::asio::mutable_buffer Http1Connection::room_for_input() {
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
  return boost::asio::buffer(input_.data() + input_end_, input_.size() - input_end_);
}

// Goes on after a read, which ended with bytes, with the end of the connection, or because the
// deadline has passed.
Http1Connection::Received Http1Connection::take_input(const error_code& error, std::size_t size) {
  input_end_ += size;
  if (error && error != boost::asio::error::operation_aborted) ended_ = true;
  // The wait may be over, but what came at the last moment is not lost.
  if (!error || (expired_ && !ended_ && read_now())) {
    if (stage_ == Stage::idle) enter(Stage::header);
    return parse();
  }
  if (!expired_ || ended_ || stage_ == Stage::idle) return Received::nothing;
  if (state_.current_phase() == ServerPhase::cancelling) {
    return refused(503, "the server is shutting down");
  }
  return refused(408, stage_ == Stage::header ? "the request header came too slowly"
                                              : "the request body came too slowly");
}

// Takes what has arrived while a wait was being ended. Only an idle connection has that chance: a
// request that is late stays late.
bool Http1Connection::read_now() {
  if (stage_ != Stage::idle) return false;
  error_code error;
  const std::size_t size = socket_.read_some(room_for_input(), error);
  input_end_ += size;
  if (size > 0) expired_ = false;
  return size > 0;
}

// Has the response filled, or returns the work that is left to a worker. The request stays where it
// is until finish().
std::unique_ptr<Work> Http1Connection::handle(HttpRequest& request, Clock::time_point start) {
  if (admission_ == Admission::overflow && !loop_.handler().is_vital(request)) {
    state_.metrics.overflow_answers.Increment();
    refuse(503, "the server has as many connections as it takes");
    return nullptr;
  }
  if (const std::string_view text = parser_.timeout(); !text.empty()) {
    const auto timeout = parse_timeout_field(text);
    if (!timeout) {
      refuse(400, timeout_field_fault(text));
      return nullptr;
    }
    request.deadline = start + *timeout;
  }
  auto work = handle_coded(loop_.handler(), request, response_, state_.body_budget);
  if (work != nullptr) work->wanted_until(request.deadline);
  return work;
}

// Puts the response into output_ and on record. An answer that may wait for a slow reader is kept
// once only, and within the budget; those to probes and scrapes are always given.
void Http1Connection::finish(const HttpRequest& request, Clock::time_point start) {
  compose(request);
  if (!output_share_.take(output_.size()) && !loop_.handler().is_vital(request)) {
    refuse_for_memory(kNoRoomForAnswer);
    compose(request);
  }
  const Clock::time_point end = Clock::now();
  loop_.set_coarse_now(end);
  loop_.handler().finished(request, response_, end - start);
  response_.clear();
}

// A connection may idle for long, and there are many: it keeps no large buffer meanwhile.
void Http1Connection::forget_answer() {
  output_share_.release();
  output_.clear();
  if (output_.capacity() > kKeptBodySize) output_.shrink_to_fit();
}

// Has a worker do the work, and waits for it, but no longer than the client does.
Http1Connection::Awaitable<void> Http1Connection::do_work(std::unique_ptr<Work> work) {
  enter(Stage::work);
  is_cut_off_ = false;
  EventLoop::Timer done(loop_.context(), work->terms.deadline.value_or(Clock::time_point::max()));
  std::optional<WorkerTask::End> end =
      task_.start(std::move(work), response_, output_share_, [&done] { done.cancel(); });
  while (task_.is_running()) {
    const auto [error] = co_await done.async_wait(kAwait);
    if (error || !task_.is_running()) continue;
    is_cut_off_ = true;
    task_.stop();
    done.expires_at(Clock::time_point::max());
  }
  if (!end) end = task_.end();
  if (*end == WorkerTask::End::answered) co_return;
  if (*end == WorkerTask::End::stopped) {
    refuse(is_cut_off_ ? 504 : 503, stop_reason(task_.has_begun()));
  } else {
    const WorkerTask::Refusal refusal = task_.refusal(*end);
    refuse(refusal.status, refusal.detail);
  }
}

// Sends what the socket takes at once, and keeps the rest in unsent_. Returns false when there is a
// rest. The socket's buffer nearly always has room.
bool Http1Connection::send(std::string_view bytes) {
  unsent_ = write_now(bytes);
  if (is_broken()) ended_ = true;
  return unsent_.empty();
}

// Sends unsent_, or finds that the peer is gone or too slow (ended_).
Http1Connection::Awaitable<void> Http1Connection::write_rest() {
  enter(Stage::write);
  const auto [error, size] = co_await boost::asio::async_write(
      socket_, boost::asio::buffer(unsent_.data(), unsent_.size()), kAwait);
  if (error) ended_ = true;
}

// Sends all bytes. Returns false when the peer is gone or too slow.
Http1Connection::Awaitable<bool> Http1Connection::write(std::string_view bytes) {
  if (!send(bytes)) co_await write_rest();
  co_return !ended_;
}

// Ends our side, then reads until the client has ended its own.
Http1Connection::Awaitable<void> Http1Connection::linger() {
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

// A large body is not copied: two of it would be in memory, and only one is counted.
void Http1Connection::compose(const HttpRequest& request) {
  const bool has_body = request.method != "HEAD";
  const bool is_large = response_.body.size() > BodyBudget::kUncountedSize;
  output_.clear();
  append_response(output_, response_,
                  {.keep_alive = keep_alive_,
                   .version = parser_.version(),
                   .has_body = has_body && !is_large,
                   .date = loop_.date()});
  if (!has_body || !is_large) return;
  response_.body.insert(0, output_);
  output_ = std::exchange(response_.body, {});
}

void Http1Connection::enter(Stage stage) {
  stage_ = stage;
  deadline_ = loop_.coarse_now() + patience(stage);
}

std::chrono::milliseconds Http1Connection::patience(Stage stage) const {
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

bool Http1Connection::may_keep_alive() const {
  return admission_ == Admission::regular && state_.current_phase() == ServerPhase::serving;
}

std::string_view Http1Connection::stop_reason(bool has_begun) const {
  if (state_.current_phase() == ServerPhase::cancelling) return "the server is shutting down";
  if (is_cut_off_) return "the request's deadline passed before the answer was there";
  if (peer_ended_) return "the client ended the connection before the answer was there";
  return has_begun ? "the prediction took too long, expected fewer rows"
                   : "the request waited too long for a worker";
}

void Http1Connection::refuse(int status, std::string_view detail) {
  const RequestTrace trace = response_.trace;
  response_.clear();
  response_.trace = trace;
  loop_.handler().refuse(parser_.request(), status, detail, response_);
}

void Http1Connection::refuse_for_memory(std::string_view detail) {
  state_.metrics.memory_answers.Increment();
  refuse(503, detail);
}

Http1Connection::Received Http1Connection::refused(int status, std::string_view detail) {
  refuse(status, detail);
  response_.names_codings = status == 415;  // the parser refuses no other types
  return Received::refused;
}

}  // namespace ml_inference
