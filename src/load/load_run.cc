// SPDX-License-Identifier: MIT
#include "load/load_run.h"

#include "load/clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ml_inference {
namespace {

constexpr std::uint64_t kPauseNs = 10 * kMillisecondNs;
constexpr std::uint64_t kStopKey = ~std::uint64_t{0};
constexpr std::size_t kBufferSize = std::size_t{64} << 10;
constexpr rlim_t kOtherDescriptors = 32;  // epoll, the standard three, what the caller has open

std::unexpected<Error> system_error(std::string_view call) {
  return fail(Code::internal, fmt::format("{}: {}", call, std::strerror(errno)));
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Kept connections and those of one request each, at worst as many of both.
Result<void> raise_descriptor_limit(std::uint32_t concurrency) {
  const rlim_t wanted = rlim_t{concurrency} * 2 + kOtherDescriptors;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return system_error("getrlimit");
  if (limit.rlim_cur >= wanted) return {};
  limit.rlim_cur = limit.rlim_max;
  if (limit.rlim_max < wanted || setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return fail(Code::resource_exhausted,
                fmt::format("{} requests in flight need {} file descriptors, the limit is {}",
                            concurrency, wanted, limit.rlim_max));
  }
  return {};
}

std::string connect_failure(int error) {
  if (error == ECONNREFUSED) return failure::kConnectRefused;
  if (error == ETIMEDOUT) return failure::kConnectTimeout;
  if (error == EADDRNOTAVAIL) return "connect: no local port is free";
  return fmt::format("connect: {}", std::strerror(error));
}

// What ends an exchange that has begun.
std::string broken(int error) {
  if (error == ECONNRESET || error == EPIPE) return failure::kReset;
  if (error == ETIMEDOUT) return failure::kTimeout;
  return std::strerror(error);
}

bool has_ended_or_speaks(int descriptor) {
  char byte = 0;
  return recv(descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN;
}

}  // namespace

LoadRun::LoadRun(LoadPlan plan)
    : plan_(std::move(plan)),
      timeout_ns_(nanoseconds(plan_.timeout_seconds)),
      buffer_(kBufferSize),
      request_count_(plan_.schedule.request_count()) {
  // The default of 50 microseconds would make every open-loop request that much late.
  prctl(PR_SET_TIMERSLACK, 1UL);
}

LoadRun::~LoadRun() {
  in_flight_.clear();
  idle_.clear();
  for (const auto& connection : slots_) {
    if (connection->descriptor >= 0) close(connection->descriptor);
  }
  if (epoll_ >= 0) close(epoll_);
}

Result<void> LoadRun::prepare() {
  RETURN_IF_ERROR(raise_descriptor_limit(plan_.concurrency));
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) return system_error("epoll_create1");
  if (plan_.stop_descriptor >= 0) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = kStopKey;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, plan_.stop_descriptor, &event) != 0) {
      return system_error("epoll_ctl");
    }
  }
  if (!is_open_loop()) free_clients_ = plan_.concurrency;
  return plan_.opens_first ? open_all() : Result<void>{};
}

