// SPDX-License-Identifier: MIT
#include "server/worker_task.h"

#include "base/assert.h"
#include "server/event_loop.h"

#include <utility>

namespace ml_inference {

std::optional<WorkerTask::End> WorkerTask::start(HttpHandler::Work work, HttpResponse& response,
                                                 BodyShare& share,
                                                 std::move_only_function<void()> on_end) {
  ASSERT(!is_running_);
  ServerState& state = loop_.state();
  if (work.memory_size > state.work_memory.size()) return refused(End::no_memory);
  work_ = std::move(work);
  on_end_ = std::move(on_end);
  has_begun_ = false;
  stop_ = std::stop_source();
  if (state.current_phase() == ServerPhase::cancelling) stop_.request_stop();
  is_running_ =
      state.workers.try_submit([this, &response, &share, stop = stop_.get_token()]() mutable {
        end_ = run(response, share, stop);
        loop_.post([this] {
          is_running_ = false;
          work_ = {};
          if (end_ != End::answered && end_ != End::stopped) refused(end_);
          std::exchange(on_end_, nullptr)();
        });
      });
  if (is_running_) return std::nullopt;
  work_ = {};
  return refused(End::no_worker);
}

// On the worker.
WorkerTask::End WorkerTask::run(HttpResponse& response, BodyShare& share,
                                const std::stop_token& stop) {
  ServerState& state = loop_.state();
  const WorkShare memory(state.work_memory, work_.memory_size);
  has_begun_ = !stop.stop_requested();
  if (has_begun_) work_.run({.stop = stop, .workers = &state.workers});
  End end = stop.stop_requested() ? End::stopped : End::answered;
  if (end == End::answered && !share.take(response.body.size())) end = End::no_room;
  if (end != End::answered) response.body = {};
  return end;
}

WorkerTask::End WorkerTask::refused(End end) {
  ServerMetrics& metrics = loop_.state().metrics;
  (end == End::no_worker ? metrics.queue_answers : metrics.memory_answers).Increment();
  return end;
}

std::string_view WorkerTask::detail(End end) {
  switch (end) {
    case End::no_worker: return "as many batches wait as the server takes";
    case End::no_memory:
      return "the batch needs more memory than is set aside for working on batches";
    case End::no_room: return kNoRoomForAnswer;
    case End::answered:
    case End::stopped: break;
  }
  return {};
}

}  // namespace ml_inference
