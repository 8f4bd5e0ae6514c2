// SPDX-License-Identifier: MIT
#include "serving/repository/version_loader.h"

#include "base/byte_units.h"
#include "base/digest.h"
#include "base/open_file.h"
#include "base/printable_text.h"
#include "formats/load_model.h"
#include "serving/repository/expected_digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <utility>

namespace ml_inference {
namespace {

// Times the file's size, its own bytes among them.
constexpr std::size_t kMemoryFactor = 3;
constexpr std::size_t kCompressedMemoryFactor = 6;

// A pickle of whatever protocol: those of joblib are compressed where they begin otherwise.
bool is_plain_pickle(std::string_view begin) {
  return begin.starts_with('\x80') || begin.starts_with('c');
}

// What even a small file may take on the way.
constexpr std::size_t kMemoryBase = 8 * kMebibyte;

std::string begin_of(const std::string& path) {
  std::array<char, kModelBeginSize> bytes;
  const OpenFile file(path.c_str(), O_NONBLOCK);
  const ssize_t size = file.is_open() && file.is_regular() ? file.read(bytes) : 0;
  if (size <= 0) return {};
  return {bytes.data(), static_cast<std::size_t>(size)};
}

Result<void> check_left(std::string_view begin, std::size_t file_size,
                        const RepositoryDoors& doors) {
  if (!doors.memory_left) return {};
  const std::optional<std::uint64_t> left = doors.memory_left();
  const std::size_t needed = load_memory_bytes(begin, file_size);
  if (!left || needed <= *left) return {};
  return fail(
      Code::resource_exhausted,
      fmt::format("needs about {} MiB of memory while it loads (a file of {} bytes), {} MiB "
                  "are left of the limit",
                  (needed + kMebibyte - 1) / kMebibyte, file_size, *left / kMebibyte));
}

Result<void> check_digest(const std::string& name, const std::optional<std::string>& expected,
                          const std::string& got) {
  if (!expected || *expected == got) return {};
  return fail(Code::data_loss, fmt::format("{}: the SHA-256 is {}, expected {}",
                                           printable_text(name), got, *expected));
}

Result<LoadedVersion> load_file(const std::string& folder, const FileStamps& files,
                                const std::string& shown, const RepositoryDoors& doors) {
  ASSIGN_OR_RETURN(const FileStamp file, find_model_file(folder, files));
  const std::string path = fmt::format("{}/{}", folder, file.name);
  ASSIGN_OR_RETURN(const std::optional<std::string> expected, expected_digest(folder, file.name));
  if (expected) {
    // Before anything of the bytes is believed; and after, since another file may be there by then.
    ASSIGN_OR_RETURN(const std::string digest, file_digest(path));
    RETURN_IF_ERROR(check_digest(path, expected, digest));
  }
  ASSIGN_OR_RETURN(Model model, load_model_file(path));
  RETURN_IF_ERROR(check_digest(path, expected, model.provenance().sha256));
  LoadedVersion out;
  ASSIGN_OR_RETURN(
      out.model,
      ServedModel::make(std::move(model), fmt::format("{}/{}", shown, printable_text(file.name))));
  if (doors.verify) {
    ASSIGN_OR_RETURN(out.verified, doors.verify(*out.model, path));
  }
  return out;
}

using SentFile = std::pair<const std::string, std::string>;

Result<const SentFile*> find_sent_model(const std::map<std::string, std::string>& files) {
  const SentFile* found = nullptr;
  for (const auto& file : files) {
    if (file.first.ends_with(".expect.jsonl") || file.first.contains(".rows.")) {
      return fail(Code::invalid_argument,
                  fmt::format("{}: golden rows cannot be uploaded, expected them in the repository",
                              printable_text(file.first)));
    }
    if (is_companion(file.first)) continue;
    if (found != nullptr) {
      return fail(Code::invalid_argument,
                  fmt::format("two files were sent, {} and {}, expected one model",
                              printable_text(found->first), printable_text(file.first)));
    }
    found = &file;
  }
  if (found == nullptr) return fail(Code::invalid_argument, "no model file was sent");
  return found;
}

Result<LoadedVersion> load_bytes(const std::map<std::string, std::string>& files,
                                 const SentFile& sent, const std::string& shown) {
  const auto& [name, bytes] = sent;
  if (const auto digest = files.find(name + ".sha256"); digest != files.end()) {
    ASSIGN_OR_RETURN(const std::optional<std::string> expected, digest_in(digest->second, name));
    RETURN_IF_ERROR(check_digest(name, expected, sha256_text(bytes)));
  }
  const std::string source = fmt::format("{}/{}", shown, printable_text(name));
  ASSIGN_OR_RETURN(Model model, load_model(bytes, source));
  LoadedVersion out;
  ASSIGN_OR_RETURN(out.model, ServedModel::make(std::move(model), source));
  return out;
}

// A library that runs out of memory says so by an exception.
template <class Load>
Result<LoadedVersion> guarded(const Load& load) {
  try {
    return load();
  } catch (const std::exception& error) {
    return fail(Code::resource_exhausted, fmt::format("cannot be loaded: {}", error.what()));
  }
}

}  // namespace

std::size_t load_memory_bytes(std::string_view begin, std::size_t file_size) {
  const std::string_view format = model_format(begin);
  const bool may_be_compressed =
      format.empty() || format == "skops" || (format == "pickle" && !is_plain_pickle(begin));
  return kMemoryBase + (may_be_compressed ? kCompressedMemoryFactor : kMemoryFactor) * file_size;
}

Result<void> check_memory(const std::string& folder, const FileStamps& files,
                          const RepositoryDoors& doors) {
  ASSIGN_OR_RETURN(const FileStamp file, find_model_file(folder, files));
  return check_left(begin_of(fmt::format("{}/{}", folder, file.name)), file.size_bytes, doors);
}

Result<LoadedVersion> load_version(const std::string& folder, const FileStamps& files,
                                   const std::string& shown, const RepositoryDoors& doors) {
  Result<LoadedVersion> loaded = guarded([&] { return load_file(folder, files, shown, doors); });
  const Result<FileStamps> after = stamp_files(folder);
  if (after && *after == files) return loaded;
  return fail(Code::unavailable, fmt::format("{} has changed while it was read", folder));
}

Result<LoadedVersion> load_uploaded(const std::map<std::string, std::string>& files,
                                    const std::string& shown, const RepositoryDoors& doors) {
  ASSIGN_OR_RETURN(const SentFile* const sent, find_sent_model(files));
  const std::string_view begin = std::string_view(sent->second).substr(0, kModelBeginSize);
  RETURN_IF_ERROR(check_left(begin, sent->second.size(), doors));
  return guarded([&] {
    Result<LoadedVersion> loaded = load_bytes(files, *sent, shown);
    if (!loaded && loaded.error().code != Code::internal) {
      loaded.error().code = Code::invalid_argument;
    }
    return loaded;
  });
}

}  // namespace ml_inference
