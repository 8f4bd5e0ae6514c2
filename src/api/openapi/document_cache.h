// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace ml_inference {

/// The OpenAPI document as it was last made, for all event loops.
/// Threads: every member may be called from any thread.
class DocumentCache {
 public:
  /// What a document was made of: Readiness::generation(), and whether tokens were asked for.
  struct Key {
    std::uint64_t generation = 0;
    bool guarded = false;

    bool operator==(const Key&) const = default;
  };

  /// Null where the last one is another's.
  [[nodiscard]] std::shared_ptr<const std::string> find(const Key& key) const {
    const std::scoped_lock lock(mutex_);
    return key == key_ ? document_ : nullptr;
  }

  void keep(const Key& key, std::shared_ptr<const std::string> document) {
    const std::scoped_lock lock(mutex_);
    key_ = key;
    document_ = std::move(document);
  }

 private:
  mutable std::mutex mutex_;
  Key key_;                                      // guarded by mutex_
  std::shared_ptr<const std::string> document_;  // likewise
};

}  // namespace ml_inference
