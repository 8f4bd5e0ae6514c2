// SPDX-License-Identifier: MIT
// Takes a document apart by what a reader of models asks for: attributes of an object, a number, a
// text. Each says what is wrong and where.
//
// `where` is what stands in front of a message: "sklearn: estimators_[3].tree_". Whether an
// attribute is absent is the caller's affair, because versions differ; of another type than asked
// for, it is refused: FormatError, data_loss, "sklearn: estimators_[3].tree_.max_depth is a text,
// expected an integer".
#pragma once

#include "formats/python/limits.h"
#include "formats/python/value.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ml_inference {

/// The full name of an object's class, or of the function that would have made it; of a global its
/// own name; "" for anything else.
[[nodiscard]] std::string_view class_of(const PyValue& value);

/// What the value is, for a message: "a list", "sklearn.tree._tree.Tree". A name that is long or
/// not printable is quoted_text().
[[nodiscard]] std::string value_text(const PyValue& value);

/// The value of a key in a dict, or in an object that has been given entries (as a Bunch has).
[[nodiscard]] std::optional<PyValue> find_entry(const PyValue& dict, std::string_view key,
                                                std::string_view where);

/// An attribute of an object's state: a dict, or a tuple of two of them (with __slots__).
[[nodiscard]] std::optional<PyValue> find_attribute(const PyValue& object, std::string_view name,
                                                    std::string_view where);

/// Likewise, and its absence is refused: "sklearn: model has no attribute tree_".
[[nodiscard]] PyValue attribute_of(const PyValue& object, std::string_view name,
                                   std::string_view where);

/// A Python or numpy integer or bool, also as an array of one element.
[[nodiscard]] std::int64_t integer_of(const PyValue& value, std::string_view where);

/// Likewise, or a float.
[[nodiscard]] double number_of(const PyValue& value, std::string_view where);

/// Whether number_of() would give one.
[[nodiscard]] bool is_number(const PyValue& value);

/// A bool of Python or numpy, or an integer 0 or 1.
[[nodiscard]] bool boolean_of(const PyValue& value, std::string_view where);

/// A text of Python or numpy, as UTF-8. Loads one that is not in memory.
/// Refuses one with halves of surrogate pairs in it.
[[nodiscard]] std::string text_of(const PyValue& value, std::string_view where);
[[nodiscard]] bool is_text(const PyValue& value);

/// The value, if it is an array.
[[nodiscard]] PyValue array_of(const PyValue& value, std::string_view where);

/// The items of a list, tuple or set, or of an array of objects in the order in which numpy counts
/// (the last index runs fastest).
class PyItems {
 public:
  PyItems(const PyValue& value, std::string_view where);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] PyValue operator[](std::size_t index) const { return list_.item(index); }

 private:
  PyValue list_;
  std::size_t size_;
};

/// For whoever walks through values in values: a file can hold a list that contains itself, or a
/// tree of twenty lists with a million paths in it.
class PyVisit {
 public:
  /// values_max  how many values may be entered in all.
  explicit PyVisit(std::size_t values_max) : left_(values_max) {}

  /// Stands for being inside of a value.
  class Inside {
   public:
    explicit Inside(PyVisit& visit) : visit_(visit) { ++visit_.depth_; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    ~Inside() { --visit_.depth_; }

   private:
    PyVisit& visit_;
  };

  /// Goes into one more value, until what is returned is gone.
  /// Throws FormatError: resource_exhausted beyond values_max, or deeper than kPyDepthMax.
  [[nodiscard]] Inside enter(std::string_view where);

 private:
  std::size_t left_;
  int depth_ = 0;
};

}  // namespace ml_inference
