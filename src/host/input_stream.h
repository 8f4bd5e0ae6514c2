// SPDX-License-Identifier: MIT
// Bytes that come one after another: of a file, a pipe, a device, or standard input.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace ml_inference {

/// Threads: one reads; any may call stop().
class InputStream {
 public:
  /// path  "-" is standard input, which stays open afterwards.
  /// Errors: not_found, beginning with the path.
  [[nodiscard]] static Result<std::unique_ptr<InputStream>> open(const std::string& path);

  ~InputStream();
  InputStream(const InputStream&) = delete;
  InputStream& operator=(const InputStream&) = delete;

  /// The path, or what standard input is called in messages.
  [[nodiscard]] const std::string& name() const { return name_; }

  /// Reads at least one byte and at most room.size(), which is not 0; waits for it if need be.
  /// Returns how many, 0 at the end or once stop() was called.
  /// Errors: not_found, beginning with the name: the kernel refuses (a folder, a disk's fault).
  [[nodiscard]] Result<std::size_t> read(std::span<char> room);

  /// Whether read() would return without waiting: always for a file.
  [[nodiscard]] bool is_ready() const;

  /// Has this and every later read() return 0. What has come in is lost.
  void stop();

 private:
  InputStream(std::string name, int descriptor, bool is_owner);

  // Waits until there is something to read; false once stop() was called.
  [[nodiscard]] bool wait_for_bytes() const;

  const std::string name_;
  const int descriptor_;
  const bool is_owner_;
  const bool is_file_;
  const int stopped_;  // an eventfd: readable once stop() was called
};

}  // namespace ml_inference
