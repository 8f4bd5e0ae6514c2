// SPDX-License-Identifier: MIT
#include "host/watched_file.h"

#include "host/small_file.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

namespace ml_inference {
namespace {

Result<std::string> read_regular_file(const std::string& path, std::size_t size_max) {
  std::error_code error;
  const auto type = std::filesystem::status(path, error).type();
  if (type == std::filesystem::file_type::none || type == std::filesystem::file_type::not_found) {
    return fail(Code::not_found, fmt::format("{}: cannot be read: {}", path, error.message()));
  }
  if (type != std::filesystem::file_type::regular) {
    return fail(Code::invalid_argument, fmt::format("{}: is not a regular file", path));
  }
  return read_whole_file(path, size_max);
}

}  // namespace

std::optional<Result<std::string>> WatchedFile::look() {
  Result<std::string> content = read_regular_file(path_, size_max_);
  const Digest digest = sha256(content ? *content : content.error().message);
  if (seen_ && was_read_ == content.has_value() && same_digest(*seen_, digest)) return std::nullopt;
  seen_ = digest;
  was_read_ = content.has_value();
  return content;
}

}  // namespace ml_inference
