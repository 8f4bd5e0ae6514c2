// SPDX-License-Identifier: MIT
#include "formats/xgboost/memory.h"

#include "formats/format_error.h"
#include "formats/limits.h"

namespace ml_inference {

XgboostMemory::XgboostMemory(std::size_t file_size)
    : file_size_(file_size), left_(kXgboostMemoryBase + file_size) {}

void XgboostMemory::take(std::size_t size) {
  if (size > left_) {
    refuse(Code::resource_exhausted,
           "xgboost: the file has {} bytes and would take more than {} bytes of memory", file_size_,
           kXgboostMemoryBase + file_size_);
  }
  left_ -= size;
}

}  // namespace ml_inference
