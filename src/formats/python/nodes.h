// SPDX-License-Identifier: MIT
// How the values of a file lie in memory. Readers of values want value.h; only the machine that
// makes them and value.cc look in here.
#pragma once

#include "formats/python/arena.h"
#include "formats/python/value.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ml_inference {

/// A value by number. The numbers below kFirstNode stand for themselves, and so do those with the
/// top bit, which are small integers: a list of such takes 4 bytes each.
using NodeId = std::uint32_t;

inline constexpr NodeId kNodeNone = 0;
inline constexpr NodeId kNodeFalse = 1;
inline constexpr NodeId kNodeTrue = 2;
inline constexpr NodeId kNodeNothing = 3;  ///< no value at all: an argument that was not given
inline constexpr NodeId kFirstNode = 4;
inline constexpr NodeId kSmallInteger = NodeId{1} << 31;
inline constexpr std::int64_t kSmallIntegerMax = (std::int64_t{1} << 30) - 1;
inline constexpr std::int64_t kSmallIntegerMin = -(std::int64_t{1} << 30);

/// The globals that are looked at; all others are only names.
enum class Known : std::uint8_t {
  none,
  bytearray,
  bytes,
  dtype,
  encode,
  frombuffer,
  frozenset,
  joblib_array,
  memmap,
  ndarray,
  ordered_dict,
  reconstruct,
  reconstructor,
  scalar,
  set,
  slice,
};

/// What the characters of a text are, found once: a text may be asked for again by each byte of a
/// file.
enum class TextForm : std::uint8_t {
  other,
  ascii,
  surrogates,   ///< halves of pairs stand in it
  latin1,       ///< none above U+00FF, and short: to be counted anew
  latin1_blob,  ///< likewise, and its blob tells how many
};

/// The children of a list, dict or set. They move to a larger place when there is no room.
struct NodeChildren {
  NodeId* ids;
  std::uint32_t size;
  std::uint32_t capacity;
};

/// kNodeNothing where there is none.
struct NodeObject {
  NodeId callable;
  NodeId arguments;
  NodeId keywords;
  NodeId state;
  NodeId items;    // a list: what APPENDS gave
  NodeId entries;  // a dict: what SETITEMS gave
};

struct NodeScalar {
  const ArrayType* type;
  PyBlob bytes;
  NodeId object;  // the value, of type object
};

/// As ndarray as soon as it has a state; before that `type` is null.
struct NodeArray {
  ArrayLayout layout;
  PyBlob bytes;
  NodeId items;  // a list, of type object
};

/// 16 bytes. `size` is that of the text, or how many children.
struct Node {
  PyKind kind = PyKind::none;
  Known known = Known::none;
  TextForm form = TextForm::other;
  std::uint32_t size = 0;
  union {
    std::int64_t integer = 0;
    double real;
    const char* text;        // global: "module.name"
    const NodeId* tuple;     // tuple, slice
    NodeChildren* children;  // list, set; dict: keys and values in turn
    PyBlob* blob;            // bytes, big_integer, long_text; text of the form latin1_blob
    NodeObject* object;
    NodeArray* array;
    NodeScalar* scalar;
    const ArrayType* type;
  };
};

[[nodiscard]] inline std::string_view text_of(const Node& node) {
  return {node.form == TextForm::latin1_blob ? node.blob->data : node.text, node.size};
}

/// All values of a file, by number, and the memory that they point into.
class NodeStore {
 public:
  /// format, memory_max  see MemoryBudget.
  NodeStore(std::string_view format, std::size_t memory_max)
      : arena_(format, memory_max), nodes_(arena_.budget()) {
    for (const PyKind kind : {PyKind::none, PyKind::boolean, PyKind::boolean, PyKind::nothing}) {
      nodes_.push_back(Node{.kind = kind});
    }
    nodes_[kNodeTrue].integer = 1;
  }

  [[nodiscard]] Arena& arena() { return arena_; }

  /// Also of numbers that stand for themselves.
  [[nodiscard]] Node node(NodeId id) const {
    if ((id & kSmallInteger) == 0) return nodes_[id];
    const auto shifted = static_cast<std::int32_t>(id << 1);
    return Node{.kind = PyKind::integer, .integer = shifted >> 1};
  }

  /// A node that may be changed: not of a small integer.
  [[nodiscard]] Node& at(NodeId id) { return nodes_[id]; }

  [[nodiscard]] NodeId add(const Node& node) {
    if (nodes_.size() >= kSmallInteger) arena_.budget().take(static_cast<std::size_t>(-1));
    nodes_.push_back(node);
    return static_cast<NodeId>(nodes_.size() - 1);
  }

  [[nodiscard]] NodeId add_integer(std::int64_t value) {
    if (value >= kSmallIntegerMin && value <= kSmallIntegerMax) {
      return kSmallInteger | static_cast<NodeId>(value & 0x7FFF'FFFF);
    }
    return add({.kind = PyKind::integer, .integer = value});
  }

  [[nodiscard]] NodeId add_list(PyKind kind) {
    return add({.kind = kind, .children = arena_.make_one(NodeChildren{})});
  }

  /// Appends to a list, dict or set.
  void append(NodeId to, NodeId child);

 private:
  Arena arena_;
  Chunked<Node> nodes_;
};

}  // namespace ml_inference
