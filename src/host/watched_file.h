// SPDX-License-Identifier: MIT
// A small file that somebody replaces while we run: a mounted Secret, a mounted ConfigMap.
#pragma once

#include "base/digest.h"
#include "base/result.h"

#include <cstddef>
#include <optional>
#include <string>

namespace ml_inference {

/// Reads the file at each look and tells whether its content differs from the last look's.
///
/// Reading rather than waiting for events: a mounted Secret is a link through the link ..data,
/// which the kubelet replaces, so that a watch on the file, or on its folder, sees other inodes go
/// and come in an order of the kubelet's choice; and many volumes give no events at all. Content
/// rather than times: nothing can be written within the resolution of a clock. Of the content only
/// the digest is kept. A look costs some ten microseconds.
/// Threads: belongs to one thread.
class WatchedFile {
 public:
  WatchedFile(std::string path, std::size_t size_max)
      : path_(std::move(path)), size_max_(size_max) {}

  /// The content, or why there is none, when either is not what the last look found; at the first
  /// look, always. Nothing when all is as before.
  /// Errors, beginning with the path: not_found (cannot be read), invalid_argument (a folder, a
  /// pipe, a device), resource_exhausted (over size_max).
  [[nodiscard]] std::optional<Result<std::string>> look();

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  const std::string path_;
  const std::size_t size_max_;
  std::optional<Digest> seen_;  // of the content, or of the error's message
  bool was_read_ = false;
};

}  // namespace ml_inference
