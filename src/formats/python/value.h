// SPDX-License-Identifier: MIT
// What a file says of Python objects, as plain values. Nothing of it has been called, imported or
// opened: an object is the name of its class with what the file gave it. Made by read_pickle() and
// read_skops(); taken apart with care by access.h and arrays.h, which say what is wrong and where.
#pragma once

#include "formats/python/array_layout.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace ml_inference {

class PyContents;
class PyStream;
struct Node;

enum class PyKind : std::uint8_t {
  nothing,      ///< an argument, a state that was not given; no value of the file
  none,         ///< None
  boolean,      ///< also integer(), 0 or 1
  integer,      ///< fits into 64 bits
  big_integer,  ///< does not; its bytes, two's complement, little-endian
  real,         ///< a float of Python, 64 bits
  text,         ///< in memory
  long_text,    ///< of a compressed file, and not in memory; a blob
  bytes,        ///< bytes and bytearray; a blob
  tuple,
  list,
  dict,    ///< also OrderedDict
  set,     ///< also frozenset
  slice,   ///< three items: start, stop, step
  global,  ///< a class or a function, by name only
  object,  ///< anything else: what would have been called, with what, and what came after
  array,   ///< ndarray and its subclasses
  scalar,  ///< a numpy scalar
  dtype,
};

/// "a list", "an array", for messages.
[[nodiscard]] std::string_view kind_text(PyKind kind);

/// The bytes of a blob: a view of the file where they stand in it as they are, else a copy of ours.
class PyBytes {
 public:
  explicit PyBytes(std::string_view view) : view_(view) {}
  PyBytes(std::unique_ptr<char[]> owned, std::size_t size)
      : owned_(std::move(owned)), view_(owned_.get(), size) {}

  [[nodiscard]] std::string_view view() const { return view_; }

 private:
  std::unique_ptr<char[]> owned_;
  std::string_view view_;
};

/// One value of a document, which outlives it. Cheap to copy. Values may contain themselves:
/// whoever walks through them counts by PyVisit (access.h).
///
/// A member that does not belong to the kind is a programmer's error (ASSERT). Each access is O(1).
class PyValue {
 public:
  PyValue(PyContents& contents, std::uint32_t id) : contents_(&contents), id_(id) {}

  [[nodiscard]] PyKind kind() const;
  [[nodiscard]] bool is(PyKind expected) const { return kind() == expected; }
  [[nodiscard]] bool is_none() const { return is(PyKind::none); }

  /// Equal for two places of the file that hold one object.
  [[nodiscard]] std::uint32_t id() const { return id_; }

  [[nodiscard]] std::int64_t integer() const;   ///< boolean, integer
  [[nodiscard]] double real() const;            ///< real
  [[nodiscard]] std::string_view text() const;  ///< text: UTF-8, see has_surrogates()

  /// text: halves of surrogate pairs stand in it, each as three bytes, as Python writes them
  /// ("surrogatepass"); so it is no UTF-8.
  [[nodiscard]] bool has_surrogates() const;

  /// global: "sklearn.tree._tree.Tree"
  [[nodiscard]] std::string_view name() const;

  /// How many items a tuple, list, set or slice, or entries a dict has.
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] PyValue item(std::size_t index) const;  ///< tuple, list, set, slice

  /// dict: in the file's order. A key that is given twice stands twice, and the last one counts.
  [[nodiscard]] PyValue key(std::size_t index) const;
  [[nodiscard]] PyValue value(std::size_t index) const;

  /// object: what the file would have called, with a tuple (and a dict of keywords); the state that
  /// it would have been given, and what would have been appended (a list) and set (a dict).
  /// Each but the first two may be `nothing`.
  [[nodiscard]] PyValue callable() const;
  [[nodiscard]] PyValue arguments() const;
  [[nodiscard]] PyValue keywords() const;
  [[nodiscard]] PyValue state() const;
  [[nodiscard]] PyValue items() const;  ///< also of an array of type object: a list
  [[nodiscard]] PyValue entries() const;

  [[nodiscard]] const ArrayLayout& layout() const;  ///< array
  [[nodiscard]] const ArrayType& type() const;      ///< array, scalar, dtype
  [[nodiscard]] PyValue object() const;             ///< scalar of type object

  /// bytes, big_integer, text, long_text, array and scalar (but of type object).
  [[nodiscard]] PyBlob blob() const;

  /// Counts these bytes towards what may be asked of the document; access.h and arrays.h do so.
  /// Throws FormatError: resource_exhausted beyond kAskedFactor.
  void charge(std::uint64_t size) const;

  /// All bytes of blob(). No copy unless they are decoded or decompressed: then as many bytes of
  /// memory, and the time to decompress from the last blob asked for to this one, or from the
  /// beginning when this one stands before it.
  /// Throws FormatError: resource_exhausted when too much is asked for again.
  [[nodiscard]] PyBytes load() const;

 private:
  friend class PyStream;
  [[nodiscard]] Node node() const;
  [[nodiscard]] Node node(PyKind expected) const;
  [[nodiscard]] PyValue other(std::uint32_t id) const { return {*contents_, id}; }

  PyContents* contents_;
  std::uint32_t id_;
};

/// Hands out the bytes of a blob piece by piece, so that a large one of a compressed file never
/// stands in memory as a whole.
class PyStream {
 public:
  explicit PyStream(const PyValue& value);

  /// The next bytes: at most `size_max` rounded down to a multiple of `unit`, and at least one unit
  /// unless nothing is left. Valid until the next call. Blobs that can be views come in one piece.
  /// Throws FormatError as load() does.
  [[nodiscard]] std::string_view next(std::size_t unit);

  [[nodiscard]] std::uint64_t left() const { return left_; }

 private:
  void decode(std::span<char> out);

  PyContents* contents_;
  PyBlob blob_;
  std::uint64_t left_;
  std::uint64_t offset_;
  std::unique_ptr<char[]> buffer_;
  std::size_t buffer_size_ = 0;
};

/// A file that has been read. Movable; values stay valid. One thread at a time.
class PyDocument {
 public:
  explicit PyDocument(std::unique_ptr<PyContents> contents, std::uint32_t root);
  PyDocument(PyDocument&&) noexcept;
  PyDocument& operator=(PyDocument&&) noexcept;
  ~PyDocument();

  [[nodiscard]] PyValue root() const { return {*contents_, root_}; }

 private:
  std::unique_ptr<PyContents> contents_;
  std::uint32_t root_;
};

}  // namespace ml_inference
