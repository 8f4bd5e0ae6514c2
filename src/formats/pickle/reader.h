// SPDX-License-Identifier: MIT
// Reads a pickle as data: values come of it, and nothing that it names is called, imported or
// opened. What is read: docs/formats/pickle.md. Why so:
// docs/decisions/0024-pickles-are-read-as-data.md.
#pragma once

#include "formats/python/value.h"

#include <string_view>

namespace ml_inference {

/// Whether a file may be a pickle, also a compressed one: then as far as it can be decompressed.
[[nodiscard]] bool begins_like_pickle(std::string_view bytes);

/// Pickles of the protocols 2 to 5 and dumps of joblib, plain or compressed.
///
/// bytes  outlives the document, whose arrays are views of it.
/// Throws FormatError; messages begin with "pickle: " and name the byte, counted in the
/// decompressed stream:
///   data_loss           the bytes break the format, or a checksum is wrong
///   unimplemented       an opcode or a protocol that is not read
///   invalid_argument    the file names something that is not data of a model
///   resource_exhausted  a limit was reached (limits.h)
/// Threads: any number at once; nothing is shared.
/// Cost: linear in the file, or in what it decompresses to. Memory: kPickleMemoryBase and the size
/// of the file at most, and what the decompressor needs; far less for files that hold arrays.
[[nodiscard]] PyDocument read_pickle(std::string_view bytes);

}  // namespace ml_inference
