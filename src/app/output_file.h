// SPDX-License-Identifier: MIT
#pragma once

#include "app/unfinished_files.h"
#include "base/result.h"

#include <memory>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace ml_inference {

/// A file that is written bit by bit, beside its name, and renamed when all of it is there, so that
/// nobody ever reads half of it. Only a file's place is taken in this way, by one with the same
/// permissions: a link goes on leading to it, and a pipe or a device gets the bytes as they come.
/// Threads: belongs to one thread.
class OutputFile {
 public:
  /// path  "-" is standard().
  /// Errors: unavailable, as those below.
  [[nodiscard]] static Result<std::unique_ptr<OutputFile>> create(const std::string& path);

  /// Standard output, whose bytes go out as they come.
  [[nodiscard]] static std::unique_ptr<OutputFile> standard();

  /// Without finish(), what was written is removed, and the file is as before; so it is when a
  /// signal ends the program (unfinished_files.h).
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  [[nodiscard]] Result<void> write(std::string_view bytes);
  [[nodiscard]] Result<void> finish();

  /// Whether somebody looks on as it is written.
  [[nodiscard]] bool is_terminal() const;

 private:
  OutputFile() = default;

  void open_beside(mode_t mode);
  [[nodiscard]] std::unexpected<Error> unwritable() const;

  std::string path_;     // as it was named; empty for standard output
  std::string target_;   // what is to be renamed to; empty where nothing is
  std::string written_;  // what is open
  UnfinishedFile unfinished_;
  int descriptor_ = -1;
};

/// Whether a file's name says standard output: "-", as for other programs. "./-" is a file.
[[nodiscard]] inline bool is_standard_output(const std::string& path) { return path == "-"; }

/// Whether a file could be written now, found out without a trace: before hours of work on what is
/// to go into it. A pipe or a device is not opened.
/// Errors: unavailable, as OutputFile::create() would have it.
[[nodiscard]] Result<void> check_output_file(const std::string& path);

/// The same for bytes that are no text, which a terminal is not to get.
/// Errors: also invalid_argument.
[[nodiscard]] Result<void> check_binary_output_file(const std::string& path);

/// Writes a whole file through an OutputFile.
/// Errors: unavailable.
[[nodiscard]] Result<void> write_output_file(const std::string& path, const std::string& bytes);

}  // namespace ml_inference
