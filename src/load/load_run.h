// SPDX-License-Identifier: MIT
// One run of load against a server.
#pragma once

#include "base/result.h"
#include "load/answer_reader.h"
#include "load/load_plan.h"
#include "load/load_result.h"

#include <boost/intrusive/list.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// Sends requests from one thread, one at a time on each connection, and none twice.
///
/// Open loop: requests fall due by the schedule whatever the server does. One that finds
/// `concurrency` in flight waits here, and its latency counts from when it was due, not from when
/// it was sent: a server that stalls does not get fewer or kinder measurements. One that has waited
/// here for `timeout_seconds` fails unsent, with that latency. One that is sent has the whole
/// timeout for its answer, however long it waited: with the rest of its time it would only take a
/// place, and its connection be closed, so that a queue as old as the timeout would never get
/// shorter, though the server carried what is due. So an answer comes at most twice the timeout
/// after its request was due. Closed loop: a
/// request is due when its client is free; one that failed is followed by a pause of 10 ms, so that
/// a dead service is not hammered.
///
/// Kept connections are used in turn, and there are as many as `concurrency` allows, so that a
/// balancer between here and the servers has something to balance. One that the server closed while
/// it was idle is replaced before a request is sent, as every client with a pool does.
class LoadRun {
 public:
  explicit LoadRun(LoadPlan plan);
  LoadRun(const LoadRun&) = delete;
  LoadRun& operator=(const LoadRun&) = delete;
  ~LoadRun();

  /// Runs to the end, once. Errors: unavailable, when a connection that is to be opened first
  /// cannot be; resource_exhausted, when so many descriptors are not to be had; internal, when the
  /// kernel refuses what a load needs.
  [[nodiscard]] Result<LoadResult> run();

 private:
  enum class Stage { connecting, waiting, idle };

  struct Connection : boost::intrusive::list_base_hook<> {
    explicit Connection(bool keeps_body) : reader(keeps_body) {}
    int descriptor = -1;
    std::uint32_t slot = 0;
    std::uint32_t use = 0;  // counts the slot's connections, so that old events are told apart
    bool kept = false;
    bool wants_write = false;
    Stage stage = Stage::idle;
    std::uint64_t due_ns = 0;      // of the request in flight, since the start
    std::uint64_t expires_ns = 0;  // when no answer, and no connection, is waited for any longer
    std::size_t sent_bytes = 0;
    AnswerReader reader;
  };
  using List = boost::intrusive::list<Connection>;

  Result<void> prepare();
  Result<void> open_all();
  void dispatch(std::uint64_t now);
  void send_what_is_due(std::uint64_t now);
  void send_for_free_clients(std::uint64_t now);
  void start_request(std::uint64_t due, bool kept);
  Connection* take_idle();
  Connection* open(bool kept, int& error);
  void send_rest(Connection& connection);
  void want_write(Connection& connection, bool wanted);

  Result<void> wait(std::uint64_t now);
  [[nodiscard]] std::uint64_t next_event_ns(std::uint64_t now) const;
  void on_event(std::uint64_t key, std::uint32_t events);
  void on_connected(Connection& connection);
  void receive(Connection& connection);
  void take_answer(Connection& connection, bool may_be_kept);
  void on_stop();

  void expire(std::uint64_t now);
  void give_up_rest(std::uint64_t now);
  void succeed(Connection& connection, bool may_be_kept);
  void fail_request(Connection& connection, const std::string& reason, bool counts_latency = false,
                    bool may_be_kept = false);
  void count_due(std::uint64_t due, bool kept);
  void count_failure(std::uint64_t due, bool kept, const std::string& reason, bool counts_latency);
  void leave_flight(Connection& connection, bool may_be_kept);
  void drop(Connection& connection);
  void report_progress(std::uint64_t now);

  [[nodiscard]] bool is_open_loop() const { return plan_.schedule.request_count() > 0; }
  [[nodiscard]] bool is_over(std::uint64_t now) const;
  [[nodiscard]] bool may_send_more(std::uint64_t now) const;
  [[nodiscard]] bool is_kept(std::uint64_t request) const;
  [[nodiscard]] std::uint64_t elapsed_ns() const;
  [[nodiscard]] ConnectionCounts& counts_of(bool kept) {
    return kept ? totals_.keep : totals_.fresh;
  }

  const LoadPlan plan_;
  const std::uint64_t timeout_ns_;
  int epoll_ = -1;
  std::vector<std::unique_ptr<Connection>> slots_;
  std::vector<std::uint32_t> free_slots_;
  List in_flight_;  // by when they expire, since all are waited for equally long
  List idle_;       // the longest unused first
  std::uint32_t in_flight_count_ = 0;
  std::uint32_t kept_count_ = 0;
  std::size_t next_address_ = 0;
  std::vector<char> buffer_;

  // All times below are nanoseconds since the start.
  std::uint64_t started_ns_ = 0;
  std::uint64_t ends_ns_ = 0;        // nothing falls due from here on
  std::uint64_t request_count_ = 0;  // open loop: how many fall due
  std::uint64_t next_due_ = 0;       // open loop: how many have fallen due
  std::uint64_t next_sent_ = 0;      // requests sent or given up; equals next_due_ in a closed loop
  std::uint64_t late_counted_ = 0;   // requests below are counted in late, if they were
  std::deque<std::uint64_t> free_at_;  // closed loop: when resting clients may send again
  std::uint32_t free_clients_ = 0;     // closed loop: clients that may send now
  std::uint64_t next_report_ns_ = kNever;
  std::uint64_t last_end_ns_ = 0;
  int stops_ = 0;
  SecondSeries series_;
  LoadResult totals_;

  static constexpr std::uint64_t kNever = ~std::uint64_t{0};
};

}  // namespace ml_inference
