// SPDX-License-Identifier: MIT
// A file of settings that is read again whenever it changes.
#pragma once

#include "base/result.h"
#include "host/watched_file.h"
#include "telemetry/json_log.h"
#include "telemetry/metrics.h"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace ml_inference {

/// Brings a file's content into force, at start and after each change. A content that is refused,
/// or a file that cannot be read, leaves what is in force as it is, and is told once, in the log as
/// a WARNING and in settings_reloads_total.
/// Threads: belongs to one thread at a time.
class LiveFile {
 public:
  /// Brings a text into force, or refuses it and changes nothing; says in a few words what it did.
  using Apply = std::function<Result<std::string>(std::string_view text)>;

  /// label  "token" or "config": the metric's label and the log's word. log and metrics outlive it.
  LiveFile(std::string label, std::string path, std::size_t size_max, Apply apply, JsonLog& log,
           Metrics& metrics);

  /// At start. Errors, beginning with the path: those of WatchedFile and of apply.
  [[nodiscard]] Result<void> load();

  /// Every second or so.
  void look();

 private:
  [[nodiscard]] Result<std::string> apply(const Result<std::string>& content) const;

  const std::string label_;
  WatchedFile file_;
  const Apply apply_;
  JsonLog& log_;
  Counter& successes_;
  Counter& failures_;
};

}  // namespace ml_inference
