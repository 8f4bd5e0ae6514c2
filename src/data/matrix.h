// SPDX-License-Identifier: MIT
// Rows of numbers, as engines and trainers take them.
#pragma once

#include "base/assert.h"

#include <cstddef>
#include <span>

namespace ml_inference {

/// A view of row_count x column_count values, row-major, without gaps. Does not own them: the
/// viewed memory outlives the view. Cheap to copy.
template <class T>
class MatrixView {
 public:
  MatrixView() = default;

  /// values  exactly row_count * column_count of them.
  MatrixView(std::span<T> values, std::size_t row_count, std::size_t column_count)
      : values_(values.data()), row_count_(row_count), column_count_(column_count) {
    ASSERT(values.size() == row_count * column_count);
  }

  [[nodiscard]] std::size_t row_count() const { return row_count_; }
  [[nodiscard]] std::size_t column_count() const { return column_count_; }

  /// The values of one row, column_count of them.
  [[nodiscard]] std::span<T> row(std::size_t index) const {
    DCHECK(index < row_count_);
    return {values_ + index * column_count_, column_count_};
  }

  [[nodiscard]] std::span<T> values() const { return {values_, row_count_ * column_count_}; }

 private:
  T* values_ = nullptr;
  std::size_t row_count_ = 0;
  std::size_t column_count_ = 0;
};

}  // namespace ml_inference
