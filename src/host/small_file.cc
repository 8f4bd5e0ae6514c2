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

// A file that is closed when it goes; errno is left as it is.
class OpenFile {
 public:
  explicit OpenFile(const char* path)
      : descriptor_(::open(path, O_RDONLY | O_CLOEXEC)), open_errno_(errno) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    const int before = errno;
    if (descriptor_ >= 0) ::close(descriptor_);
    errno = before;
  }

  // 0 at the end, -1 when the kernel refuses this or refused to open it, with errno set.
  ssize_t read(std::span<char> room) const {
    if (descriptor_ < 0) {
      errno = open_errno_;
      return -1;
    }
    ssize_t taken = -1;
    do {
      taken = ::read(descriptor_, room.data(), room.size());
    } while (taken < 0 && errno == EINTR);
    return taken;
  }

 private:
  const int descriptor_;
  const int open_errno_;
};

}  // namespace

std::string_view SmallFile::read(const char* path) {
  const OpenFile file(path);
  std::size_t size = 0;
  ssize_t taken = 1;
  while (taken > 0 && size < bytes_.size()) {
    taken = file.read(std::span(bytes_).subspan(size));
    size += taken > 0 ? static_cast<std::size_t>(taken) : 0;
  }
  return {bytes_.data(), taken < 0 ? 0 : size};
}

Result<std::string> read_whole_file(const std::string& path, std::size_t size_max) {
  constexpr std::size_t kRoomMin = 4096;
  const OpenFile file(path.c_str());
  std::string text;
  std::size_t size = 0;
  ssize_t taken = 1;
  while (taken > 0 && size <= size_max) {
    if (size == text.size()) text.resize(std::min(size_max + 1, std::max(kRoomMin, size * 2)));
    taken = file.read(std::span(text).subspan(size));
    size += taken > 0 ? static_cast<std::size_t>(taken) : 0;
  }
  if (taken < 0) {
    return fail(Code::not_found, fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
  }
  if (size > size_max) {
    return fail(Code::resource_exhausted, fmt::format("{}: larger than {} bytes", path, size_max));
  }
  text.resize(size);
  return text;
}

}  // namespace ml_inference
