// SPDX-License-Identifier: MIT
// The part of PickleObjects that says what an array is: its dtype and its shape.
#include "formats/format_error.h"
#include "formats/pickle/objects.h"
#include "formats/python/array_layout.h"
#include "formats/python/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace ml_inference {
namespace {

constexpr std::int64_t kCharacterSize = 4;  // of a text of fixed width: UCS-4

}  // namespace

const ArrayType* PickleObjects::type_of_code(std::string_view code) {
  const std::optional<ArrayType> made = array_type_of(code);
  if (!made) broken(fmt::format("a dtype {}, which is not known here", quoted_text(code)));
  return nodes_.arena().make_one(*made);
}

// (version, byte order, (dtype, shape) or None, names or None, fields or None, item size or -1,
// alignment or -1, flags[, metadata])
const ArrayType* PickleObjects::type_of_state(const ArrayType& before, NodeId state) {
  const std::span<const NodeId> given = tuple(state, "a dtype's state");
  constexpr std::size_t kSizeMin = 8;
  constexpr std::size_t kSizeMax = 9;
  if (given.size() != kSizeMin && given.size() != kSizeMax) {
    broken(fmt::format("a dtype's state has {} values, expected 8 or 9", given.size()));
  }
  const std::string_view order = text(given[1], "a dtype's byte order");
  if (order != "<" && order != ">" && order != "=" && order != "|") {
    broken(fmt::format("a dtype's byte order is {}", quoted_text(order)));
  }
  ArrayType made = before;
  made.is_big_endian = order == ">";
  made.has_subarray = given[2] != kNodeNone;
  if (made.has_subarray) {
    const std::span<const NodeId> of = tuple(given[2], "a dtype's subarray");
    if (of.size() != 2) broken("a dtype's subarray has no dtype and shape");
    made.has_objects = made.has_objects || type(of[0], "a subarray's dtype")->has_objects;
  }
  const std::int64_t item_size = integer(given[5], "a dtype's item size");
  const bool is_sized = made.kind == 'V' || made.kind == 'S' || made.kind == 'U';
  if (item_size >= 0 && is_sized) made.item_size = item_size;
  if (item_size < -1 || made.item_size > kArrayItemSizeMax ||
      (made.kind == 'U' && made.item_size % kCharacterSize != 0)) {
    broken(fmt::format("a dtype's item size is {}", item_size));
  }
  if (given[3] != kNodeNone) {
    if (made.kind != 'V') broken(fmt::format("a dtype '{}' with fields", made.kind));
    made.fields = fields(given[3], given[4], made.item_size);
    made.has_objects = std::ranges::any_of(
        made.fields, [](const ArrayField& field) { return field.type->has_objects; });
  }
  return nodes_.arena().make_one(made);
}

std::span<const ArrayField> PickleObjects::fields(NodeId names, NodeId by_name,
                                                  std::int64_t item_size) {
  const std::span<const NodeId> ids = tuple(names, "a dtype's names");
  if (ids.size() > kArrayFieldMax) {
    refuse(Code::resource_exhausted, "pickle: byte {}: a dtype has {} fields, expected at most {}",
           position_, ids.size(), kArrayFieldMax);
  }
  const Node dict = nodes_.node(by_name);
  if (dict.kind != PyKind::dict || dict.children->size > 2 * 2 * kArrayFieldMax) {
    broken("a dtype has names, but no dict of their fields");
  }
  const std::span<ArrayField> made = nodes_.arena().make<ArrayField>(ids.size());
  for (std::size_t index = 0; index < ids.size(); ++index) {
    ArrayField& field = made[index];
    field.name = text(ids[index], "a field's name");
    const NodeId found = entry(by_name, field.name);
    if (found == kNodeNothing) broken(fmt::format("no field {}", quoted_text(field.name)));
    const std::span<const NodeId> place = tuple(found, "a field");
    if (place.size() < 2) broken("a field has no dtype and offset");
    field.type = type(place[0], "a field's dtype");
    field.offset = integer(place[1], "a field's offset");
    if (field.offset < 0 || field.offset > item_size ||
        field.type->item_size > item_size - field.offset) {
      broken(fmt::format("field {} has {} bytes at offset {} of {}", quoted_text(field.name),
                         field.type->item_size, field.offset, item_size));
    }
  }
  return made;
}

ArrayLayout PickleObjects::layout(const ArrayType* type, NodeId shape, bool is_fortran) {
  const std::span<const NodeId> ids = tuple(shape, "an array's shape");
  if (ids.size() > kArrayDimensionMax) {
    broken(fmt::format("an array has {} dimensions, expected at most {}", ids.size(),
                       kArrayDimensionMax));
  }
  const std::span<std::int64_t> made = nodes_.arena().make<std::int64_t>(ids.size());
  for (std::size_t index = 0; index < ids.size(); ++index) {
    made[index] = integer(ids[index], "an array's shape");
    if (made[index] < 0) broken(fmt::format("an array's shape holds {}", made[index]));
  }
  const std::optional<std::int64_t> count = element_count(made, type->item_size);
  if (!count) broken("an array's shape is larger than any memory");
  return {.type = type, .shape = made, .is_fortran = is_fortran, .count = *count};
}

}  // namespace ml_inference
