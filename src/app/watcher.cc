// SPDX-License-Identifier: MIT
#include "app/watcher.h"

#include <utility>

namespace ml_inference {

Watcher::Watcher(std::chrono::milliseconds pause, std::vector<std::function<void()>> looks)
    : pause_(pause),
      looks_(std::move(looks)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Watcher::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    for (const auto& look : looks_) look();
    stopped_.wait_for(lock, stop, pause_, [] { return false; });
  }
}

}  // namespace ml_inference
