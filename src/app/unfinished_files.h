// SPDX-License-Identifier: MIT
// Files that do not outlive the program when a signal ends it.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace ml_inference {

/// A file that is being written: removed when SIGINT, SIGTERM or SIGHUP ends the program, which
/// then ends as it would have ended. Signals that are ignored, or that somebody else handles, are
/// left alone.
/// Threads: any; kUnfinishedFileCountMax files at once, further ones are not removed.
class UnfinishedFile {
 public:
  UnfinishedFile() = default;
  ~UnfinishedFile() { forget(); }
  UnfinishedFile(const UnfinishedFile&) = delete;
  UnfinishedFile& operator=(const UnfinishedFile&) = delete;

  /// Takes the path of the file that create() has made; an empty one says that there is none. None
  /// of these signals reaches the calling thread meanwhile, so that no file is made in vain.
  void make(const std::function<std::string()>& create);

  /// The file is finished, or has been removed.
  void forget();

 private:
  std::string path_;
  bool is_noted_ = false;
  std::size_t slot_ = 0;
};

/// A program writes a model, a page or answers: seldom two at once.
inline constexpr std::size_t kUnfinishedFileCountMax = 8;

}  // namespace ml_inference
