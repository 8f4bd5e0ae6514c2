// SPDX-License-Identifier: MIT
// The bytes of an answer between who made them and who sends them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ml_inference {

/// Holds what is added until it is fetched, in the same order.
/// Threads: belongs to one thread.
class AnswerBytes {
 public:
  [[nodiscard]] std::size_t size() const {
    return small_.size() - small_begin_ + large_.size() - large_begin_;
  }

  /// Copies them.
  void add(std::string_view bytes);

  /// Takes the memory of a large body, which is not worth copying, and copies a small one. What is
  /// left of a large one is copied when more is added behind it: better once it is small.
  void add_body(std::string& body);

  /// Appends the next `size` bytes; there are as many.
  void fetch(std::string& out, std::size_t size);

  /// Forgets what there is; keeps a little memory.
  void clear();

 private:
  void fold_large();

  std::string small_;  // from small_begin_ on: what is not fetched yet,
  std::string large_;  // and then this, from large_begin_ on
  std::size_t small_begin_ = 0;
  std::size_t large_begin_ = 0;
};

}  // namespace ml_inference
