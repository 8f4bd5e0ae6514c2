// SPDX-License-Identifier: MIT
// What an ONNX file would take as parsed messages, found before they are made.
#pragma once

#include <cstddef>
#include <string_view>

namespace ml_inference {

/// The bytes of memory that a file of this size may ask for (formats/limits.h).
[[nodiscard]] std::size_t onnx_memory_max(std::size_t file_size);

/// Walks over the fields of the file without keeping anything and adds up what each takes as a
/// parsed message, a string or a number.
/// Throws FormatError: resource_exhausted above onnx_memory_max(), data_loss when the bytes are no
/// protocol buffer ("onnx: the file breaks off or is damaged at byte 17 of 40").
/// Cost: one pass over the bytes, no memory.
void check_onnx_budget(std::string_view bytes);

}  // namespace ml_inference
