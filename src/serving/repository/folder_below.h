// SPDX-License-Identifier: MIT
// Which folders a client may name: none but those below the one that the operator has named.
#pragma once

#include "base/result.h"
#include "serving/repository/layout.h"

#include <string>
#include <string_view>

namespace ml_inference {

/// The real path of a folder below the root, however many links lead to it.
///
/// url  an absolute path, with "file://" before it or not. No part of it is "..", and neither the
///      path nor where its links lead is beside the root; of what is, nothing is told, not even
///      whether it is there.
/// Errors: invalid_argument (the url), not_found (there is no such folder below the root).
[[nodiscard]] Result<std::string> folder_below(const std::string& root, std::string_view url);

/// Whether every regular file of the model's folder and of its versions lies below the root, when
/// links are followed. What is exchanged after this is the business of whoever may write there.
/// Errors: invalid_argument, which names the file.
[[nodiscard]] Result<void> check_files_below(const std::string& root, const ModelFolder& model);

}  // namespace ml_inference
