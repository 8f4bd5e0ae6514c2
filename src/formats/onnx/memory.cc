// SPDX-License-Identifier: MIT
#include "formats/onnx/memory.h"

#include "formats/format_error.h"
#include "formats/limits.h"

namespace ml_inference {

std::size_t onnx_memory_max(std::size_t file_size) {
  return kOnnxMemoryBase + kOnnxMemoryFactor * file_size;
}

void OnnxMemory::take(std::size_t count, std::size_t size) {
  if (size != 0 && count > left_ / size) {
    refuse(Code::resource_exhausted,
           "onnx: the file has {} bytes and would take more than {} bytes of memory", file_size_,
           onnx_memory_max(file_size_));
  }
  left_ -= count * size;
}

}  // namespace ml_inference
