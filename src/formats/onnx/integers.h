// SPDX-License-Identifier: MIT
// A list of whole numbers in the least memory that holds them.
#pragma once

#include "formats/onnx/memory.h"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <vector>

namespace ml_inference {

/// 1, 2, 4 or 8 bytes a number, whatever the largest one needs: a file writes small numbers in one
/// or two bytes and has many millions of them.
class OnnxIntegers {
 public:
  OnnxIntegers() = default;

  /// The values of a repeated field of varints.
  OnnxIntegers(std::string_view message, std::uint32_t number, OnnxMemory& memory);

  /// `count` zeros; least and most are the least and the largest number that set() will get.
  OnnxIntegers(std::size_t count, std::int64_t least, std::int64_t most, OnnxMemory& memory);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::int64_t operator[](std::size_t index) const;
  void set(std::size_t index, std::int64_t value);

  /// Keeps the first `count` numbers.
  void truncate(std::size_t count) { size_ = count; }

  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = std::int64_t;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = std::int64_t;

    Iterator() = default;
    Iterator(const OnnxIntegers* list, std::size_t index) : list_(list), index_(index) {}
    std::int64_t operator*() const { return (*list_)[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    Iterator operator++(int) { return {list_, index_++}; }
    bool operator==(const Iterator&) const = default;

   private:
    const OnnxIntegers* list_ = nullptr;
    std::size_t index_ = 0;
  };
  [[nodiscard]] Iterator begin() const { return {this, 0}; }
  [[nodiscard]] Iterator end() const { return {this, size_}; }

 private:
  enum class Width : std::uint8_t { u8 = 1, u16 = 2, i32 = 4, i64 = 8 };

  static Width width_for(std::int64_t least, std::int64_t most);
  template <class T>
  [[nodiscard]] std::int64_t get(std::size_t index) const;
  template <class T>
  void put(std::size_t index, std::int64_t value);

  Width width_ = Width::u8;
  std::size_t size_ = 0;
  std::vector<char> bytes_;
  OnnxMemoryShare share_;
};

}  // namespace ml_inference
