// SPDX-License-Identifier: MIT
// What an array of numpy is, apart from its elements: plain structs.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ml_inference {

/// Bytes that the file holds: text, an array's elements.
struct PyBlob {
  std::uint64_t size = 0;
  std::uint64_t offset = 0;       ///< in the decompressed stream
  std::uint64_t stored_size = 0;  ///< there; differs from size when is_latin1
  const char* data = nullptr;     ///< stored_size bytes, or null: not in memory
  bool is_latin1 = false;         ///< each byte stands as the UTF-8 of its code point
};

struct ArrayField;

/// A dtype of numpy. Immutable; lives as long as the document.
struct ArrayType {
  char kind = 'V';  ///< b(ool) i u f c(omplex) S U O V M m, as numpy's dtype.kind
  bool is_big_endian = false;
  bool has_subarray = false;  ///< each element is an array; nothing more is known of it
  bool has_objects = false;   ///< is of kind 'O', or has a field that is
  std::int64_t item_size = 0;
  std::span<const ArrayField> fields;  ///< by the file's order; empty unless structured
};

struct ArrayField {
  std::string_view name;
  const ArrayType* type = nullptr;
  std::int64_t offset = 0;  ///< offset + type->item_size is at most the item_size of the whole
};

/// What an array looks like. count * type->item_size is the size of its blob, unless type->kind is
/// 'O': then its elements are the items of the value.
struct ArrayLayout {
  const ArrayType* type = nullptr;
  std::span<const std::int64_t> shape;  ///< none is negative
  bool is_fortran = false;              ///< the first index runs fastest
  std::int64_t count = 0;               ///< of all elements: the product of the shape
};

/// The type that numpy writes as this code: "<f8", "U5", "|O". None when it is not known here.
/// Without a byte order it is little-endian.
[[nodiscard]] std::optional<ArrayType> array_type_of(std::string_view code);

/// How many elements an array of this shape has; none when their bytes do not fit into 63 bits.
/// shape  none is negative.
[[nodiscard]] std::optional<std::int64_t> element_count(std::span<const std::int64_t> shape,
                                                        std::int64_t item_size);

}  // namespace ml_inference
