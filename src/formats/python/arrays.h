// SPDX-License-Identifier: MIT
// The elements of arrays as vectors of ours, and the records of structured arrays one by one.
// `where` and errors are those of access.h.
#pragma once

#include "formats/python/elements.h"
#include "formats/python/value.h"

#include <algorithm>
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

  /// Calls use(const char* numbers) for each `count` of them, for read(). A rest at the end is
  /// left out. Once.
  template <class Use>
  void for_each_group(std::size_t count, Use&& use) {
    const std::size_t unit = count * static_cast<std::size_t>(item_size_);
    while (stream_.left() >= unit) {
      const std::string_view piece = stream_.next(unit);
      for (std::size_t at = 0; piece.size() - at >= unit; at += unit) use(piece.data() + at);
    }
  }

  /// The first out.size() numbers of a group.
  void read(const char* numbers, std::span<double> out) const {
    reader_.numbers(numbers, static_cast<std::size_t>(item_size_), out);
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

  /// Of the records that stand behind one another, `size` bytes each: as many as `out` has.
  void numbers(const char* records, std::size_t size, std::span<double> out) const {
    reader.numbers(records + offset, size, out);
  }
  void integers(const char* records, std::size_t size, std::span<std::int64_t> out) const {
    reader.integers(records + offset, size, out);
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

  /// In bytes, of one.
  [[nodiscard]] std::size_t record_size() const {
    return static_cast<std::size_t>(type_->item_size);
  }

  /// Calls use(const char* record) for each, in their order. Once.
  template <class Use>
  void for_each(Use&& use) {
    for_each_block(1, [&](const char* record, std::size_t) { use(record); });
  }

  /// Calls use(const char* records, std::size_t count) for at most `count_max` of them at once, in
  /// their order. Once.
  template <class Use>
  void for_each_block(std::size_t count_max, Use&& use) {
    while (stream_.left() > 0) {
      const std::string_view piece = stream_.next(record_size());
      const std::size_t count = piece.size() / record_size();
      for (std::size_t first = 0; first < count; first += count_max) {
        use(piece.data() + first * record_size(), std::min(count_max, count - first));
      }
    }
  }

 private:
  std::string where_;
  const ArrayType* type_;
  PyStream stream_;
  std::size_t size_;
};

}  // namespace ml_inference
