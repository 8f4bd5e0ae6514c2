// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace ml_inference::testing {

/// A folder that goes with everything in it. Threads: belongs to one.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string at(std::string_view below) const;

  /// Writes a file beside its name and renames it; makes the folders above it.
  void put(std::string_view below, std::string_view content) const;
  void make_folder(std::string_view below) const;
  void remove(std::string_view below) const;

  /// A link at `below` to `target`, in the place of what is there.
  void link(std::string_view target, std::string_view below) const;

 private:
  std::string path_;
};

/// A model file: one feature "x", and the answer is `value` whatever x is.
[[nodiscard]] std::string constant_model(double value);

}  // namespace ml_inference::testing
