// SPDX-License-Identifier: MIT
#include "load/load_run.h"

#include "load/http_exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <ctime>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ml_inference {
namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000;

std::uint64_t nanoseconds(double seconds) {
  return static_cast<std::uint64_t>(std::llround(seconds * 1e9));
}

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

}  // namespace

LoadRun::LoadRun(LoadPlan plan) : plan_(std::move(plan)), connections_(plan_.connections) {
  // The default of 50 microseconds would make every open-loop request that much late.
  prctl(PR_SET_TIMERSLACK, 1UL);
}

LoadRun::~LoadRun() {
  for (const Connection& connection : connections_) {
    if (connection.descriptor >= 0) close(connection.descriptor);
  }
  if (epoll_ >= 0) close(epoll_);
}

Result<LoadResult> LoadRun::run() {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) return system_error("epoll_create1");
  for (std::size_t index = 0; index < connections_.size(); ++index) {
    RETURN_IF_ERROR(open(index));
    if (is_open_loop()) idle_.push_back(index);
  }

  const double cpu_before = cpu_seconds();
  started_ns_ = last_answer_ns_ = now_ns();
  ends_ns_ = started_ns_ + nanoseconds(plan_.seconds);
  if (!is_open_loop()) {
    for (std::size_t index = 0; index < connections_.size(); ++index) {
      RETURN_IF_ERROR(send_next(index, now_ns()));
    }
  }
  for (std::uint64_t now = now_ns(); !is_over(now); now = now_ns()) {
    if (is_open_loop()) RETURN_IF_ERROR(send_what_is_due(now));
    RETURN_IF_ERROR(wait(now));
  }
  count_unanswered(now_ns());
  totals_.seconds = static_cast<double>(last_answer_ns_ - started_ns_) * 1e-9;
  totals_.client_cpu_seconds = cpu_seconds() - cpu_before;
  return std::move(totals_);
}

Result<void> LoadRun::open(std::size_t index) {
  Connection& connection = connections_[index];
  ASSIGN_OR_RETURN(connection.descriptor, connect_to(plan_.port));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = index;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.descriptor, &event) != 0) {
    return system_error("epoll_ctl");
  }
  return {};
}

Result<void> LoadRun::reopen(std::size_t index) {
  Connection& connection = connections_[index];
  close(connection.descriptor);
  connection.descriptor = -1;
  connection.received.clear();
  if (connection.busy) {
    connection.busy = false;
    --in_flight_;
    if (++totals_.lost >= kLostMax) {
      return fail(Code::unavailable,
                  fmt::format("load: the server broke {} connections", kLostMax));
    }
    if (is_open_loop()) idle_.push_back(index);
  }
  RETURN_IF_ERROR(open(index));
  return is_open_loop() ? Result<void>{} : send_next(index, now_ns());
}

Result<void> LoadRun::send(std::size_t index, std::uint64_t since_ns) {
  Connection& connection = connections_[index];
  connection.busy = true;
  connection.since_ns = since_ns;
  ++in_flight_;
  const ssize_t sent = ::send(connection.descriptor, plan_.request.data(), plan_.request.size(),
                              MSG_NOSIGNAL | MSG_DONTWAIT);
  // A request is far smaller than an empty socket buffer; one that does not fit, or a connection
  // that the server has closed meanwhile, is a lost request.
  if (sent != static_cast<ssize_t>(plan_.request.size())) return reopen(index);
  return {};
}

Result<void> LoadRun::send_next(std::size_t index, std::uint64_t now) {
  if (!may_send(now)) return {};
  ++sent_;
  return send(index, now);
}

Result<void> LoadRun::send_what_is_due(std::uint64_t now) {
  while (may_send(due_ns(sent_)) && due_ns(sent_) <= now) backlog_.push_back(due_ns(sent_++));
  while (!backlog_.empty() && !idle_.empty()) {
    const std::size_t index = idle_.back();
    idle_.pop_back();
    const std::uint64_t due = backlog_.front();
    backlog_.pop_front();
    RETURN_IF_ERROR(send(index, due));
  }
  return {};
}

