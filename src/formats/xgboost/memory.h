// SPDX-License-Identifier: MIT
// The memory that a file may ask for, counted before it is taken.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace ml_inference {

/// What a model out of an XGBoost file may take while it is read: kXgboostMemoryBase + the size of
/// the file. Honest files need less than their size: a node is 60 bytes of JSON or 34 of UBJSON,
/// and 20 here. Zeros in JSON, two bytes each, can ask for twice their size and more.
/// Threads: belongs to one thread.
class XgboostMemory {
 public:
  explicit XgboostMemory(std::size_t file_size);

  /// Throws FormatError, resource_exhausted, when so many bytes are not left.
  void take(std::size_t size);

  void give_back(std::size_t size) { left_ += size; }

 private:
  std::size_t file_size_;
  std::size_t left_;
};

/// A list of numbers that grows, and keeps its room when it is emptied for the next tree.
template <class T>
class XgboostColumn {
 public:
  explicit XgboostColumn(XgboostMemory& memory) : memory_(&memory) {}

  void push(T value) {
    if (values_.size() == values_.capacity()) reserve(2 * values_.size() + kSizeMin);
    values_.push_back(value);
  }

  void reserve(std::size_t size) {
    if (size <= values_.capacity()) return;
    const std::size_t before = values_.capacity();
    memory_->take(size * sizeof(T));  // the old room is there until the values have moved
    values_.reserve(size);
    memory_->give_back(before * sizeof(T));
  }

  void clear() { values_.clear(); }

  /// The list, which is empty afterwards and keeps no room.
  std::vector<T> release() {
    std::vector<T> out = std::move(values_);
    values_ = {};
    return out;
  }

  [[nodiscard]] bool empty() const { return values_.empty(); }
  [[nodiscard]] std::size_t size() const { return values_.size(); }
  [[nodiscard]] const T& operator[](std::size_t index) const { return values_[index]; }
  [[nodiscard]] std::span<const T> values() const { return values_; }

 private:
  static constexpr std::size_t kSizeMin = 16;

  XgboostMemory* memory_;
  std::vector<T> values_;
};

}  // namespace ml_inference
