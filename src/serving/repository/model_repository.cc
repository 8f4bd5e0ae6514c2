// SPDX-License-Identifier: MIT
#include "serving/repository/model_repository.h"

#include "base/assert.h"

#include <algorithm>
#include <exception>
#include <pthread.h>
#include <utility>

namespace ml_inference {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Of a start whose files do not come to rest; they are loaded when they do.
constexpr int kStartLookCountMax = 20;

// Between looks where only calls are of interest.
constexpr milliseconds kLongPause{3'600'000};

}  // namespace

ModelRepository::ModelRepository(RepositoryOptions options, RepositoryDoors doors,
                                 Readiness& readiness, Metrics& metrics, JsonLog& log)
    : options_(std::move(options)),
      doors_(std::move(doors)),
      models_(options_, doors_, readiness, metrics, log) {
  ASSERT(doors_.wait && doors_.wake);
}

ModelRepository::~ModelRepository() {
  thread_.request_stop();
  doors_.wake();
}

Result<void> ModelRepository::start() {
  is_moving_ = models_.look({});
  for (int look = 1; is_moving_ && look < kStartLookCountMax; ++look) {
    static_cast<void>(doors_.wait(options_.settle_pause, false));
    is_moving_ = models_.look({});
  }
  Result<void> fault = models_.first_fault();
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  return fault;
}

bool ModelRepository::stop(milliseconds limit) {
  if (!thread_.joinable()) return true;
  thread_.request_stop();
  doors_.wake();
  std::unique_lock lock(mutex_);
  return ended_.wait_for(lock, limit, [this] { return is_ended_; });
}

void ModelRepository::run(const std::stop_token& stop) {
  ::pthread_setname_np(::pthread_self(), "repository");  // for whoever asks which thread hangs
  const bool polls = options_.mode == ControlMode::poll;
  steady_clock::time_point looked = steady_clock::now();
  bool is_leaving = false;
  while (!stop.stop_requested()) {
    const auto passed = std::chrono::duration_cast<milliseconds>(steady_clock::now() - looked);
    // Right behind a look a change waits: many files that change are one.
    const bool is_soon = is_moving_ || passed < options_.settle_pause;
    const milliseconds limit = is_soon || is_leaving ? options_.settle_pause
                               : polls               ? options_.poll_pause - passed
                                                     : kLongPause;
    const bool is_changed = doors_.wait(std::max(limit, milliseconds(0)), polls && !is_soon);
    for (const auto& call : take_calls()) finish(*call, call->work());
    const bool is_due = steady_clock::now() - looked >= options_.poll_pause;
    if (polls && (is_changed || is_moving_ || is_due) && !stop.stop_requested()) {
      is_moving_ = models_.look(stop);
      looked = steady_clock::now();
    }
    is_leaving = models_.give_back_memory();
  }
  end();
}

void ModelRepository::end() {
  std::vector<std::shared_ptr<Call>> left;
  {
    const std::lock_guard lock(mutex_);
    is_ended_ = true;
    left.swap(calls_);
    ended_.notify_all();
  }
  for (const auto& call : left) finish(*call, fail(Code::unavailable, "the process ends"));
}

std::vector<std::shared_ptr<ModelRepository::Call>> ModelRepository::take_calls() {
  const std::lock_guard lock(mutex_);
  return std::exchange(calls_, {});
}

void ModelRepository::finish(Call& call, Result<void> result) {
  const std::lock_guard lock(call.mutex);
  call.result = std::move(result);
  call.done.notify_all();
}

Result<void> ModelRepository::call(std::function<Result<void>()> work,
                                   const std::stop_token& stop) {
  const auto call = std::make_shared<Call>();
  call->work = std::move(work);
  {
    const std::lock_guard lock(mutex_);
    if (is_ended_) return fail(Code::unavailable, "the process ends");
    calls_.push_back(call);
  }
  doors_.wake();
  std::unique_lock lock(call->mutex);
  if (call->done.wait(lock, stop, [&call] { return call->result.has_value(); })) {
    return *call->result;
  }
  return fail(Code::deadline_exceeded, "nobody waits any longer; the work goes on");
}

Result<bool> ModelRepository::ask(std::function<Result<bool>()> work, const std::stop_token& stop) {
  const auto answer = std::make_shared<bool>();  // the caller may have left by then
  const auto noted = [work = std::move(work), answer]() -> Result<void> {
    ASSIGN_OR_RETURN(*answer, work());
    return {};
  };
  RETURN_IF_ERROR(call(noted, stop));
  return *answer;
}

Result<void> ModelRepository::load(const std::string& name, ModelUpload upload,
                                   std::stop_token stop) {
  // Owned by the work: the caller may have left by then.
  auto sent = std::make_shared<const ModelUpload>(std::move(upload));
  return call([this, name, sent] { return models_.load(name, *sent); }, stop);
}

Result<bool> ModelRepository::add(const std::string& name, const std::string& url,
                                  std::stop_token stop) {
  return ask([this, name, url] { return models_.add(name, url); }, stop);
}

ControlRights ModelRepository::rights() const {
  const bool is_explicit = options_.mode == ControlMode::explicit_;
  return {.loads = options_.mode != ControlMode::none,
          .unloads = is_explicit,
          .uploads = is_explicit && options_.allows_upload,
          .sets_default = true};
}

Result<bool> ModelRepository::unload(const std::string& name, std::stop_token stop) {
  return ask([this, name] { return models_.unload(name); }, stop);
}

Result<void> ModelRepository::set_default(const std::string& name,
                                          std::optional<std::int64_t> version,
                                          std::stop_token stop) {
  return call([this, name, version] { return models_.set_default(name, version); }, stop);
}

Result<void> ModelRepository::reload_all(std::stop_token stop) {
  // Its own stop too: the caller's ends the wait alone.
  return call([this] { return models_.reload_all(thread_.get_stop_token()); }, stop);
}

}  // namespace ml_inference