Result<void> LoadRun::wait(std::uint64_t now) {
  std::uint64_t until = ends_ns_ + nanoseconds(plan_.grace_seconds);
  if (is_open_loop() && may_send(due_ns(sent_))) until = std::min(until, due_ns(sent_));
  // Who waits for answers does not sleep: the server would pay for the waking, in its own write(),
  // and a slow one more often than a quick one, whose client never gets to sleep.
  const std::uint64_t left = is_open_loop() && until > now ? until - now : 0;
  const timespec timeout{.tv_sec = static_cast<time_t>(left / kSecondNs),
                         .tv_nsec = static_cast<long>(left % kSecondNs)};
  std::array<epoll_event, 128> events;
  const int count = epoll_pwait2(epoll_, events.data(), events.size(), &timeout, nullptr);
  if (count < 0 && errno != EINTR) return system_error("epoll_pwait2");
  for (int event = 0; event < count; ++event) {
    RETURN_IF_ERROR(on_readable(events[static_cast<std::size_t>(event)].data.u64));
  }
  return {};
}

Result<void> LoadRun::on_readable(std::size_t index) {
  Connection& connection = connections_[index];
  std::array<char, 16384> block;
  const ssize_t size = recv(connection.descriptor, block.data(), block.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return {};
  if (size <= 0) return reopen(index);

  // Nearly always one block is one answer; only what came in pieces is kept.
  std::string_view bytes(block.data(), static_cast<std::size_t>(size));
  if (!connection.received.empty()) bytes = connection.received.append(bytes);
  const auto answer = read_answer(bytes);
  if (!answer || (answer->has_value() && (*answer)->size_bytes != bytes.size())) {
    return reopen(index);  // not HTTP, or more than was asked for
  }
  if (!answer->has_value()) {
    if (connection.received.empty()) connection.received = bytes;
    return {};
  }
  const bool closes = (*answer)->closes_connection;
  count_answer(connection, (*answer)->status, (*answer)->body);
  if (is_open_loop()) idle_.push_back(index);
  if (closes) return reopen(index);
  return is_open_loop() ? Result<void>{} : send_next(index, last_answer_ns_);
}

void LoadRun::count_answer(Connection& connection, int status, std::string_view body) {
  const std::uint64_t now = now_ns();
  if (totals_.body.empty()) totals_.body = body;
  if (status == 200 && body == totals_.body) {
    ++totals_.answered;
    totals_.latency.record(now - connection.since_ns);
  } else {
    ++totals_.refused;
  }
  ++totals_.statuses[status];
  last_answer_ns_ = now;
  connection.busy = false;
  connection.received.clear();
  --in_flight_;
}

void LoadRun::count_unanswered(std::uint64_t now) {
  totals_.unanswered = in_flight_ + backlog_.size();
  for (const Connection& connection : connections_) {
    if (connection.busy) totals_.latency.record(now - connection.since_ns);
  }
  for (const std::uint64_t due : backlog_) totals_.latency.record(now - due);
}

bool LoadRun::is_over(std::uint64_t now) const {
  if (now >= ends_ns_ + nanoseconds(plan_.grace_seconds)) return true;
  const bool all_sent = is_open_loop() ? !may_send(due_ns(sent_)) : !may_send(now);
  return all_sent && in_flight_ == 0 && backlog_.empty();
}

bool LoadRun::may_send(std::uint64_t now) const {
  return now < ends_ns_ && (is_open_loop() || plan_.requests == 0 || sent_ < plan_.requests);
}

std::uint64_t LoadRun::due_ns(std::uint64_t request) const {
  return started_ns_ + nanoseconds(static_cast<double>(request) / plan_.rate);
}

}  // namespace ml_inference
