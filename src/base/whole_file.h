// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"

#include <cstddef>
#include <string>

namespace ml_inference {

/// A whole regular file, in memory as large as what there is to read. Never waits for a pipe's
/// other end. Errors, beginning with the path: not_found (cannot be opened or read),
/// invalid_argument (a folder, a pipe, a device), resource_exhausted (over size_max).
[[nodiscard]] Result<std::string> read_whole_file(const std::string& path, std::size_t size_max);

/// The same of a pipe or a device too: what a user names on a command line. Waits for its end.
/// Errors: not_found (also for a folder), resource_exhausted.
[[nodiscard]] Result<std::string> read_whole_stream(const std::string& path, std::size_t size_max);

}  // namespace ml_inference