Result<void> LoadRun::open_all() {
  while (kept_count_ < plan_.concurrency) {
    int error = 0;
    Connection* const connection = open(true, error);
    if (connection != nullptr) {
      pollfd wanted{.fd = connection->descriptor, .events = POLLOUT, .revents = 0};
      socklen_t size = sizeof error;
      if (poll(&wanted, 1, static_cast<int>(plan_.timeout_seconds * 1000)) != 1) {
        error = ETIMEDOUT;
      } else {
        getsockopt(connection->descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
      }
    }
    if (error != 0) return fail(Code::unavailable, connect_failure(error));
    want_write(*connection, false);
    connection->stage = Stage::idle;
    idle_.push_back(*connection);
  }
  return {};
}

Result<LoadResult> LoadRun::run() {
  RETURN_IF_ERROR(prepare());
  const double cpu_before = cpu_seconds();
  started_ns_ = now_ns();
  ends_ns_ = nanoseconds(is_open_loop() ? plan_.schedule.seconds() : plan_.seconds);
  if (plan_.on_second) next_report_ns_ = kSecondNs;
  for (std::uint64_t now = 0; !is_over(now); now = elapsed_ns()) {
    dispatch(now);
    if (!is_over(now)) RETURN_IF_ERROR(wait(now));
  }
  give_up_rest(elapsed_ns());
  totals_.per_second = series_.counts();
  totals_.sending_seconds =
      static_cast<double>(is_open_loop() ? ends_ns_ : std::min(ends_ns_, last_end_ns_)) * 1e-9;
  totals_.seconds = static_cast<double>(last_end_ns_) * 1e-9;
  totals_.client_cpu_seconds = cpu_seconds() - cpu_before;
  totals_.stopped = stops_ > 0;
  return std::move(totals_);
}

// ---- what is due ----

void LoadRun::dispatch(std::uint64_t now) {
  expire(now);
  if (is_open_loop()) {
    send_what_is_due(now);
  } else {
    send_for_free_clients(now);
  }
  if (now >= next_report_ns_) report_progress(now);
}

void LoadRun::send_what_is_due(std::uint64_t now) {
  while (next_due_ < request_count_ && plan_.schedule.due_ns(next_due_) <= now) {
    count_due(plan_.schedule.due_ns(next_due_), is_kept(next_due_));
    ++next_due_;
  }
  while (next_sent_ < next_due_ && in_flight_count_ < plan_.concurrency) {
    const std::uint64_t request = next_sent_++;
    start_request(plan_.schedule.due_ns(request), is_kept(request));
  }
  if (next_sent_ < next_due_) {
    totals_.late += next_due_ - std::max(late_counted_, next_sent_);
    late_counted_ = next_due_;
  }
}

void LoadRun::send_for_free_clients(std::uint64_t now) {
  while (!free_at_.empty() && free_at_.front() <= now) {
    free_at_.pop_front();
    ++free_clients_;
  }
  while (free_clients_ > 0 && may_send_more(now)) {
    --free_clients_;
    const std::uint64_t request = next_sent_++;
    next_due_ = next_sent_;
    count_due(now, is_kept(request));
    start_request(now, is_kept(request));
    now = elapsed_ns();
  }
}

bool LoadRun::is_kept(std::uint64_t request) const {
  return plan_.use == ConnectionUse::keep ||
         (plan_.use == ConnectionUse::mixed && request % 2 == 0);
}

void LoadRun::start_request(std::uint64_t due, bool kept) {
  Connection* connection = kept ? take_idle() : nullptr;
  int error = 0;
  if (connection == nullptr) {
    ++counts_of(kept).connections;
    connection = open(kept, error);
  }
  if (connection == nullptr) return count_failure(due, kept, connect_failure(error), false);
  connection->due_ns = due;
  connection->expires_ns = elapsed_ns() + timeout_ns_;
  connection->sent_bytes = 0;
  connection->reader.reset();
  in_flight_.push_back(*connection);
  ++in_flight_count_;
  if (connection->stage == Stage::connecting) return;
  connection->stage = Stage::waiting;
  send_rest(*connection);
}

// The kept connection that was unused for longest and still stands; null when a new one is to be
// opened.
LoadRun::Connection* LoadRun::take_idle() {
  const bool has_room = is_open_loop() && kept_count_ < plan_.concurrency;
  if (has_room) return nullptr;
  while (!idle_.empty()) {
    Connection& connection = idle_.front();
    // In a closed loop it had an answer just now; and asking would cost a call for each request.
    if (!is_open_loop() || !has_ended_or_speaks(connection.descriptor)) {
      idle_.pop_front();
      return &connection;
    }
    drop(connection);
  }
  return nullptr;
}

LoadRun::Connection* LoadRun::open(bool kept, int& error) {
  const SocketAddress& address = plan_.addresses[next_address_++ % plan_.addresses.size()];
  const int descriptor =
      socket(address.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
  if (descriptor < 0) {
    error = errno;
    return nullptr;
  }
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.push_back(std::make_unique<Connection>(!plan_.expect_text.empty() || plan_.same_body));
  }
  Connection& connection = *slots_[free_slots_.back()];
  connection.slot = free_slots_.back();
  ++connection.use;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP | EPOLLOUT;
  event.data.u64 = (std::uint64_t{connection.use} << 32) | connection.slot;
  const bool is_connecting =
      connect(descriptor, reinterpret_cast<const sockaddr*>(&address.bytes), address.size) == 0 ||
      errno == EINPROGRESS;
  if (!is_connecting || epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0) {
    error = errno;
    close(descriptor);
    return nullptr;
  }
  free_slots_.pop_back();
  connection.descriptor = descriptor;
  connection.kept = kept;
  connection.stage = Stage::connecting;
  connection.wants_write = true;
  kept_count_ += kept ? 1 : 0;
  return &connection;
}

void LoadRun::want_write(Connection& connection, bool wanted) {
  if (connection.wants_write == wanted) return;
  connection.wants_write = wanted;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP | (wanted ? std::uint32_t{EPOLLOUT} : 0U);
  event.data.u64 = (std::uint64_t{connection.use} << 32) | connection.slot;
  epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.descriptor, &event);
}

