// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
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

}  // namespace ml_inference
