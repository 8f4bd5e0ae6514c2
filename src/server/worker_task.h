// SPDX-License-Identifier: MIT
// Work that a handler left to a worker, as the connection sees it that waits for the answer.
#pragma once

#include "api/http.h"
#include "server/body_budget.h"

#include <functional>
#include <optional>
#include <stop_token>
#include <string_view>

namespace ml_inference {

class EventLoop;

/// Why an answer that does not fit into the budget is not given.
inline constexpr std::string_view kNoRoomForAnswer =
    "the answers to other requests fill the memory that is set aside for bodies";

/// Has a worker fill a response. The worker looks whether it is still wanted once it has the memory
/// for it, and as often as the work itself does; it puts the answer into the budget before it gives
/// that memory back: a loop that is behind holds no answers that nobody has counted.
/// Threads: the loop's. The task, response and share stay where they are while is_running().
class WorkerTask {
 public:
  /// What became of the work.
  enum class End {
    answered,   ///< the response is filled
    no_worker,  ///< as much waits as may
    no_memory,  ///< it needs more than there is for work
    no_room,    ///< it was done, and the answer does not fit into the budget
    stopped,    ///< stop() was called: before it began, or within
  };

  /// loop  outlives the task.
  explicit WorkerTask(EventLoop& loop) : loop_(loop) {}

  /// Begins. Returns how it ended if it has ended at once; else calls on_end when it has, on the
  /// loop. What is refused is counted. Not while is_running().
  ///
  /// share  what the answer takes out of the budget.
  [[nodiscard]] std::optional<End> start(HttpHandler::Work work, HttpResponse& response,
                                         BodyShare& share, std::move_only_function<void()> on_end);

  /// Nobody waits for the answer any more.
  void stop() { stop_.request_stop(); }

  [[nodiscard]] bool is_running() const { return is_running_; }

  /// Whether stop() has been called since start().
  [[nodiscard]] bool is_stopped() const { return stop_.stop_requested(); }

  /// Of a task that was stopped: whether it had begun.
  [[nodiscard]] bool has_begun() const { return has_begun_; }

  /// How it ended; once it has.
  [[nodiscard]] End end() const { return end_; }

  /// Why there is no answer, for an end that is neither answered nor stopped.
  [[nodiscard]] static std::string_view detail(End end);

 private:
  [[nodiscard]] End run(HttpResponse& response, BodyShare& share, const std::stop_token& stop);
  End refused(End end);

  EventLoop& loop_;
  HttpHandler::Work work_;
  std::stop_source stop_{std::nostopstate};
  std::move_only_function<void()> on_end_;
  bool is_running_ = false;
  bool has_begun_ = false;
  End end_ = End::answered;
};

}  // namespace ml_inference
