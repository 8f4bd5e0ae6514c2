// SPDX-License-Identifier: MIT
#include "serving/repository/layout.h"

#include "base/number_text.h"
#include "base/open_file.h"
#include "base/printable_text.h"
#include "formats/load_model.h"
#include "serving/repository/version_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <utility>

namespace ml_inference {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNameSizeMax = 128;
constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * kNanosecondsPerSecond + time.tv_nsec;
}

std::string join(const std::string& folder, std::string_view name) {
  return fmt::format("{}/{}", folder, name);
}

// What a name leads to; nothing where it leads nowhere.
struct Entry {
  std::string name;
  struct stat status{};
};

Result<std::vector<Entry>> read_folder(const std::string& folder) {
  std::error_code error;
  fs::directory_iterator next(folder, error);
  std::vector<Entry> entries;
  std::size_t count = 0;
  for (; !error && next != fs::directory_iterator(); next.increment(error)) {
    if (++count > kFolderEntryCountMax) {
      return fail(Code::resource_exhausted,
                  fmt::format("{}: more than {} entries", folder, kFolderEntryCountMax));
    }
    Entry entry{.name = next->path().filename().string()};
    if (entry.name.starts_with('.')) continue;
    if (::stat(join(folder, entry.name).c_str(), &entry.status) == 0) {
      entries.push_back(std::move(entry));
    }
  }
  if (error) {
    const bool is_missing = error == std::errc::no_such_file_or_directory;
    return fail(is_missing ? Code::not_found : Code::invalid_argument,
                fmt::format("{}: cannot be read: {}", folder, error.message()));
  }
  std::ranges::sort(entries, {}, &Entry::name);
  return entries;
}

bool is_folder(const Entry& entry) { return S_ISDIR(entry.status.st_mode); }

FileStamp stamp_of(const Entry& entry) {
  return {.name = entry.name,
          .size_bytes = static_cast<std::uint64_t>(entry.status.st_size),
          .modified_ns = nanoseconds(entry.status.st_mtim),
          .changed_ns = nanoseconds(entry.status.st_ctim),
          .inode = entry.status.st_ino,
          .device = entry.status.st_dev};
}

// The versions among a folder's entries; what looks like one and is none goes to `skipped`.
std::vector<VersionFolder> versions_in(const std::string& folder, std::string_view shown,
                                       const std::vector<Entry>& entries,
                                       std::vector<std::string>& skipped) {
  std::vector<VersionFolder> versions;
  for (const Entry& entry : entries) {
    if (!is_folder(entry)) continue;
    if (const auto number = version_number(entry.name)) {
      versions.push_back({.number = *number, .path = join(folder, entry.name)});
    } else {
      skipped.push_back(
          fmt::format("{}{} is no version: expected a number above 0 without a "
                      "leading 0",
                      shown, printable_text(entry.name)));
    }
  }
  std::ranges::sort(versions, {}, &VersionFolder::number);
  return versions;
}

bool begins_like_model(const std::string& path) {
  std::array<char, kModelBeginSize> bytes;
  const OpenFile file(path.c_str(), O_NONBLOCK);
  if (!file.is_open() || !file.is_regular()) return false;
  const ssize_t size = file.read(bytes);
  if (size <= 0) return false;
  return !model_format({bytes.data(), static_cast<std::size_t>(size)}).empty();
}

bool has_model_file(const std::string& folder, const std::vector<Entry>& entries) {
  return std::ranges::any_of(entries, [&](const Entry& entry) {
    return S_ISREG(entry.status.st_mode) && !is_companion(entry.name) &&
           begins_like_model(join(folder, entry.name));
  });
}

Result<RepositoryLayout> only_model(const std::string& root, std::string_view own_name,
                                    std::vector<VersionFolder> versions,
                                    std::vector<std::string> skipped) {
  std::string name(own_name);
  std::error_code ignored;  // then the name is empty, and refused
  if (name.empty()) name = fs::canonical(root, ignored).filename().string();
  if (!is_model_name(name)) {
    return fail(Code::invalid_argument,
                fmt::format("{}: '{}' can be no model's name, expected --model-name", root,
                            printable_text(name)));
  }
  RepositoryLayout out;
  out.models.push_back({.name = name, .path = root, .versions = std::move(versions)});
  out.skipped = std::move(skipped);
  return out;
}