void LoadRun::send_rest(Connection& connection) {
  const std::string& request = connection.kept ? plan_.keep_request : plan_.fresh_request;
  while (connection.sent_bytes < request.size()) {
    const ssize_t size =
        ::send(connection.descriptor, request.data() + connection.sent_bytes,
               request.size() - connection.sent_bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return want_write(connection, true);
    if (size < 0) break;
    connection.sent_bytes += static_cast<std::size_t>(size);
  }
  want_write(connection, false);
  // A server that refuses a large body answers before it has read it, and then the socket takes no
  // more: the answer may lie there already.
  if (connection.sent_bytes < request.size()) receive(connection);
}

// ---- what happens ----

std::uint64_t LoadRun::next_event_ns(std::uint64_t now) const {
  std::uint64_t until = next_report_ns_;
  if (!in_flight_.empty()) until = std::min(until, in_flight_.front().expires_ns);
  if (next_sent_ < next_due_) {
    until = std::min(until, plan_.schedule.due_ns(next_sent_) + timeout_ns_);
  }
  if (next_due_ < request_count_) until = std::min(until, plan_.schedule.due_ns(next_due_));
  if (!free_at_.empty()) until = std::min(until, free_at_.front());
  if (plan_.grace_seconds < 1e6)
    until = std::min(until, ends_ns_ + nanoseconds(plan_.grace_seconds));
  return std::min(until, now < ends_ns_ ? ends_ns_ : now + kSecondNs);
}

Result<void> LoadRun::wait(std::uint64_t now) {
  // In a benchmark's closed loop, who waits for answers does not sleep: the server would pay for
  // the waking, in its own write(), and a slow one more often than a quick one, whose client never
  // gets to sleep.
  const std::uint64_t until = plan_.never_sleeps && !is_open_loop() ? now : next_event_ns(now);
  const std::uint64_t left = until > now ? until - now : 0;
  const timespec timeout{.tv_sec = static_cast<time_t>(left / kSecondNs),
                         .tv_nsec = static_cast<long>(left % kSecondNs)};
  std::array<epoll_event, 128> events;
  const int count = epoll_pwait2(epoll_, events.data(), events.size(), &timeout, nullptr);
  if (count < 0 && errno != EINTR) return system_error("epoll_pwait2");
  for (int event = 0; event < count; ++event) {
    const epoll_event& happened = events[static_cast<std::size_t>(event)];
    on_event(happened.data.u64, happened.events);
  }
  return {};
}

void LoadRun::on_event(std::uint64_t key, std::uint32_t events) {
  if (key == kStopKey) return on_stop();
  Connection& connection = *slots_[key & 0xffffffff];
  // What happened to a connection that is closed by now concerns nobody.
  if (connection.descriptor < 0 || connection.use != key >> 32) return;
  const std::uint32_t use = connection.use;
  if (connection.stage == Stage::idle) return drop(connection);  // ended, or speaks unasked
  if (connection.stage == Stage::connecting) {
    on_connected(connection);
  } else if ((events & EPOLLOUT) != 0 && connection.wants_write) {
    send_rest(connection);
  }
  const bool stands = connection.use == use && connection.stage == Stage::waiting;
  if (stands && (events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP)) != 0) receive(connection);
}

