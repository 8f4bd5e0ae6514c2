// SPDX-License-Identifier: MIT
#include "host/small_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <span>
#include <unistd.h>

namespace ml_inference {
namespace {

// Reads until the end of the file or of `room`. Minus one when the kernel refuses, with errno set.
ssize_t read_up_to(const char* path, std::span<char> room) {
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  std::size_t size = 0;
  ssize_t taken = 1;
  while (taken != 0 && size < room.size()) {
    taken = ::read(fd, room.data() + size, room.size() - size);
    if (taken < 0 && errno == EINTR) continue;
    if (taken < 0) break;
    size += static_cast<std::size_t>(taken);
  }
  const int read_errno = errno;
  ::close(fd);
  errno = read_errno;
  return taken < 0 ? -1 : static_cast<ssize_t>(size);
}

}  // namespace

std::string_view SmallFile::read(const char* path) {
  const ssize_t size = read_up_to(path, bytes_);
  return {bytes_.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

Result<std::string> read_whole_file(const std::string& path, std::size_t size_max) {
  std::string text(size_max + 1, '\0');
  const ssize_t size = read_up_to(path.c_str(), text);
  if (size < 0) {
    return fail(Code::not_found, fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
  }
  if (static_cast<std::size_t>(size) > size_max) {
    return fail(Code::resource_exhausted, fmt::format("{}: larger than {} bytes", path, size_max));
  }
  text.resize(static_cast<std::size_t>(size));
  return text;
}

}  // namespace ml_inference
