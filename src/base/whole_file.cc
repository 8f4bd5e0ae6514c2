// SPDX-License-Identifier: MIT
#include "base/whole_file.h"

#include "base/open_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <span>

namespace ml_inference {
namespace {

std::unexpected<Error> unreadable(const std::string& path) {
  return fail(Code::not_found, fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
}

Result<std::string> read_to_end(const OpenFile& file, const std::string& path,
                                std::size_t size_max) {
  constexpr std::size_t kRoomMin = 4096;
  std::string text;
  std::size_t size = 0;
  ssize_t taken = 1;
  while (taken > 0 && size <= size_max) {
    if (size == text.size()) text.resize(std::min(size_max + 1, std::max(kRoomMin, size * 2)));
    taken = file.read(std::span(text).subspan(size));
    size += taken > 0 ? static_cast<std::size_t>(taken) : 0;
  }
  if (taken < 0) return unreadable(path);
  if (size > size_max) {
    return fail(Code::resource_exhausted, fmt::format("{}: larger than {} bytes", path, size_max));
  }
  text.resize(size);
  return text;
}

}  // namespace

Result<std::string> read_whole_file(const std::string& path, std::size_t size_max) {
  // Without O_NONBLOCK, opening a pipe waits until somebody writes to it; files do not mind.
  const OpenFile file(path.c_str(), O_NONBLOCK);
  if (!file.is_open()) return unreadable(path);
  if (!file.is_regular()) {
    return fail(Code::invalid_argument, fmt::format("{}: is not a regular file", path));
  }
  return read_to_end(file, path, size_max);
}

Result<std::string> read_whole_stream(const std::string& path, std::size_t size_max) {
  const OpenFile file(path.c_str(), 0);
  if (!file.is_open()) return unreadable(path);
  return read_to_end(file, path, size_max);
}

}  // namespace ml_inference
