// SPDX-License-Identifier: MIT
// The header of an array in numpy's own file format, as skops keeps arrays.
// Source: NumPy 2.3, numpy/lib/_format_impl.py (versions 1.0, 2.0 and 3.0 of the format).
#pragma once

#include "formats/python/arena.h"
#include "formats/python/array_layout.h"

#include <cstddef>
#include <string_view>

namespace ml_inference {

struct NpyHeader {
  ArrayLayout layout;
  std::size_t size = 0;  ///< of the header: the elements stand behind it
};

/// Reads the header.
/// begin  the first bytes of the file: kNpyHeaderSizeMax and a few, or all if there are fewer.
/// arena  holds what the layout points to.
/// where  stands in front of messages: "skops: 17.npy".
/// Throws FormatError: data_loss. Objects are refused: they would be a pickle.
[[nodiscard]] NpyHeader read_npy_header(std::string_view begin, Arena& arena,
                                        std::string_view where);

}  // namespace ml_inference
