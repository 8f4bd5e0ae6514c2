// SPDX-License-Identifier: MIT
#include "serving/repository/folder_below.h"

#include "base/printable_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <filesystem>
#include <system_error>

namespace ml_inference {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kScheme = "file://";

// Both without "." and "..". A folder is not below itself.
bool is_below(const fs::path& root, const fs::path& path) {
  const auto [root_end, path_end] = std::ranges::mismatch(root, path);
  return root_end == root.end() && path_end != path.end();
}

// Absolute, and without a slash at the end, which would be one part more.
fs::path plain(const fs::path& path) {
  fs::path out = path.lexically_normal();
  return out.has_filename() || out == out.root_path() ? out : out.parent_path();
}

std::unexpected<Error> refused(std::string_view url, const std::string& root) {
  return fail(Code::invalid_argument,
              fmt::format("url is '{}', expected a folder below {}", printable_text(url), root));
}

Result<void> check_file_below(const fs::path& root, const fs::path& file) {
  std::error_code error;
  const fs::path real = fs::canonical(file, error);
  if (!error && is_below(root, real)) return {};
  return fail(Code::invalid_argument,
              fmt::format("{} leads out of {}", file.string(), root.string()));
}

}  // namespace

Result<std::string> folder_below(const std::string& root, std::string_view url) {
  const std::string_view text = url.starts_with(kScheme) ? url.substr(kScheme.size()) : url;
  if (!text.starts_with('/') || text.size() >= PATH_MAX || text.find('\0') != text.npos) {
    return refused(url, root);
  }
  const fs::path named(text);
  if (std::ranges::find(named, fs::path("..")) != named.end()) return refused(url, root);
  std::error_code error;
  const fs::path real_root = fs::canonical(root, error);
  if (error) return fail(Code::not_found, fmt::format("{}: {}", root, error.message()));
  const fs::path plain_root = plain(fs::absolute(root, error));
  const fs::path path = plain(named);
  if (!is_below(plain_root, path) && !is_below(real_root, path)) return refused(url, root);
  const fs::path real = fs::canonical(path, error);
  if (error || !fs::is_directory(real, error)) {
    return fail(Code::not_found, fmt::format("there is no folder '{}'", printable_text(text)));
  }
  if (!is_below(real_root, real)) return refused(url, root);
  return real.string();
}

Result<void> check_files_below(const std::string& root, const ModelFolder& model) {
  std::error_code error;
  const fs::path real_root = fs::canonical(root, error);
  if (error) return fail(Code::not_found, fmt::format("{}: {}", root, error.message()));
  const auto check_folder = [&real_root](const std::string& folder) -> Result<void> {
    ASSIGN_OR_RETURN(const FileStamps files, stamp_files(folder));
    for (const FileStamp& file : files) {
      RETURN_IF_ERROR(check_file_below(real_root, fs::path(folder) / file.name));
    }
    return {};
  };
  RETURN_IF_ERROR(check_folder(model.path));
  for (const VersionFolder& version : model.versions) RETURN_IF_ERROR(check_folder(version.path));
  return {};
}

}  // namespace ml_inference
