// SPDX-License-Identifier: MIT
// The memory that a file may ask for, counted before it is taken.
#pragma once

#include <cstddef>

namespace ml_inference {

/// What a model out of a LightGBM file may take while it is read is this + the size of the file.
/// Honest files need a third of their size: a node is 100 bytes of text and 32 here. Zeros, two
/// bytes each, can ask for four times their size, and categories of a letter for ten. 24 MiB are
/// left to the program below the 64 MiB + 2 * size that a refused file may take altogether.
inline constexpr std::size_t kLightgbmMemoryBase = std::size_t{40} << 20;

/// What is left of it.
/// Threads: belongs to one thread.
class LightgbmMemory {
 public:
  explicit LightgbmMemory(std::size_t file_size)
      : file_size_(file_size), left_(kLightgbmMemoryBase + file_size) {}

  /// Throws FormatError, resource_exhausted, when so many bytes are not left.
  void take(std::size_t size);

  void give_back(std::size_t size) { left_ += size; }

  /// take() for an allocation of `count` values of `value_size` bytes, and what malloc() adds.
  void take_list(std::size_t count, std::size_t value_size);

 private:
  std::size_t file_size_;
  std::size_t left_;
};

}  // namespace ml_inference
