// SPDX-License-Identifier: MIT
#include "host/input_stream.h"

#include "base/assert.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace ml_inference {
namespace {

bool is_regular(int descriptor) {
  struct stat status{};
  return ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

std::unexpected<Error> unreadable(const std::string& path) {
  return fail(Code::not_found, fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
}

}  // namespace

InputStream::InputStream(std::string name, int descriptor, bool is_owner)
    : name_(std::move(name)),
      descriptor_(descriptor),
      is_owner_(is_owner),
      is_file_(is_regular(descriptor)),
      stopped_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

InputStream::~InputStream() {
  if (is_owner_) ::close(descriptor_);
  if (stopped_ >= 0) ::close(stopped_);
}

Result<std::unique_ptr<InputStream>> InputStream::open(const std::string& path) {
  const bool is_standard = path == "-";
  const int descriptor = is_standard ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return unreadable(path);
  std::unique_ptr<InputStream> stream(
      new InputStream(is_standard ? "standard input" : path, descriptor, !is_standard));
  if (stream->stopped_ < 0) return unreadable(path);
  // Only advice: a kernel that does not take it reads ahead less.
  if (stream->is_file_) ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
  return stream;
}

bool InputStream::wait_for_bytes() const {
  std::array<pollfd, 2> watched{{{.fd = descriptor_, .events = POLLIN, .revents = 0},
                                 {.fd = stopped_, .events = POLLIN, .revents = 0}}};
  // A file, and what poll() does not know, is always ready: then this is one look at stopped_.
  while (::poll(watched.data(), watched.size(), -1) < 0 && errno == EINTR) {
  }
  return watched[1].revents == 0;
}

Result<std::size_t> InputStream::read(std::span<char> room) {
  ASSERT(!room.empty());
  if (!wait_for_bytes()) return 0;
  ssize_t taken = -1;
  do {
    taken = ::read(descriptor_, room.data(), room.size());
  } while (taken < 0 && errno == EINTR);
  if (taken < 0) return unreadable(name_);
  return static_cast<std::size_t>(taken);
}

bool InputStream::is_ready() const {
  if (is_file_) return true;
  pollfd watched{.fd = descriptor_, .events = POLLIN, .revents = 0};
  return ::poll(&watched, 1, 0) != 0;
}

void InputStream::stop() {
  constexpr std::uint64_t kOnce = 1;
  // Refused only when the counter is full, and then it is readable already.
  [[maybe_unused]] const ssize_t written = ::write(stopped_, &kOnce, sizeof(kOnce));
}

}  // namespace ml_inference
