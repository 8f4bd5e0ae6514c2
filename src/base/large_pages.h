// SPDX-License-Identifier: MIT
// Memory of megabytes in few large pages: the system gives a page of 2 MiB in about the time of
// some twenty small ones, of which it holds 512, and its addresses need to be looked up once.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <limits>
#include <new>
#include <vector>

namespace ml_inference {

inline constexpr std::size_t kLargePageSize = std::size_t{2} << 20;

/// Memory for `size` bytes that begins at a multiple of `alignment`, a power of two, or of a large
/// page where it is as large as one, in large pages where the system grants them. The last of them
/// is taken whole. For std::free(). Throws std::bad_alloc.
[[nodiscard]] void* allocate_pages(std::size_t size, std::size_t alignment);

/// Asks for large pages for memory that nobody has touched yet. Advice only: where it is not taken,
/// all is as before.
void advise_large_pages(void* memory, std::size_t size);

/// For the vectors of a model, which may have hundreds of megabytes: large pages for what is as
/// large as one, and what every vector has for anything smaller.
template <class T>
class LargePageAllocator {
 public:
  using value_type = T;

  LargePageAllocator() = default;
  template <class Other>
  explicit(false) LargePageAllocator(const LargePageAllocator<Other>&) {}

  [[nodiscard]] T* allocate(std::size_t count);
  void deallocate(T* values, std::size_t count);

  bool operator==(const LargePageAllocator&) const = default;

 private:
  static bool is_large(std::size_t count) { return count >= kLargePageSize / sizeof(T); }
};

template <class T>
using LargeVector = std::vector<T, LargePageAllocator<T>>;

template <class T>
T* LargePageAllocator<T>::allocate(std::size_t count) {
  if (count > std::numeric_limits<std::ptrdiff_t>::max() / sizeof(T)) throw std::bad_alloc();
  const std::size_t size = count * sizeof(T);
  return static_cast<T*>(is_large(count) ? allocate_pages(size, alignof(T)) : ::operator new(size));
}

template <class T>
void LargePageAllocator<T>::deallocate(T* values, std::size_t count) {
  if (!is_large(count)) return ::operator delete(values);
  std::free(values);
}

}  // namespace ml_inference
