// SPDX-License-Identifier: MIT
#include "host/small_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <span>
#include <sys/stat.h>
#include <unistd.h>

namespace ml_inference {
namespace {

// Reads until the end of the file or of `room`. Minus one when the kernel refuses, with errno set.
ssize_t read_up_to(int fd, std::span<char> room) {
  std::size_t size = 0;
  while (size < room.size()) {
    const ssize_t taken = ::read(fd, room.data() + size, room.size() - size);
    if (taken < 0 && errno == EINTR) continue;
    if (taken < 0) return -1;
    if (taken == 0) break;
    size += static_cast<std::size_t>(taken);
  }
  return static_cast<ssize_t>(size);
}

// Without O_NONBLOCK, opening a pipe waits until somebody writes to it; files do not mind.
int open_to_read(const char* path) { return ::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); }

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  [[nodiscard]] int get() const { return fd_; }

 private:
  const int fd_;
};

std::unexpected<Error> unreadable(const std::string& path) {
  return fail(Code::not_found, fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
}

}  // namespace

std::string_view SmallFile::read(const char* path) {
  const Descriptor file(open_to_read(path));
  const ssize_t size = read_up_to(file.get(), bytes_);
  return {bytes_.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

Result<std::string> read_whole_file(const std::string& path, std::size_t size_max) {
  const Descriptor file(open_to_read(path.c_str()));
  struct stat status{};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) return unreadable(path);
  // Asked of what is open, not of the name: that may have got another file in between.
  if (!S_ISREG(status.st_mode)) {
    return fail(Code::invalid_argument, fmt::format("{}: is not a regular file", path));
  }
  std::string text(size_max + 1, '\0');
  const ssize_t size = read_up_to(file.get(), text);
  if (size < 0) return unreadable(path);
  if (static_cast<std::size_t>(size) > size_max) {
    return fail(Code::resource_exhausted, fmt::format("{}: larger than {} bytes", path, size_max));
  }
  text.resize(static_cast<std::size_t>(size));
  return text;
}

}  // namespace ml_inference
