// SPDX-License-Identifier: MIT
#include "app/output_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace ml_inference {

Result<void> write_output_file(const std::string& path, const std::string& bytes) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::file_type type = fs::status(path, error).type();
  const bool is_new = type == fs::file_type::not_found;
  const bool is_renamed = is_new || type == fs::file_type::regular;
  const std::string target = is_renamed && !is_new ? fs::canonical(path, error).string() : path;
  const std::string written = is_renamed ? target + ".unfinished" : target;
  std::ofstream file(written, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (file && (!is_renamed || std::rename(written.c_str(), target.c_str()) == 0)) return {};
  const int reason = errno;
  if (is_renamed) std::remove(written.c_str());
  return fail(Code::unavailable,
              fmt::format("{}: cannot be written: {}", path, std::strerror(reason)));
}

}  // namespace ml_inference
