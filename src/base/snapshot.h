// SPDX-License-Identifier: MIT
// A pointer to an immutable value that one thread replaces while others read it.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace ml_inference {

/// Holds the current version of a T. A reader that called get() keeps that version alive for as
/// long as it holds the pointer, whatever set() does meanwhile.
///
/// A mutex around a copy of a shared_ptr rather than atomic<shared_ptr>: the latter, in libstdc++
/// 12, takes a lock too and is reported by ThreadSanitizer.
/// Threads: every member may be called from any thread.
template <class T>
class Snapshot {
 public:
  /// The current version; null before the first set().
  [[nodiscard]] std::shared_ptr<const T> get() const {
    const std::lock_guard lock(mutex_);
    return current_;
  }

  /// Replaces the version. The old one ends with its last reader, never under the lock.
  void set(std::shared_ptr<const T> next) {
    {
      const std::lock_guard lock(mutex_);
      current_.swap(next);
    }
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> current_;  // guarded by mutex_
};

}  // namespace ml_inference
