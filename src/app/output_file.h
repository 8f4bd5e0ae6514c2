// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"

#include <string>

namespace ml_inference {

/// Writes a whole file beside its name and then renames it, so that nobody ever reads half of it.
/// Only a file's place is taken in this way: a link goes on leading to it, and a pipe or a device
/// gets the bytes.
/// Errors: unavailable.
[[nodiscard]] Result<void> write_output_file(const std::string& path, const std::string& bytes);

}  // namespace ml_inference
