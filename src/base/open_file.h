// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <fcntl.h>
#include <span>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

namespace ml_inference {

/// A file to read, which is closed when it goes; errno is left as it is. Threads: belongs to one.
class OpenFile {
 public:
  OpenFile(const char* path, int flags) : descriptor_(::open(path, O_RDONLY | O_CLOEXEC | flags)) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    const int before = errno;
    if (descriptor_ >= 0) ::close(descriptor_);
    errno = before;
  }

  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }

  /// Asked of what is open, not of the name: that may have got another file in between.
  [[nodiscard]] bool is_regular() const {
    struct stat status{};
    return ::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode);
  }

  /// 0 at the end, -1 when the kernel refuses, with errno set.
  ssize_t read(std::span<char> room) const {
    ssize_t taken = -1;
    do {
      taken = ::read(descriptor_, room.data(), room.size());
    } while (taken < 0 && errno == EINTR);
    return taken;
  }

 private:
  const int descriptor_;
};

}  // namespace ml_inference