void LoadRun::on_connected(Connection& connection) {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(connection.descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return fail_request(connection, connect_failure(error));
  connection.stage = Stage::waiting;
  send_rest(connection);
}

void LoadRun::receive(Connection& connection) {
  const ssize_t size = recv(connection.descriptor, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size < 0) return fail_request(connection, broken(errno));
  AnswerReader& reader = connection.reader;
  if (size == 0) {
    if (reader.end() == AnswerReader::Status::done) return take_answer(connection, false);
    return fail_request(connection,
                        reader.has_begun() ? failure::kClosedWithin : failure::kClosedBefore);
  }
  const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(size));
  const AnswerReader::Progress progress = reader.feed(bytes);
  switch (progress.status) {
    case AnswerReader::Status::need_more: return;
    case AnswerReader::Status::not_http: return fail_request(connection, failure::kNotHttp);
    case AnswerReader::Status::too_long: return fail_request(connection, failure::kTooLong);
    case AnswerReader::Status::done: break;
  }
  // More than was asked for would be taken for the next answer.
  const bool is_all = progress.consumed == bytes.size();
  const std::string& request = connection.kept ? plan_.keep_request : plan_.fresh_request;
  take_answer(connection, is_all && reader.keep_alive() && connection.kept &&
                              connection.sent_bytes == request.size());
}

void LoadRun::take_answer(Connection& connection, bool may_be_kept) {
  const AnswerReader& reader = connection.reader;
  ++totals_.statuses[reader.status()];
  if (reader.status() < 200 || reader.status() > 299) {
    return fail_request(connection, fmt::format("status {}", reader.status()), false, may_be_kept);
  }
  if (plan_.same_body && totals_.body.empty()) totals_.body = reader.body();
  const bool is_expected = reader.body().find(plan_.expect_text) != std::string_view::npos &&
                           (!plan_.same_body || reader.body() == totals_.body);
  if (!is_expected) return fail_request(connection, failure::kWrongBody, false, may_be_kept);
  succeed(connection, may_be_kept);
}

void LoadRun::on_stop() {
  std::array<char, 128> signal;
  if (read(plan_.stop_descriptor, signal.data(), signal.size()) <= 0) return;
  ++stops_;
  ends_ns_ = std::min(ends_ns_, elapsed_ns());
  request_count_ = next_due_;
}

// ---- how requests end ----

void LoadRun::expire(std::uint64_t now) {
  while (!in_flight_.empty() && in_flight_.front().expires_ns <= now) {
    Connection& connection = in_flight_.front();
    const bool is_connecting = connection.stage == Stage::connecting;
    fail_request(connection, is_connecting ? failure::kConnectTimeout : failure::kTimeout, true);
  }
  if (!is_open_loop()) return;
  while (next_sent_ < next_due_ && plan_.schedule.due_ns(next_sent_) + timeout_ns_ <= now) {
    const std::uint64_t request = next_sent_++;
    count_failure(plan_.schedule.due_ns(request), is_kept(request), failure::kNotSent, true);
  }
}

