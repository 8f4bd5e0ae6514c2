// SPDX-License-Identifier: MIT
#include "formats/lightgbm/memory.h"

#include "formats/format_error.h"

namespace ml_inference {

void LightgbmMemory::take(std::size_t size) {
  if (size > left_) {
    refuse(Code::resource_exhausted,
           "lightgbm: the file has {} bytes and would take more than {} bytes of memory",
           file_size_, kLightgbmMemoryBase + file_size_);
  }
  left_ -= size;
}

void LightgbmMemory::take_list(std::size_t count, std::size_t value_size) {
  constexpr std::size_t kAllocationCost = 16;  // glibc: the header and the rounding
  if (count > 0) take(count * value_size + kAllocationCost);
}

}  // namespace ml_inference
