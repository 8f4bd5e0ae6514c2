// SPDX-License-Identifier: MIT
// Which classes and functions a file may name, and the few whose meaning the reader knows.
#pragma once

#include "formats/python/nodes.h"

#include <string_view>

namespace ml_inference {

/// Refuses a global that no model of the libraries we read from has. Whatever passes remains a
/// name: nothing is ever imported or called (docs/decisions/0024-pickles-are-read-as-data.md).
/// Throws FormatError, invalid_argument: "pickle: the file names os.system, which is not data of a
/// model".
void check_global(std::string_view module, std::string_view name, std::string_view format);

/// The meaning of a global, `none` for nearly all.
/// full_name  "numpy.core.multiarray.scalar"
[[nodiscard]] Known known_global(std::string_view full_name);

}  // namespace ml_inference
