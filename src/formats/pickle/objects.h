// SPDX-License-Identifier: MIT
// What becomes of the calls that a pickle asks for: nothing is called. A few are how a pickle
// writes plain data (an array, a dtype, bytes, a set) and become that; all others become an object
// that says what the file wanted.
//
// Source of the arrays: numpy/_core/src/multiarray/{methods,descriptor,scalartypes}.c of NumPy 2.3
// (array_setstate, arraydescr_setstate, gentype_reduce), numpy/_core/numeric.py (_frombuffer).
#pragma once

#include "formats/python/nodes.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace ml_inference {

/// Not for several threads. All members throw FormatError, data_loss, with the position that was
/// given last: "pickle: byte 17: an array of 3 elements of 8 bytes, and 25 bytes for them".
class PickleObjects {
 public:
  explicit PickleObjects(NodeStore& nodes) : nodes_(nodes) {}

  /// Where the opcode stands that asks next.
  void set_position(std::uint64_t position) { position_ = position; }

  /// REDUCE, NEWOBJ and NEWOBJ_EX: the value in place of the call.
  [[nodiscard]] NodeId call(NodeId callable, NodeId arguments, NodeId keywords);

  /// BUILD: gives the object its state. It may become an array by that.
  void build(NodeId object, NodeId state);

  /// Whether it is an array of joblib that has no state yet: its bytes follow the BUILD.
  [[nodiscard]] bool is_joblib_array(NodeId id) const;

  /// What the state of such an array says: a dict. `is_aligned` tells that a byte with a count, and
  /// that many bytes, stand before the elements.
  struct JoblibArray {
    ArrayLayout layout;
    bool is_aligned;
  };
  [[nodiscard]] JoblibArray joblib_array(NodeId state);

  /// Makes the object an array. items: a list, of type object; else kNodeNothing.
  /// Refuses bytes or items that are not as many as the layout says.
  void become_array(NodeId object, const ArrayLayout& layout, const PyBlob& bytes, NodeId items);

  /// The bytes that the elements take.
  [[nodiscard]] static std::uint64_t size_of(const ArrayLayout& layout);

  [[noreturn]] void broken(std::string_view what) const;

 private:
  [[nodiscard]] std::span<const NodeId> tuple(NodeId id, std::string_view what) const;
  [[nodiscard]] std::string_view text(NodeId id, std::string_view what) const;
  [[nodiscard]] std::int64_t integer(NodeId id, std::string_view what) const;
  [[nodiscard]] const ArrayType* type(NodeId id, std::string_view what) const;
  [[nodiscard]] PyBlob bytes(NodeId id, std::string_view what) const;
  [[nodiscard]] bool boolean(NodeId id, std::string_view what) const;
  [[nodiscard]] bool is_fortran(NodeId order) const;
  [[nodiscard]] NodeId entry(NodeId dict, std::string_view key) const;
  [[nodiscard]] bool is_of_objects(NodeId dtype) const;
  [[nodiscard]] Known known_callable(NodeId object) const;

  [[nodiscard]] ArrayLayout layout(const ArrayType* type, NodeId shape, bool is_fortran);
  [[nodiscard]] const ArrayType* type_of_code(std::string_view code);
  [[nodiscard]] const ArrayType* type_of_state(const ArrayType& before, NodeId state);
  [[nodiscard]] std::span<const ArrayField> fields(NodeId names, NodeId by_name,
                                                   std::int64_t item_size);

  [[nodiscard]] NodeId plain_object(NodeId callable, NodeId arguments, NodeId keywords);
  [[nodiscard]] NodeId bytes_node(const PyBlob& blob);
  [[nodiscard]] NodeId encoded(std::span<const NodeId> arguments, std::string_view what);
  [[nodiscard]] NodeId bytes_call(std::span<const NodeId> arguments);
  [[nodiscard]] NodeId set_call(std::span<const NodeId> arguments);
  [[nodiscard]] NodeId dict_call(std::span<const NodeId> arguments);
  [[nodiscard]] NodeId scalar_call(std::span<const NodeId> arguments);
  [[nodiscard]] NodeId buffer_call(std::span<const NodeId> arguments);
  [[nodiscard]] NodeId slice_call(std::span<const NodeId> arguments);
  void build_reconstructed(NodeId object, NodeId state);

  NodeStore& nodes_;
  std::uint64_t position_ = 0;
};

}  // namespace ml_inference
