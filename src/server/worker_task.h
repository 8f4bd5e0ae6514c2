// SPDX-License-Identifier: MIT
// Work that a handler left to a worker, as the connection sees it that waits for the answer.
#pragma once

#include "api/http.h"
#include "api/work.h"
#include "server/body_budget.h"

#include <functional>
#include <memory>
#include <optional>
#include <span>
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
class WorkerTask final : public Job {
 public:
  /// What became of the work.
  enum class End {
    answered,   ///< the response is filled
    no_worker,  ///< as much waits as may
    standing,   ///< what waits has been waiting for long
    kind_full,  ///< as much waits for the model as may
    displaced,  ///< what came later goes first
    too_late,   ///< the client's deadline has passed, or will before its turn comes
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
  [[nodiscard]] std::optional<End> start(std::unique_ptr<Work> work, HttpResponse& response,
                                         BodyShare& share, std::move_only_function<void()> on_end);

  /// Nobody waits for the answer any more. What has not begun ends at once.
  void stop();

  [[nodiscard]] bool is_running() const { return is_running_; }

  /// Whether stop() has been called since start().
  [[nodiscard]] bool is_stopped() const { return stop_.stop_requested(); }

  /// Of a task that was stopped: whether it had begun.
  [[nodiscard]] bool has_begun() const { return has_begun_; }

  /// How it ended; once it has.
  [[nodiscard]] End end() const { return end_; }

  /// Why there is no answer, for an end that is neither answered nor stopped.
  struct Refusal {
    int status;
    std::string detail;
  };
  [[nodiscard]] Refusal refusal(End end) const;

  // The pool's.
  void run(std::span<Job* const> others) override;
  void drop(JobRefusal why) override;

 private:
  [[nodiscard]] bool begin();
  void conclude();
  void leave(End end);
  End refused(End end);

  EventLoop& loop_;
  std::unique_ptr<Work> work_;
  HttpResponse* response_ = nullptr;  // while it is running
  BodyShare* share_ = nullptr;        // likewise
  std::stop_source stop_{std::nostopstate};
  std::move_only_function<void()> on_end_;
  std::size_t memory_size_ = 0;  // that it was to need at most
  bool is_running_ = false;
  bool has_begun_ = false;
  End end_ = End::answered;
};

}  // namespace ml_inference
