// SPDX-License-Identifier: MIT
// The door of the room: a model file of any format we know -> a Model, or the reason why not.
//
// The first bytes decide which reader it is; the file's name and its ending decide nothing. A new
// format is one more line of the table in load_model.cc.
#pragma once

#include "base/result.h"
#include "model/model.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace ml_inference {

/// Reads a model. What the formats are, and what of each is read: docs/formats/README.md.
///
/// source_name  where the bytes come from, for the message: a path or "built-in".
/// Errors, all beginning with source_name:
///   data_loss           the bytes begin like a known format and then break it
///   unimplemented       no format that we know, or a model that this program cannot run
///   invalid_argument    a model that contradicts itself: "tree 3 node 17: two parents"
///   resource_exhausted  a limit was reached (formats/limits.h, model/limits.h)
/// Threads: any number at once; nothing is shared.
/// Cost: linear in the size; memory a small multiple of it (kOnnxMemoryFactor).
[[nodiscard]] Result<Model> load_model(std::string_view bytes, std::string_view source_name);

/// So many bytes from a file's beginning are enough for model_format().
inline constexpr std::size_t kModelBeginSize = 4096;

/// The format that a file begins like: "onnx", "pickle", "skops", "xgboost", "lightgbm"; empty for
/// none. That it begins so does not mean that it can be read. Threads: any.
/// begin  the first kModelBeginSize bytes, or all if there are fewer.
[[nodiscard]] std::string_view model_format(std::string_view begin);

/// All of them, with a comma between them: for people.
[[nodiscard]] std::string known_model_formats();

/// Reads the file and then load_model().
/// Errors: also not_found (no such file), invalid_argument (a directory, an empty file, or one that
/// may not be read) and resource_exhausted (larger than kModelFileSizeMax).
[[nodiscard]] Result<Model> load_model_file(const std::string& path);

}  // namespace ml_inference
