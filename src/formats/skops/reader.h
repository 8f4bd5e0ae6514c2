// SPDX-License-Identifier: MIT
// Reads files of skops.io.dump() as data: the same values come of them as of a pickle. What is
// read: docs/formats/skops.md. Why so: docs/decisions/0030-skops-files-become-the-same-values.md.
#pragma once

#include "formats/python/value.h"

#include <string_view>

namespace ml_inference {

/// Whether the bytes begin like a zip archive.
[[nodiscard]] bool begins_like_skops(std::string_view bytes);

/// Files of skops 0.5 and later, stored or deflated.
///
/// bytes  outlives the document, whose arrays are views of it where they are stored.
/// Throws FormatError; messages begin with "skops: ":
///   data_loss           the archive, its schema or an array breaks its format
///   unimplemented       no file of skops, encrypted, another compression, a newer protocol
///   invalid_argument    the file names something that is not data of a model
///   resource_exhausted  a limit was reached (limits.h)
/// Threads: any number at once; nothing is shared.
/// Cost: linear in what the file inflates to. Memory: kSkopsMemoryBase and the size of the file at
/// most.
[[nodiscard]] PyDocument read_skops(std::string_view bytes);

}  // namespace ml_inference
