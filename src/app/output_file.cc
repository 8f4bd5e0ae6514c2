// SPDX-License-Identifier: MIT
#include "app/output_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace ml_inference {

std::unexpected<Error> OutputFile::unwritable() const {
  if (path_.empty()) return fail(Code::unavailable, "stdout takes no more");
  return fail(Code::unavailable,
              fmt::format("{}: cannot be written: {}", path_, std::strerror(errno)));
}

Result<std::unique_ptr<OutputFile>> OutputFile::create(const std::string& path) {
  if (is_standard_output(path)) return standard();
  std::unique_ptr<OutputFile> file(new OutputFile());
  file->path_ = path;
  struct stat before{};
  const bool is_new = ::stat(path.c_str(), &before) != 0 && errno == ENOENT;
  if (is_new || S_ISREG(before.st_mode)) {
    std::error_code error;
    file->target_ = is_new ? path : std::filesystem::canonical(path, error).string();
    // A new file has what the umask leaves, one that takes another's place is as open as that one.
    file->open_beside(is_new ? 0666 : 0600);
    if (file->descriptor_ >= 0 && !is_new) ::fchmod(file->descriptor_, before.st_mode & 07777);
  } else {
    file->descriptor_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  }
  if (file->descriptor_ < 0) return file->unwritable();
  return file;
}

// Under a name that nobody has: no file of the user's is written over, no link is followed, and two
// programs do not write into each other's.
void OutputFile::open_beside(mode_t mode) {
  constexpr int kAttemptCount = 1'000;
  unfinished_.make([this, mode] {
    for (int attempt = 0; attempt < kAttemptCount; ++attempt) {
      written_ = fmt::format("{}.{}-{}.unfinished", target_, ::getpid(), attempt);
      descriptor_ = ::open(written_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
      if (descriptor_ >= 0 || errno != EEXIST) break;
    }
    return descriptor_ >= 0 ? written_ : std::string();
  });
}

std::unique_ptr<OutputFile> OutputFile::standard() {
  std::unique_ptr<OutputFile> file(new OutputFile());
  file->descriptor_ = STDOUT_FILENO;
  return file;
}

OutputFile::~OutputFile() {
  if (path_.empty() || descriptor_ < 0) return;
  ::close(descriptor_);
  if (!target_.empty()) std::remove(written_.c_str());
}

Result<void> OutputFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t taken = ::write(descriptor_, bytes.data(), bytes.size());
    if (taken < 0 && errno != EINTR) return unwritable();
    if (taken > 0) bytes.remove_prefix(static_cast<std::size_t>(taken));
  }
  return {};
}

Result<void> OutputFile::finish() {
  if (path_.empty()) return {};
  bool is_done = ::close(std::exchange(descriptor_, -1)) == 0;
  if (is_done && !target_.empty()) {
    is_done = std::rename(written_.c_str(), target_.c_str()) == 0;
  }
  if (is_done) return {};
  const int reason = errno;
  if (!target_.empty()) std::remove(written_.c_str());
  errno = reason;
  return unwritable();
}

bool OutputFile::is_terminal() const { return ::isatty(descriptor_) == 1; }

Result<void> check_output_file(const std::string& path) {
  if (is_standard_output(path)) return {};
  struct stat before{};
  const bool is_other = ::stat(path.c_str(), &before) == 0 && !S_ISREG(before.st_mode);
  if (is_other && !S_ISDIR(before.st_mode)) {
    if (::access(path.c_str(), W_OK) == 0) return {};
    return fail(Code::unavailable,
                fmt::format("{}: cannot be written: {}", path, std::strerror(errno)));
  }
  const auto file = OutputFile::create(path);  // removed at once
  return file ? Result<void>() : std::unexpected(file.error());
}

Result<void> check_binary_output_file(const std::string& path) {
  if (!is_standard_output(path) || ::isatty(STDOUT_FILENO) == 0) return check_output_file(path);
  return fail(Code::invalid_argument,
              "-: standard output is a terminal, expected a file or a pipe for a model");
}

Result<void> write_output_file(const std::string& path, const std::string& bytes) {
  ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> file, OutputFile::create(path));
  RETURN_IF_ERROR(file->write(bytes));
  return file->finish();
}

}  // namespace ml_inference
