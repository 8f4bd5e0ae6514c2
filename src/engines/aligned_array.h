// SPDX-License-Identifier: MIT
// Memory for vectors.
#pragma once

#include "base/large_pages.h"

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <span>
#include <type_traits>

namespace ml_inference {

/// An array of plain values that begins at a multiple of 64 bytes, the size of the largest vector
/// and of a cache line; one of megabytes lies in huge pages where the system grants them, so that
/// few of its addresses need to be looked up. Its values are whatever they were. Moves only.
template <class T>
class AlignedArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  AlignedArray() = default;
  explicit AlignedArray(std::size_t size)
      : size_(size), values_(static_cast<T*>(allocate_pages(size * sizeof(T), kLineSize))) {}

  [[nodiscard]] T* data() { return values_.get(); }
  [[nodiscard]] const T* data() const { return values_.get(); }
  [[nodiscard]] std::span<T> span() { return {values_.get(), size_}; }
  [[nodiscard]] std::size_t size() const { return size_; }

  [[nodiscard]] std::span<const T> span() const { return {values_.get(), size_}; }

 private:
  static constexpr std::size_t kLineSize = 64;
  struct Free {
    void operator()(T* values) const { std::free(values); }
  };

  std::size_t size_ = 0;
  std::unique_ptr<T, Free> values_;
};

}  // namespace ml_inference