void LoadRun::give_up_rest(std::uint64_t now) {
  const std::uint64_t last = last_end_ns_;
  const bool any = !in_flight_.empty() || next_sent_ < next_due_;
  while (!in_flight_.empty()) fail_request(in_flight_.front(), failure::kUnanswered, true);
  while (next_sent_ < next_due_) {
    const std::uint64_t request = next_sent_++;
    count_failure(plan_.schedule.due_ns(request), is_kept(request), failure::kUnanswered, true);
  }
  last_end_ns_ = any ? now : last;
}

void LoadRun::succeed(Connection& connection, bool may_be_kept) {
  const std::uint64_t now = elapsed_ns();
  ++totals_.succeeded;
  totals_.latency.record(now - connection.due_ns);
  series_.ended(connection.due_ns / kSecondNs, false, now - connection.due_ns);
  last_end_ns_ = now;
  leave_flight(connection, may_be_kept);
  if (is_open_loop()) return;
  ++free_clients_;
  send_for_free_clients(now);  // at once: the server is not to wait for the rest of our events
}

void LoadRun::fail_request(Connection& connection, const std::string& reason, bool counts_latency,
                           bool may_be_kept) {
  const std::uint64_t due = connection.due_ns;
  const bool kept = connection.kept;
  leave_flight(connection, may_be_kept);
  count_failure(due, kept, reason, counts_latency);
}

void LoadRun::count_due(std::uint64_t due, bool kept) {
  ++totals_.sent;
  ++counts_of(kept).sent;
  series_.due(due / kSecondNs);
}

void LoadRun::count_failure(std::uint64_t due, bool kept, const std::string& reason,
                            bool counts_latency) {
  const std::uint64_t now = elapsed_ns();
  ++totals_.failed;
  ++counts_of(kept).failed;
  ++totals_.failures[reason];
  std::optional<std::uint64_t> latency;
  if (counts_latency) latency = now - due;
  if (latency) totals_.latency.record(*latency);
  series_.ended(due / kSecondNs, true, latency);
  last_end_ns_ = now;
  if (!is_open_loop()) free_at_.push_back(now + kPauseNs);
}

void LoadRun::leave_flight(Connection& connection, bool may_be_kept) {
  in_flight_.erase(in_flight_.iterator_to(connection));
  --in_flight_count_;
  if (!may_be_kept) return drop(connection);
  connection.stage = Stage::idle;
  idle_.push_back(connection);
}

void LoadRun::drop(Connection& connection) {
  if (connection.is_linked()) idle_.erase(idle_.iterator_to(connection));
  close(connection.descriptor);
  connection.descriptor = -1;
  kept_count_ -= connection.kept ? 1 : 0;
  connection.stage = Stage::idle;
  free_slots_.push_back(connection.slot);
}

// ---- when it is over ----

bool LoadRun::may_send_more(std::uint64_t now) const {
  return stops_ == 0 && now < ends_ns_ && (plan_.requests == 0 || next_sent_ < plan_.requests);
}

bool LoadRun::is_over(std::uint64_t now) const {
  if (stops_ > 1) return true;
  if (plan_.grace_seconds < 1e6 && now >= ends_ns_ + nanoseconds(plan_.grace_seconds)) return true;
  if (in_flight_count_ > 0 || next_sent_ < next_due_) return false;
  // An open loop lasts as long as was asked for, though its last request was due before that.
  return is_open_loop() ? next_due_ == request_count_ && now >= ends_ns_ : !may_send_more(now);
}

std::uint64_t LoadRun::elapsed_ns() const { return now_ns() - started_ns_; }

void LoadRun::report_progress(std::uint64_t now) {
  while (next_report_ns_ <= now) next_report_ns_ += kSecondNs;
  plan_.on_second({.seconds = static_cast<double>(now) * 1e-9,
                   .sent = totals_.sent,
                   .failed = totals_.failed,
                   .in_flight = in_flight_count_,
                   .waiting = next_due_ - next_sent_,
                   .p99_ms = totals_.latency.quantile_ns(0.99) * 1e-6});
}

}  // namespace ml_inference