// A folder with versions, or with a config.pbtxt and none yet; anything else is somebody else's.
void add_model(const std::string& root, const Entry& entry, RepositoryLayout& out) {
  const std::string shown = printable_text(entry.name);
  if (!is_model_name(entry.name)) {
    out.skipped.push_back(
        fmt::format("{} can be no model's name: expected letters, digits and \"._-+@=\"", shown));
    return;
  }
  ModelFolder model{.name = entry.name, .path = join(root, entry.name), .versions = {}};
  const auto entries = read_folder(model.path);
  if (!entries) {
    out.skipped.push_back(entries.error().message);
    return;
  }
  model.versions = versions_in(model.path, shown + "/", *entries, out.skipped);
  const bool has_config =
      std::ranges::any_of(*entries, [](const Entry& below) { return below.name == kConfigFile; });
  if (model.versions.empty() && !has_config) {
    out.skipped.push_back(fmt::format("{} is no model: it has no version", shown));
    return;
  }
  out.models.push_back(std::move(model));
}

}  // namespace

bool is_model_name(std::string_view name) {
  constexpr std::string_view kOthers = "._-+@=";
  return !name.empty() && name.size() <= kNameSizeMax && name.front() != '.' &&
         std::ranges::all_of(name, [&](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  kOthers.contains(c);
         });
}

bool is_companion(std::string_view name) {
  constexpr std::array<std::string_view, 8> kEndings{".rows.jsonl",    ".rows.csv", ".expect.jsonl",
                                                     ".sha256",        ".sig",      ".sigstore",
                                                     ".sigstore.json", ".pbtxt"};
  return name == "SHA256SUMS" || name == kLabelsFile ||
         std::ranges::any_of(kEndings,
                             [&](std::string_view ending) { return name.ends_with(ending); });
}

Result<RepositoryLayout> read_layout(const std::string& root, std::string_view own_name) {
  ASSIGN_OR_RETURN(const std::vector<Entry> entries, read_folder(root));
  const bool has_versions = std::ranges::any_of(entries, [](const Entry& entry) {
    return is_folder(entry) && version_number(entry.name).has_value();
  });
  std::vector<std::string> skipped;
  if (has_versions) {
    std::vector<VersionFolder> versions = versions_in(root, "", entries, skipped);
    return only_model(root, own_name, std::move(versions), std::move(skipped));
  }
  if (has_model_file(root, entries)) {
    return only_model(root, own_name, {{.number = 1, .path = root}}, {});
  }
  RepositoryLayout out;
  for (const Entry& entry : entries) {
    if (is_folder(entry)) add_model(root, entry, out);
  }
  std::ranges::sort(out.models, {}, &ModelFolder::name);
  return out;
}

Result<FileStamps> stamp_files(const std::string& folder) {
  ASSIGN_OR_RETURN(const std::vector<Entry> entries, read_folder(folder));
  FileStamps files;
  for (const Entry& entry : entries) {
    if (S_ISREG(entry.status.st_mode)) files.push_back(stamp_of(entry));
  }
  return files;
}

FileStamps config_files(const std::string& folder) {
  Result<FileStamps> files = stamp_files(folder);
  if (!files) return {};
  std::erase_if(*files, [](const FileStamp& file) {
    return file.name != kConfigFile && file.name != kLabelsFile;
  });
  return *std::move(files);
}

Result<FileStamp> find_model_file(const std::string& folder, const FileStamps& files) {
  const FileStamp* found = nullptr;
  std::vector<const FileStamp*> others;
  for (const FileStamp& file : files) {
    if (is_companion(file.name)) continue;
    if (!begins_like_model(join(folder, file.name))) {
      others.push_back(&file);
    } else if (found != nullptr) {
      return fail(Code::invalid_argument,
                  fmt::format("{} has two model files, {} and {}, expected one", folder,
                              printable_text(found->name), printable_text(file.name)));
    } else {
      found = &file;
    }
  }
  if (found != nullptr) return *found;
  if (others.size() == 1) return *others.front();  // whose reader says what is wrong
  return fail(Code::not_found,
              fmt::format("{} has {}, none of which begins like a model ({})", folder,
                          count_text(others.size(), "file"), known_model_formats()));
}

}  // namespace ml_inference
