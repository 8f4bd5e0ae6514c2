// SPDX-License-Identifier: MIT
// The part of PickleObjects that says what an array is: its dtype and its shape.
#include "formats/format_error.h"
#include "formats/pickle/limits.h"
#include "formats/pickle/objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace ml_inference {
namespace {

constexpr std::int64_t kCharacterSize = 4;  // of a text of fixed width: UCS-4

// Bytes of one element, or -1 when there is no such type: "f8", "U5", "O".
std::int64_t item_size_of(char kind, std::int64_t number) {
  switch (kind) {
    case 'b': return number == 1 ? 1 : -1;
    case 'i':
    case 'u': return number == 1 || number == 2 || number == 4 || number == 8 ? number : -1;
    case 'f': return number == 2 || number == 4 || number == 8 || number == 16 ? number : -1;
    case 'c': return number == 8 || number == 16 || number == 32 ? number : -1;
    case 'U': return number <= kArrayItemSizeMax / kCharacterSize ? number * kCharacterSize : -1;
    case 'S':
    case 'V': return number <= kArrayItemSizeMax ? number : -1;
    case 'O': return 8;
    case 'M':
    case 'm': return number == 8 ? number : -1;
    default: return -1;
  }
}

}  // namespace

const ArrayType* PickleObjects::type_of_code(std::string_view code) {
  std::string_view rest = code;
  ArrayType made;
  if (!rest.empty() && std::string_view("<>=|").find(rest[0]) != std::string_view::npos) {
    made.is_big_endian = rest[0] == '>';
    rest.remove_prefix(1);
  }
  std::int64_t number = 0;
  const char* const end = rest.data() + rest.size();
  const auto [at, error] = std::from_chars(rest.data() + (rest.empty() ? 0 : 1), end, number);
  const bool has_no_number = rest.size() == 1 && (rest == "O" || rest == "V" || rest == "?");
  if (rest == "?") number = 1;
  made.kind = rest.empty() ? '\0' : (rest == "?" ? 'b' : rest[0]);
  made.item_size = item_size_of(made.kind, number);
  made.has_objects = made.kind == 'O';
  const bool is_read = has_no_number || (error == std::errc() && at == end && number >= 0);
  if (!is_read || made.item_size < 0) {
    broken(fmt::format("a dtype {}, which is not known here", quoted_text(code)));
  }
  return nodes_.arena().make_one(made);
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
  if (dict.kind != PickleKind::dict || dict.children->size > 2 * 2 * kArrayFieldMax) {
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
  bool is_empty = false;
  for (std::size_t index = 0; index < ids.size(); ++index) {
    made[index] = integer(ids[index], "an array's shape");
    if (made[index] < 0) broken(fmt::format("an array's shape holds {}", made[index]));
    is_empty = is_empty || made[index] == 0;
  }
  // The product of all bytes stays in 63 bits.
  std::int64_t count = is_empty ? 0 : 1;
  const std::int64_t count_max =
      std::numeric_limits<std::int64_t>::max() / std::max<std::int64_t>(type->item_size, 1);
  for (const std::int64_t size : made) {
    if (is_empty) break;
    if (size > count_max / count) broken("an array's shape is larger than any memory");
    count *= size;
  }
  return {.type = type, .shape = made, .is_fortran = is_fortran, .count = count};
}

}  // namespace ml_inference
