// SPDX-License-Identifier: MIT
#include "app/watcher.h"

#include <pthread.h>
#include <utility>

namespace ml_inference {

Watcher::Watcher(std::chrono::milliseconds pause, std::vector<std::function<void()>> looks)
    : pause_(pause),
      looks_(std::move(looks)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

bool Watcher::stop(std::chrono::milliseconds limit) {
  thread_.request_stop();
  std::unique_lock lock(mutex_);
  return finished_.wait_for(lock, limit, [this] { return is_finished_; });
}

void Watcher::run(const std::stop_token& stop) {
  ::pthread_setname_np(::pthread_self(), "watcher");  // for whoever asks which thread hangs
  while (!stop.stop_requested()) {
    for (const auto& look : looks_) {
      if (!stop.stop_requested()) look();  // not under the mutex: stop() must not wait for it
    }
    std::unique_lock lock(mutex_);
    stop_asked_.wait_for(lock, stop, pause_, [] { return false; });
  }
  const std::lock_guard lock(mutex_);
  is_finished_ = true;
  finished_.notify_all();
}

}  // namespace ml_inference
