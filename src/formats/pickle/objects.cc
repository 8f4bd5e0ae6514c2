// SPDX-License-Identifier: MIT
#include "formats/pickle/objects.h"

#include "formats/format_error.h"
#include "formats/pickle/limits.h"
#include "formats/pickle/text_scan.h"

#include <fmt/format.h>

namespace ml_inference {

void PickleObjects::broken(std::string_view what) const {
  refuse(Code::data_loss, "pickle: byte {}: {}", position_, what);
}

std::span<const NodeId> PickleObjects::tuple(NodeId id, std::string_view what) const {
  const Node node = nodes_.node(id);
  if (node.kind != PyKind::tuple) {
    broken(fmt::format("{} is {}, expected a tuple", what, kind_text(node.kind)));
  }
  return {node.tuple, node.size};
}

std::string_view PickleObjects::text(NodeId id, std::string_view what) const {
  const Node node = nodes_.node(id);
  if (node.kind != PyKind::text) {
    broken(fmt::format("{} is {}, expected a text", what, kind_text(node.kind)));
  }
  return text_of(node);
}

std::int64_t PickleObjects::integer(NodeId id, std::string_view what) const {
  const Node node = nodes_.node(id);
  if (node.kind != PyKind::integer) {
    broken(fmt::format("{} is {}, expected an integer", what, kind_text(node.kind)));
  }
  return node.integer;
}

bool PickleObjects::boolean(NodeId id, std::string_view what) const {
  const Node node = nodes_.node(id);
  if (node.kind != PyKind::boolean && node.kind != PyKind::integer) {
    broken(fmt::format("{} is {}, expected a bool", what, kind_text(node.kind)));
  }
  return node.integer != 0;
}

const ArrayType* PickleObjects::type(NodeId id, std::string_view what) const {
  const Node node = nodes_.node(id);
  if (node.kind != PyKind::dtype) {
    broken(fmt::format("{} is {}, expected a dtype", what, kind_text(node.kind)));
  }
  return node.type;
}

PyBlob PickleObjects::bytes(NodeId id, std::string_view what) const {
  const Node node = nodes_.node(id);
  if (node.kind != PyKind::bytes) {
    broken(fmt::format("{} is {}, expected bytes", what, kind_text(node.kind)));
  }
  return *node.blob;
}

bool PickleObjects::is_fortran(NodeId order) const {
  const std::string_view found = text(order, "an array's order");
  if (found != "C" && found != "F") {
    broken(fmt::format("an array's order is {}, expected 'C' or 'F'", quoted_text(found)));
  }
  return found == "F";
}

// The last one counts, as in Python.
NodeId PickleObjects::entry(NodeId dict, std::string_view key) const {
  const NodeChildren& children = *nodes_.node(dict).children;
  for (std::size_t index = children.size; index >= 2; index -= 2) {
    const Node found = nodes_.node(children.ids[index - 2]);
    if (found.kind == PyKind::text && text_of(found) == key) {
      return children.ids[index - 1];
    }
  }
  return kNodeNothing;
}

bool PickleObjects::is_of_objects(NodeId dtype) const {
  const Node node = nodes_.node(dtype);
  return node.kind == PyKind::dtype && node.type->kind == 'O';
}

Known PickleObjects::known_callable(NodeId id) const {
  const Node node = nodes_.node(id);
  if (node.kind != PyKind::object) return Known::none;
  return nodes_.node(node.object->callable).known;
}

NodeId PickleObjects::plain_object(NodeId callable, NodeId arguments, NodeId keywords) {
  return nodes_.add({.kind = PyKind::object,
                     .object = nodes_.arena().make_one(NodeObject{.callable = callable,
                                                                  .arguments = arguments,
                                                                  .keywords = keywords,
                                                                  .state = kNodeNothing,
                                                                  .items = kNodeNothing,
                                                                  .entries = kNodeNothing})});
}

NodeId PickleObjects::bytes_node(const PyBlob& blob) {
  return nodes_.add({.kind = PyKind::bytes, .blob = nodes_.arena().make_one(blob)});
}

NodeId PickleObjects::call(NodeId callable, NodeId arguments, NodeId keywords) {
  const Node called = nodes_.node(callable);
  if (called.kind != PyKind::global) {
    broken(fmt::format("{} is called, expected a class or function", kind_text(called.kind)));
  }
  const std::span<const NodeId> given = tuple(arguments, "what a call is given");
  if (keywords != kNodeNothing) return plain_object(callable, arguments, keywords);
  switch (called.known) {
    case Known::encode: return encoded(given, "what _codecs.encode is given");
    case Known::bytes:
    case Known::bytearray: return bytes_call(given);
    case Known::frozenset:
    case Known::set: return set_call(given);
    case Known::ordered_dict: return dict_call(given);
    case Known::scalar: return scalar_call(given);
    case Known::frombuffer: return buffer_call(given);
    case Known::slice: return slice_call(given);
    case Known::dtype: {
      if (given.empty()) broken("a dtype without a code");
      const ArrayType* made = type_of_code(text(given[0], "a dtype's code"));
      return nodes_.add({.kind = PyKind::dtype, .type = made});
    }
    case Known::memmap: broken("numpy.memmap is called, which would open a file");
    default: return plain_object(callable, arguments, keywords);
  }
}

// Protocol 2 has no bytes: they come as the text of the same code points, to be encoded.
NodeId PickleObjects::encoded(std::span<const NodeId> arguments, std::string_view what) {
  if (arguments.size() != 2) broken(fmt::format("{} has another size than 2", what));
  const std::string_view encoding = text(arguments[1], "an encoding");
  if (encoding != "latin1" && encoding != "latin-1") {
    broken(fmt::format("an encoding is {}, expected 'latin1'", quoted_text(encoding)));
  }
  const Node node = nodes_.node(arguments[0]);
  const bool is_text = node.kind == PyKind::text;
  PyBlob blob;
  if ((is_text && node.form == TextForm::latin1_blob) ||
      (node.kind == PyKind::long_text && node.blob->is_latin1)) {
    blob = *node.blob;
  } else if (is_text && (node.form == TextForm::ascii || node.form == TextForm::latin1)) {
    TextScan scan;
    if (node.form == TextForm::latin1) scan.feed(text_of(node));
    const bool is_ascii = node.form == TextForm::ascii;
    blob = {.size = is_ascii ? node.size : scan.character_count(),
            .stored_size = node.size,
            .data = node.text};
  } else {
    broken(fmt::format("{}: {}, expected a text without characters above U+00FF", what,
                       kind_text(node.kind)));
  }
  blob.is_latin1 = blob.size != blob.stored_size;
  return bytes_node(blob);
}

NodeId PickleObjects::bytes_call(std::span<const NodeId> arguments) {
  if (arguments.empty()) return bytes_node({});
  if (arguments.size() == 2) return encoded(arguments, "what bytes() is given");
  if (arguments.size() != 1) broken("bytes() is given more than two values");
  return bytes_node(bytes(arguments[0], "what bytes() is given"));
}

NodeId PickleObjects::set_call(std::span<const NodeId> arguments) {
  const NodeId made = nodes_.add_list(PyKind::set);
  if (arguments.empty()) return made;
  const Node from = nodes_.node(arguments[0]);
  if (arguments.size() != 1 || (from.kind != PyKind::list && from.kind != PyKind::tuple)) {
    broken("a set is not made of one list or tuple");
  }
  const bool is_tuple = from.kind == PyKind::tuple;
  const std::size_t count = is_tuple ? from.size : from.children->size;
  for (std::size_t index = 0; index < count; ++index) {
    nodes_.append(made, is_tuple ? from.tuple[index] : from.children->ids[index]);
  }
  return made;
}

// OrderedDict() and, of old, OrderedDict([[key, value], ...]).
NodeId PickleObjects::dict_call(std::span<const NodeId> arguments) {
  const NodeId made = nodes_.add_list(PyKind::dict);
  if (arguments.empty()) return made;
  const Node from = nodes_.node(arguments[0]);
  if (arguments.size() != 1 || from.kind != PyKind::list) {
    broken("an OrderedDict is not made of one list");
  }
  for (std::size_t index = 0; index < from.children->size; ++index) {
    const Node pair = nodes_.node(from.children->ids[index]);
    const bool is_list = pair.kind == PyKind::list && pair.children->size == 2;
    const bool is_tuple = pair.kind == PyKind::tuple && pair.size == 2;
    if (!is_list && !is_tuple) broken("an OrderedDict is not made of pairs");
    const NodeId* ids = is_list ? pair.children->ids : pair.tuple;
    const NodeId value = ids[1];
    nodes_.append(made, ids[0]);
    nodes_.append(made, value);
  }
  return made;
}

NodeId PickleObjects::slice_call(std::span<const NodeId> arguments) {
  if (arguments.size() != 3) broken("a slice is not made of start, stop and step");
  return nodes_.add({.kind = PyKind::slice, .size = 3, .tuple = arguments.data()});
}

NodeId PickleObjects::scalar_call(std::span<const NodeId> arguments) {
  if (arguments.size() != 2) broken("a numpy scalar is not made of a dtype and bytes");
  NodeScalar scalar{.type = type(arguments[0], "a scalar's dtype"), .object = kNodeNothing};
  if (scalar.type->kind == 'O') {
    scalar.object = arguments[1];
  } else {
    scalar.bytes = bytes(arguments[1], "a scalar's value");
    if (scalar.bytes.size != static_cast<std::uint64_t>(scalar.type->item_size)) {
      broken(fmt::format("a scalar has {} bytes, expected {}", scalar.bytes.size,
                         scalar.type->item_size));
    }
  }
  return nodes_.add({.kind = PyKind::scalar, .scalar = nodes_.arena().make_one(scalar)});
}

NodeId PickleObjects::buffer_call(std::span<const NodeId> arguments) {
  if (arguments.size() != 4) broken("_frombuffer is not given buffer, dtype, shape and order");
  const ArrayLayout made =
      layout(type(arguments[1], "an array's dtype"), arguments[2], is_fortran(arguments[3]));
  if (made.type->has_objects) broken("an array of objects from a buffer");
  const NodeId array = nodes_.add({});
  become_array(array, made, bytes(arguments[0], "an array's buffer"), kNodeNothing);
  return array;
}

void PickleObjects::build(NodeId object, NodeId state) {
  if ((object & kSmallInteger) != 0) broken("an integer is given a state");
  Node& node = nodes_.at(object);
  if (node.kind == PyKind::dtype) {
    node.type = type_of_state(*node.type, state);
    return;
  }
  if (node.kind != PyKind::object) {
    broken(fmt::format("{} is given a state", kind_text(node.kind)));
  }
  if (node.object->state != kNodeNothing) broken("an object is given a state twice");
  const Node given = nodes_.node(state);
  constexpr std::size_t kArrayState = 5;
  // A structured array with objects in it has a list instead of bytes; it stays an object.
  if (known_callable(object) == Known::reconstruct && given.kind == PyKind::tuple &&
      given.size == kArrayState &&
      (nodes_.node(given.tuple[4]).kind != PyKind::list || is_of_objects(given.tuple[2]))) {
    build_reconstructed(object, state);
    return;
  }
  node.object->state = state;
}

// (version, shape, dtype, is_fortran, bytes or list)
void PickleObjects::build_reconstructed(NodeId object, NodeId state) {
  const std::span<const NodeId> given = tuple(state, "an array's state");
  const ArrayLayout made =
      layout(type(given[2], "an array's dtype"), given[1], boolean(given[3], "an array's order"));
  if (made.type->kind == 'O') {
    if (nodes_.node(given[4]).kind != PyKind::list) {
      broken("an array of objects has no list of them");
    }
    become_array(object, made, {}, given[4]);
  } else {
    become_array(object, made, bytes(given[4], "an array's value"), kNodeNothing);
  }
}

void PickleObjects::become_array(NodeId object, const ArrayLayout& layout, const PyBlob& bytes,
                                 NodeId items) {
  if (items == kNodeNothing && bytes.size != size_of(layout)) {
    broken(fmt::format("an array of {} elements of {} bytes, and {} bytes for them", layout.count,
                       layout.type->item_size, bytes.size));
  }
  if (items != kNodeNothing && nodes_.node(items).children->size != layout.count) {
    broken(fmt::format("an array of {} objects, and a list of {}", layout.count,
                       nodes_.node(items).children->size));
  }
  nodes_.at(object) = {.kind = PyKind::array,
                       .array = nodes_.arena().make_one(
                           NodeArray{.layout = layout, .bytes = bytes, .items = items})};
}

bool PickleObjects::is_joblib_array(NodeId id) const {
  return known_callable(id) == Known::joblib_array && nodes_.node(id).object->state == kNodeNothing;
}

PickleObjects::JoblibArray PickleObjects::joblib_array(NodeId state) {
  constexpr std::uint32_t kEntryMax = 16;  // it has six
  const Node dict = nodes_.node(state);
  if (dict.kind != PyKind::dict || dict.children->size > 2 * kEntryMax) {
    broken("an array of joblib has no dict of its six values");
  }
  const NodeId alignment = entry(state, "numpy_array_alignment_bytes");
  return {.layout = layout(type(entry(state, "dtype"), "an array's dtype"), entry(state, "shape"),
                           is_fortran(entry(state, "order"))),
          .is_aligned = alignment != kNodeNothing && alignment != kNodeNone};
}

std::uint64_t PickleObjects::size_of(const ArrayLayout& layout) {
  return static_cast<std::uint64_t>(layout.count) *
         static_cast<std::uint64_t>(layout.type->item_size);
}

}  // namespace ml_inference
