// SPDX-License-Identifier: MIT
// The elements of arrays as vectors of ours, and the records of structured arrays one by one.
// `where` and errors are those of access.h.
#pragma once

#include "formats/python/elements.h"
#include "formats/python/value.h"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ml_inference {

/// The memory that the vector of one call takes: four million doubles or a million texts. Larger
/// arrays are read piece by piece.
inline constexpr std::size_t kArrayReadSize = std::size_t{32} << 20;

/// All elements in the order in which numpy counts them, the last index fastest, also of an array
/// that lies the other way.
/// value  an array of numbers or bools, or a list, tuple or array of objects that are numbers.
/// Refuses a vector of more than kArrayReadSize bytes: resource_exhausted.
[[nodiscard]] std::vector<double> doubles_of(const PyValue& value, std::string_view where);

/// Likewise of integers and bools.
[[nodiscard]] std::vector<std::int64_t> int64s_of(const PyValue& value, std::string_view where);

/// Likewise of texts: arrays of kind U and S, and lists, tuples and arrays of objects that are
/// texts.
[[nodiscard]] std::vector<std::string> texts_of(const PyValue& value, std::string_view where);

/// How many elements a list, tuple, set or array has, along all its dimensions.
[[nodiscard]] std::size_t count_of(const PyValue& value, std::string_view where);

/// The shape of an array; of a list or tuple its size.
[[nodiscard]] std::vector<std::int64_t> shape_of(const PyValue& value, std::string_view where);

/// "(3, 4)", for messages.
[[nodiscard]] std::string shape_text(std::span<const std::int64_t> shape);

/// Refuses an array of another shape: "... has the shape (3, 4), expected (3, 5)".
/// expected  -1 stands for any size.
void check_shape(const PyValue& array, std::initializer_list<std::int64_t> expected,
                 std::string_view where);

/// The numbers of an array, one after the other as they lie, in bounded memory: for arrays as large
/// as a model. Arrays of more than one dimension lie in C order, others are refused.
class PyNumbers {
 public:
  PyNumbers(const PyValue& array, std::string_view where);

  [[nodiscard]] std::size_t size() const { return size_; }

  /// Calls use(double) for each.
  template <class Use>
  void for_each(Use&& use) {
    const auto unit = static_cast<std::size_t>(item_size_);
    while (stream_.left() > 0) {
      const std::string_view piece = stream_.next(unit);
      for (std::size_t at = 0; at < piece.size(); at += unit) {
        use(reader_.number(piece.data() + at));
      }
    }
  }

 private:
  ElementReader reader_;
  PyStream stream_;
  std::int64_t item_size_;
  std::size_t size_;
};

/// One field of the records of an array.
struct PyField {
  ElementReader reader;
  std::int64_t offset;

  [[nodiscard]] double number(const char* record) const { return reader.number(record + offset); }
  [[nodiscard]] std::int64_t integer(const char* record) const {
    return reader.integer(record + offset);
  }
};

/// The records of a structured array of one dimension, in bounded memory. Fields are found by name
/// and stand where the file says; nothing is assumed of their order and size.
class PyRecords {
 public:
  PyRecords(const PyValue& array, std::string_view where);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool has(std::string_view name) const;

  /// Refuses a field that is not there, or no number.
  [[nodiscard]] PyField field(std::string_view name) const;

  /// Likewise, of integers or bools.
  [[nodiscard]] PyField integer_field(std::string_view name) const;

  /// Calls use(const char* record) for each, in their order. Once.
  template <class Use>
  void for_each(Use&& use) {
    const auto unit = static_cast<std::size_t>(type_->item_size);
    while (stream_.left() > 0) {
      const std::string_view piece = stream_.next(unit);
      for (std::size_t at = 0; at < piece.size(); at += unit) use(piece.data() + at);
    }
  }

 private:
  std::string where_;
  const ArrayType* type_;
  PyStream stream_;
  std::size_t size_;
};

}  // namespace ml_inference
