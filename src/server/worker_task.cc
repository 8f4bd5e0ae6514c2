// SPDX-License-Identifier: MIT
#include "server/worker_task.h"

#include "base/assert.h"
#include "server/event_loop.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace ml_inference {
namespace {

WorkerTask::End end_of(JobRefusal refusal) {
  using End = WorkerTask::End;
  switch (refusal) {
    case JobRefusal::queue_full:
    case JobRefusal::closed: return End::no_worker;
    case JobRefusal::standing: return End::standing;
    case JobRefusal::kind_full: return End::kind_full;
    case JobRefusal::displaced: return End::displaced;
    case JobRefusal::too_late: return End::too_late;
  }
  return End::no_worker;
}

}  // namespace

std::optional<WorkerTask::End> WorkerTask::start(std::unique_ptr<Work> work, HttpResponse& response,
                                                 BodyShare& share,
                                                 std::move_only_function<void()> on_end) {
  ASSERT(!is_running_);
  ServerState& state = loop_.state();
  memory_size_ = work->memory_size;
  if (memory_size_ > state.work_memory.size()) return refused(End::no_memory);
  work_ = std::move(work);
  terms_ = work_->terms;
  response_ = &response;
  share_ = &share;
  on_end_ = std::move(on_end);
  has_begun_ = false;
  stop_ = std::stop_source();
  if (state.current_phase() == ServerPhase::cancelling) stop_.request_stop();
  is_running_ = true;
  const std::optional<JobRefusal> refusal = state.workers.submit(*this);
  if (!refusal) return std::nullopt;
  is_running_ = false;
  work_ = {};
  return refused(end_of(*refusal));
}

void WorkerTask::stop() {
  stop_.request_stop();
  if (is_running_ && loop_.state().workers.withdraw(*this)) leave(End::stopped);
}

// On the worker. What is done together needs memory for each, and for the rows of all.
void WorkerTask::run(std::span<Job* const> others) {
  ServerState& state = loop_.state();
  std::size_t memory_size = work_->memory_size;
  for (Job* const other : others)
    memory_size += static_cast<WorkerTask*>(other)->work_->memory_size;
  if (!others.empty()) memory_size *= 2;
  if (!others.empty() && memory_size > state.work_memory.size()) {
    run({});
    for (Job* const other : others) other->run({});
    return;
  }
  const WorkShare memory(state.work_memory, memory_size);
  std::vector<Work*> begun;
  if (begin()) begun.push_back(work_.get());
  for (Job* const other : others) {
    auto* const task = static_cast<WorkerTask*>(other);
    if (task->begin()) begun.push_back(task->work_.get());
  }
  if (begun.size() == 1 && others.empty()) {
    work_->run({.stop = stop_.get_token(), .workers = &state.workers});
  } else if (!begun.empty()) {
    begun.front()->run_with(std::span(begun).subspan(1));
  }
  for (Job* const other : others) static_cast<WorkerTask*>(other)->conclude();
  conclude();
}

bool WorkerTask::begin() {
  has_begun_ = !stop_.stop_requested();
  return has_begun_;
}

// The work is done, or was stopped. From here on the task is the loop's.
void WorkerTask::conclude() {
  if (!stop_.stop_requested() && work_->finish) work_->finish(stop_.get_token());
  End end = stop_.stop_requested() ? End::stopped : End::answered;
  if (end == End::answered && !share_->take(response_->body.size())) end = End::no_room;
  if (end != End::answered) response_->body = {};
  leave(end);
}

void WorkerTask::drop(JobRefusal why) { leave(end_of(why)); }

void WorkerTask::leave(End end) {
  loop_.post([this, end] {
    end_ = end;
    is_running_ = false;
    work_ = {};
    if (end != End::answered && end != End::stopped) refused(end);
    std::exchange(on_end_, nullptr)();
  });
}

WorkerTask::End WorkerTask::refused(End end) {
  ServerMetrics& metrics = loop_.state().metrics;
  switch (end) {
    case End::no_worker: metrics.queue_answers.Increment(); break;
    case End::standing: metrics.standing_answers.Increment(); break;
    case End::kind_full: metrics.model_queue_answers.Increment(); break;
    case End::displaced: metrics.priority_answers.Increment(); break;
    case End::too_late: metrics.deadline_answers.Increment(); break;
    default: metrics.memory_answers.Increment(); break;
  }
  return end;
}

WorkerTask::Refusal WorkerTask::refusal(End end) const {
  switch (end) {
    case End::no_worker: return {503, "as many batches wait as the server takes"};
    case End::standing:
      return {503,
              "the server has more to do than it can: batches have been waiting for some time"};
    case End::kind_full: return {429, "as many requests wait for the model as may"};
    case End::displaced: return {503, "requests of a higher priority took the place in the queue"};
    case End::too_late:
      return {504, "the request's deadline would have passed before a worker was free"};
    case End::no_memory:
      return {413, fmt::format("the request may need {} bytes of memory while it is worked on, all "
                               "requests together have {}",
                               memory_size_, loop_.state().work_memory.size())};
    case End::no_room: return {503, std::string(kNoRoomForAnswer)};
    case End::answered:
    case End::stopped: break;
  }
  return {503, {}};
}

}  // namespace ml_inference
