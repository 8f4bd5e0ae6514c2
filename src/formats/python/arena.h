// SPDX-License-Identifier: MIT
// Memory for the values of one file: taken piece by piece from one budget, given back all at
// once.
#pragma once

#include "formats/format_error.h"

#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace ml_inference {

/// The bytes that may still be taken. What is taken by mistake is never more than the budget.
class MemoryBudget {
 public:
  /// format  stands in front of a refusal: "pickle". Outlives the budget.
  MemoryBudget(std::string_view format, std::size_t size)
      : format_(format), size_(size), left_(size) {}

  /// Throws FormatError, resource_exhausted, when there are fewer left.
  void take(std::size_t size) {
    check(size);
    left_ -= size;
  }

  /// Likewise, and takes none: for what will be taken when it is whole.
  void check(std::size_t size) const {
    if (size > left_) {
      refuse(Code::resource_exhausted,
             "{}: the values of the file would take more than {} bytes of memory", format_, size_);
    }
  }

 private:
  std::string_view format_;
  std::size_t size_;
  std::size_t left_;
};

/// Hands out memory that lives as long as the arena and never moves. Only for types without a
/// destructor. Throws FormatError as MemoryBudget does.
class Arena {
 public:
  Arena(std::string_view format, std::size_t size) : budget_(format, size) {}

  [[nodiscard]] MemoryBudget& budget() { return budget_; }

  /// Room for `count` of T, with their values as T{}.
  template <class T>
  [[nodiscard]] std::span<T> make(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= kAlignment);
    if (count > kCountMax) budget_.take(static_cast<std::size_t>(-1));
    if (count == 0) return {};
    T* begin = static_cast<T*>(allocate(count * sizeof(T)));
    std::uninitialized_value_construct_n(begin, count);
    return {begin, count};
  }

  template <class T>
  [[nodiscard]] T* make_one(const T& value) {
    T* made = make<T>(1).data();
    *made = value;
    return made;
  }

  [[nodiscard]] std::string_view copy(std::string_view bytes) {
    const std::span<char> to = make<char>(bytes.size());
    if (!bytes.empty()) std::memcpy(to.data(), bytes.data(), bytes.size());
    return {to.data(), to.size()};
  }

 private:
  static constexpr std::size_t kAlignment = 8;
  static constexpr std::size_t kBlockSize = std::size_t{64} << 10;
  static constexpr std::size_t kCountMax = std::size_t{1}
                                           << 40;  // times sizeof(T) stays in 64 bits

  void* allocate(std::size_t size) {
    size = (size + kAlignment - 1) & ~(kAlignment - 1);
    if (size > kBlockSize / 4) return block(size);
    if (size > left_) {
      next_ = block(kBlockSize);
      left_ = kBlockSize;
    }
    char* here = next_;
    next_ += size;
    left_ -= size;
    return here;
  }

  char* block(std::size_t size) {
    budget_.take(size);
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(size));
    return blocks_.back().get();
  }

  MemoryBudget budget_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

/// A growing array whose elements never move, so that growing takes no second copy.
template <class T>
class Chunked {
 public:
  explicit Chunked(MemoryBudget& budget) : budget_(&budget) {}

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] T& operator[](std::size_t index) {
    return (*chunks_[index / kChunkCount])[index % kChunkCount];
  }
  [[nodiscard]] const T& operator[](std::size_t index) const {
    return (*chunks_[index / kChunkCount])[index % kChunkCount];
  }

  void push_back(const T& value) {
    if (size_ == chunks_.size() * kChunkCount) {
      budget_->take(sizeof(Chunk));
      chunks_.push_back(std::make_unique<Chunk>());
    }
    (*this)[size_++] = value;
  }

  /// Forgets what stands behind the first `size`; keeps their memory for what comes.
  void shrink(std::size_t size) { size_ = size; }

 private:
  static constexpr std::size_t kChunkCount = 1024;
  using Chunk = std::array<T, kChunkCount>;

  MemoryBudget* budget_;
  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::size_t size_ = 0;
};

}  // namespace ml_inference
