// SPDX-License-Identifier: MIT
#include "host/small_file.h"

#include "base/open_file.h"

#include <fcntl.h>
#include <span>

namespace ml_inference {

std::string_view SmallFile::read(const char* path) {
  const OpenFile file(path, O_NONBLOCK);
  std::size_t size = 0;
  ssize_t taken = 1;
  while (file.is_open() && taken > 0 && size < bytes_.size()) {
    taken = file.read(std::span(bytes_).subspan(size));
    size += taken > 0 ? static_cast<std::size_t>(taken) : 0;
  }
  return {bytes_.data(), taken < 0 ? 0 : size};
}

}  // namespace ml_inference
