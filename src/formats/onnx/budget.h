// SPDX-License-Identifier: MIT
// Whether an ONNX file is whole, and whether it has more of anything than makes sense: found before
// anything of it is in memory.
#pragma once

#include <string_view>

namespace ml_inference {

/// Walks over the fields of the file without keeping anything.
/// Throws FormatError: resource_exhausted for more nodes, inputs, outputs, constants, attributes or
/// texts than formats/limits.h and formats/onnx/limits.h allow; data_loss when the bytes are no
/// protocol buffer ("onnx: the file breaks off or is damaged at byte 17 of 40") or a part that may
/// stand once stands twice.
/// Cost: one pass over the bytes, no memory.
void check_onnx_budget(std::string_view bytes);

}  // namespace ml_inference
