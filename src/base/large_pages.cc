// SPDX-License-Identifier: MIT
#include "base/large_pages.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <sys/mman.h>

namespace ml_inference {

void* allocate_pages(std::size_t size, std::size_t alignment) {
  if (size >= kLargePageSize) alignment = std::max(alignment, kLargePageSize);
  alignment = std::max(alignment, alignof(std::max_align_t));
  // A multiple of the alignment, as aligned_alloc() asks for, with at least a byte to spare.
  const std::size_t whole = (size / alignment + 1) * alignment;
  void* const memory = std::aligned_alloc(alignment, whole);
  if (memory == nullptr) throw std::bad_alloc();
  if (size >= kLargePageSize) advise_large_pages(memory, whole);
  return memory;
}

void advise_large_pages(void* memory, std::size_t size) {
  constexpr std::uintptr_t kPage = 4096;
  const std::uintptr_t begin = reinterpret_cast<std::uintptr_t>(memory);
  const std::uintptr_t first = (begin + kPage - 1) / kPage * kPage;
  const std::uintptr_t last = (begin + size) / kPage * kPage;
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
}

}  // namespace ml_inference
