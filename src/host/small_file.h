// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace ml_inference {

/// Reads the kernel's one-page files without touching the heap. Room for 16 KiB: memory.stat, the
/// largest of them, has 2 KiB; what a file has beyond that is left unread.
/// Threads: belongs to one thread.
class SmallFile {
 public:
  /// The file's first bytes, valid until the next call; empty when it cannot be read.
  [[nodiscard]] std::string_view read(const char* path);

 private:
  std::array<char, 16384> bytes_;
};

/// The whole file. Never waits for a pipe's other end, and takes no more memory than size_max.
/// Errors, beginning with the path: not_found (cannot be opened or read), invalid_argument (a
/// folder, a pipe, a device), resource_exhausted (over size_max).
[[nodiscard]] Result<std::string> read_whole_file(const std::string& path, std::size_t size_max);

}  // namespace ml_inference
