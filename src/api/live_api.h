// SPDX-License-Identifier: MIT
// What an operator can change about the API while it answers.
#pragma once

#include "api/token_set.h"
#include "base/snapshot.h"

#include <atomic>
#include <cstdint>
#include <memory>

namespace ml_inference {

/// Threads: every member may be called from any thread; a change holds for requests that come after
/// it.
class LiveApi {
 public:
  /// From now on only these tokens admit to predictions. Before the first call everybody is
  /// admitted.
  void set_tokens(TokenSet tokens) {
    tokens_.set(std::make_shared<const TokenSet>(std::move(tokens)));
    token_generation_.fetch_add(1, std::memory_order_release);
  }

  /// Null while everybody is admitted.
  [[nodiscard]] std::shared_ptr<const TokenSet> tokens() const { return tokens_.get(); }

  /// Counts the changes of tokens(): a reader that keeps a copy asks whether it is still the
  /// current one.
  [[nodiscard]] std::uint64_t token_generation() const {
    return token_generation_.load(std::memory_order_acquire);
  }

  /// Log one of so many successful predictions; 1 logs all. Failures are always logged.
  void set_log_sample(std::uint32_t one_of) {
    log_sample_.store(one_of, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint32_t log_sample() const {
    return log_sample_.load(std::memory_order_relaxed);
  }

 private:
  Snapshot<TokenSet> tokens_;
  std::atomic<std::uint64_t> token_generation_ = 0;
  std::atomic<std::uint32_t> log_sample_ = 1;
};

}  // namespace ml_inference
