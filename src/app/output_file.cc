// SPDX-License-Identifier: MIT
#include "app/output_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
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
  namespace fs = std::filesystem;
  constexpr mode_t kMode = 0666;  // the umask takes from it, as from any new file
  std::unique_ptr<OutputFile> file(new OutputFile());
  file->path_ = path;
  std::error_code error;
  const fs::file_type type = fs::status(path, error).type();
  const bool is_new = type == fs::file_type::not_found;
  if (is_new || type == fs::file_type::regular) {
    file->target_ = is_new ? path : fs::canonical(path, error).string();
  }
  file->written_ = file->target_.empty() ? path : file->target_ + ".unfinished";
  file->descriptor_ =
      ::open(file->written_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode);
  if (file->descriptor_ < 0) return file->unwritable();
  return file;
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

Result<void> write_output_file(const std::string& path, const std::string& bytes) {
  ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> file, OutputFile::create(path));
  RETURN_IF_ERROR(file->write(bytes));
  return file->finish();
}

}  // namespace ml_inference
