// SPDX-License-Identifier: MIT
// What an ONNX file may still ask for. Whatever grows with the file is taken from here before it is
// made, so that the memory of a refused file is bounded however it is refused.
#pragma once

#include <cstddef>
#include <utility>

namespace ml_inference {

/// The bytes of memory that a file of this size may ask for beside itself (formats/limits.h).
[[nodiscard]] std::size_t onnx_memory_max(std::size_t file_size);

/// Threads: belongs to one thread.
class OnnxMemory {
 public:
  explicit OnnxMemory(std::size_t file_size)
      : file_size_(file_size), left_(onnx_memory_max(file_size)) {}

  [[nodiscard]] std::size_t left() const { return left_; }

  /// Throws FormatError, resource_exhausted, when less is left.
  void take(std::size_t count, std::size_t size);
  void give_back(std::size_t bytes) { left_ += bytes; }

 private:
  std::size_t file_size_;
  std::size_t left_;
};

/// Memory that is given back when what it was taken for goes. The OnnxMemory outlives it.
class OnnxMemoryShare {
 public:
  OnnxMemoryShare() = default;
  /// count  things of `size` bytes each.
  OnnxMemoryShare(OnnxMemory& memory, std::size_t count, std::size_t size)
      : memory_(&memory), bytes_(count * size) {
    memory.take(count, size);
  }
  OnnxMemoryShare(OnnxMemoryShare&& other) noexcept
      : memory_(std::exchange(other.memory_, nullptr)), bytes_(other.bytes_) {}
  OnnxMemoryShare& operator=(OnnxMemoryShare&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~OnnxMemoryShare() {
    if (memory_ != nullptr) memory_->give_back(bytes_);
  }

 private:
  OnnxMemory* memory_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace ml_inference
