// SPDX-License-Identifier: MIT
// The part of SchemaNodes that knows what each kind of node means.
#include "formats/format_error.h"
#include "formats/python/limits.h"
#include "formats/skops/schema_nodes.h"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>

namespace ml_inference {
namespace {

// A text of JSON without its escapes, into a place of at least its size, which may be that of the
// text itself: what comes out is never longer than what went in. The names are Boost's.
class TextHandler {
 public:
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();
  using Ec = boost::json::error_code;

  explicit TextHandler(char* out) : out_(out) {}

  [[nodiscard]] std::size_t size() const { return size_; }

  bool on_document_begin(Ec&) { return true; }
  bool on_document_end(Ec&) { return true; }
  bool on_array_begin(Ec& ec) { return no(ec); }
  bool on_array_end(std::size_t, Ec& ec) { return no(ec); }
  bool on_object_begin(Ec& ec) { return no(ec); }
  bool on_object_end(std::size_t, Ec& ec) { return no(ec); }
  bool on_string_part(std::string_view part, std::size_t, Ec&) { return put(part); }
  bool on_string(std::string_view rest, std::size_t, Ec&) { return put(rest); }
  bool on_key_part(std::string_view, std::size_t, Ec& ec) { return no(ec); }
  bool on_key(std::string_view, std::size_t, Ec& ec) { return no(ec); }
  bool on_number_part(std::string_view, Ec& ec) { return no(ec); }
  bool on_int64(std::int64_t, std::string_view, Ec& ec) { return no(ec); }
  bool on_uint64(std::uint64_t, std::string_view, Ec& ec) { return no(ec); }
  bool on_double(double, std::string_view, Ec& ec) { return no(ec); }
  bool on_bool(bool, Ec& ec) { return no(ec); }
  bool on_null(Ec& ec) { return no(ec); }
  bool on_comment_part(std::string_view, Ec& ec) { return no(ec); }
  bool on_comment(std::string_view, Ec& ec) { return no(ec); }

 private:
  static bool no(Ec& ec) {
    ec = boost::json::error::not_string;
    return false;
  }

  bool put(std::string_view part) {
    if (!part.empty()) std::memmove(out_ + size_, part.data(), part.size());
    size_ += part.size();
    return true;
  }

  char* out_;
  std::size_t size_ = 0;
};

// The number that a text is as a whole.
template <class T>
bool read_whole(std::string_view text, T& value) {
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && at == end;
}

}  // namespace

// All kinds of nodes. Of those that no reader looks into, the class and what belongs to it is kept.
std::span<const SchemaNodes::Loader> SchemaNodes::loaders() {
  static constexpr Loader kLoaders[] = {
      {"BytearrayNode", &SchemaNodes::make_bytes},
      {"BytesNode", &SchemaNodes::make_bytes},
      {"CachedNode", &SchemaNodes::make_cached},
      {"ConstructorFromReduceNode", &SchemaNodes::make_object},
      {"DTypeNode", &SchemaNodes::make_dtype},
      {"DefaultDictNode", &SchemaNodes::make_default_dict},
      {"DictNode", &SchemaNodes::make_dict},
      {"FunctionNode", &SchemaNodes::make_function},
      {"JsonNode", &SchemaNodes::make_json},
      {"ListNode", &SchemaNodes::make_list},
      {"LossNode", &SchemaNodes::make_object},
      {"MaskedArrayNode", &SchemaNodes::make_object},
      {"MethodNode", &SchemaNodes::make_object},
      {"NdArrayNode", &SchemaNodes::make_array},
      {"ObjectNode", &SchemaNodes::make_object},
      {"OperatorFuncNode", &SchemaNodes::make_object},
      {"PartialNode", &SchemaNodes::make_object},
      {"QuantileForestNode", &SchemaNodes::make_object},
      {"RandomGeneratorNode", &SchemaNodes::make_object},
      {"RandomStateNode", &SchemaNodes::make_object},
      {"SetNode", &SchemaNodes::make_set},
      {"SliceNode", &SchemaNodes::make_slice},
      {"SparseMatrixNode", &SchemaNodes::make_object},
      {"TreeNode", &SchemaNodes::make_object},
      {"TupleNode", &SchemaNodes::make_tuple},
      {"TypeNode", &SchemaNodes::make_type},
      {"_DictWithDeprecatedKeysNode", &SchemaNodes::make_default_dict},
  };
  return kLoaders;
}

// --- plain values --------------------------------------------------------------------------------

// Its content is JSON once more, of a number, a text or a word.
NodeId SchemaNodes::make_json() {
  static_cast<void>(word("content"));
  return json_node(*stack_.find("content"));
}

NodeId SchemaNodes::json_node(const SchemaItem& item) {
  const std::string_view text = stack_.text(item);
  if (text.starts_with('"')) return json_text_node(item);
  if (text == "null") return kNodeNone;
  if (text == "true") return kNodeTrue;
  if (text == "false") return kNodeFalse;
  std::int64_t integer = 0;
  if (read_whole(text, integer)) return nodes_.add_integer(integer);
  double real = 0;
  if (text == "NaN") {
    real = std::numeric_limits<double>::quiet_NaN();
  } else if (text == "Infinity" || text == "-Infinity") {
    real = text[0] == '-' ? -HUGE_VAL : HUGE_VAL;
  } else if (!read_whole(text, real)) {  // also integers beyond 64 bits, which only seeds are
    broken(fmt::format("{} is {}, expected a number or a text", title(), quoted_text(text)));
  }
  return nodes_.add({.kind = PyKind::real, .real = real});
}

NodeId SchemaNodes::json_text_node(const SchemaItem& item) {
  const std::string_view text = stack_.text(item);
  char* const place = item.is_large ? item.data : nodes_.arena().make<char>(text.size()).data();
  boost::json::basic_parser<TextHandler> parser({}, place);
  boost::json::error_code ec;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), ec);
  if (ec || read < text.size()) {
    broken(fmt::format("{} holds {}, which is no text of JSON", title(), quoted_text(text)));
  }
  return nodes_.add({.kind = PyKind::text,
                     .size = static_cast<std::uint32_t>(parser.handler().size()),
                     .text = place});
}

NodeId SchemaNodes::make_bytes() {
  const ZipEntry& entry = file();
  const PyBlob blob{
      .size = entry.size, .offset = entry.offset, .stored_size = entry.size, .data = entry.data};
  return nodes_.add({.kind = PyKind::bytes, .blob = nodes_.arena().make_one(blob)});
}

// --- containers ----------------------------------------------------------------------------------

NodeId SchemaNodes::make_list() { return child("content", PyKind::list); }

NodeId SchemaNodes::make_tuple() {
  const NodeChildren& children = *nodes_.node(child("content", PyKind::list)).children;
  return nodes_.add({.kind = PyKind::tuple, .size = children.size, .tuple = children.ids});
}

NodeId SchemaNodes::make_set() {
  return nodes_.add(
      {.kind = PyKind::set, .children = nodes_.node(child("content", PyKind::list)).children});
}

// Keys of JSON are texts; beside them stands what they were.
NodeId SchemaNodes::make_dict() {
  const NodeId dict = child("content", PyKind::dict);
  const NodeChildren& children = *nodes_.node(dict).children;
  const NodeId types = optional_child("key_types");
  if (types != kNodeNothing && nodes_.node(types).kind == PyKind::list) {
    const NodeChildren& names = *nodes_.node(types).children;
    const std::size_t count = std::min<std::size_t>(names.size, children.size / 2);
    for (std::size_t index = 0; index < count; ++index) {
      const Node type = nodes_.node(names.ids[index]);
      if (type.kind != PyKind::global) continue;
      NodeId& key = children.ids[2 * index];
      key = key_node(key, text_of(type));
    }
  }
  const std::string_view name = word("__class__");
  if (name == "dict" || name == "OrderedDict") return dict;
  return object(global(word("__module__"), name), empty_tuple_, kNodeNothing, dict);
}

NodeId SchemaNodes::key_node(NodeId key, std::string_view type) {
  const std::string_view text = text_of(nodes_.node(key));
  const std::string_view name = type.substr(type.rfind('.') + 1);
  if (name == "bool") return text == "true" ? kNodeTrue : kNodeFalse;
  if (name == "NoneType") return kNodeNone;
  std::int64_t integer = 0;
  if (name.starts_with("int") && read_whole(text, integer)) return nodes_.add_integer(integer);
  double real = 0;
  if (name.starts_with("float") && read_whole(text, real)) {
    return nodes_.add({.kind = PyKind::real, .real = real});
  }
  return key;
}

NodeId SchemaNodes::make_default_dict() {
  const NodeChildren& children = *nodes_.node(child("content", PyKind::dict)).children;
  for (std::size_t index = children.size; index >= 2; index -= 2) {
    const Node key = nodes_.node(children.ids[index - 2]);
    if (key.kind == PyKind::text && text_of(key) == "main" &&
        nodes_.node(children.ids[index - 1]).kind == PyKind::dict) {
      return children.ids[index - 1];
    }
  }
  broken(fmt::format("{} has no dict main", title()));
}

NodeId SchemaNodes::make_slice() {
  const NodeChildren& children = *nodes_.node(child("content", PyKind::dict)).children;
  constexpr std::size_t kSize = 3;
  if (children.size != 2 * kSize) broken(fmt::format("{} has no start, stop and step", title()));
  const std::span<NodeId> items = nodes_.arena().make<NodeId>(kSize);
  for (std::size_t index = 0; index < kSize; ++index) items[index] = children.ids[2 * index + 1];
  return nodes_.add({.kind = PyKind::slice, .size = kSize, .tuple = items.data()});
}

// --- classes, functions, objects -----------------------------------------------------------------

// Protocol 0 has the function's name in the content, and its own type as the class.
NodeId SchemaNodes::make_function() {
  const SchemaItem* const content = stack_.find("content");
  if (content == nullptr) return make_type();
  const NodeChildren& children = *nodes_.node(child("content", PyKind::dict)).children;
  std::string_view module;
  std::string_view name;
  for (std::size_t index = 0; index + 1 < children.size; index += 2) {
    const Node value = nodes_.node(children.ids[index + 1]);
    if (value.kind != PyKind::text) continue;
    const std::string_view key = text_of(nodes_.node(children.ids[index]));
    if (key == "module_path") module = text_of(value);
    if (key == "function") name = text_of(value);
  }
  return global(module, name);
}

NodeId SchemaNodes::make_type() { return global(word("__module__"), word("__class__")); }

// What would be made: the class, what would be set in it, and what it would be called with.
NodeId SchemaNodes::make_object() {
  const NodeId callable = global(word("__module__"), word("__class__"));
  NodeId arguments = empty_tuple_;
  const SchemaItem* const reduce = stack_.find("__reduce__");
  if (reduce != nullptr) {
    const NodeChildren& children = *nodes_.node(child("__reduce__", PyKind::dict)).children;
    if (children.size == 2 && nodes_.node(children.ids[1]).kind == PyKind::tuple) {
      arguments = children.ids[1];
    }
  }
  return object(callable, arguments, optional_child("content"), kNodeNothing);
}

NodeId SchemaNodes::make_cached() {
  const SchemaItem* const number = stack_.find("__id__");
  const std::int64_t id =
      number != nullptr && number->form == SchemaItem::Form::integer ? number->integer : 0;
  // One that stands before it would have been found by its number.
  broken(fmt::format("it refers to node {}, which does not stand before that", id));
}

// --- arrays --------------------------------------------------------------------------------------

NodeId SchemaNodes::make_array() {
  const std::string_view form = word("type");
  if (form == "json") return make_object_array();
  if (form != "numpy") {
    broken(fmt::format("{} has the type {}, expected numpy or json", title(), quoted_text(form)));
  }
  const NodeArray& array = array_of(file());
  // A number of numpy is kept as an array without dimensions, and its type is the class.
  const bool is_scalar = array.layout.shape.empty() && word("__class__") != "ndarray";
  if (!is_scalar) {
    return nodes_.add({.kind = PyKind::array, .array = nodes_.arena().make_one(array)});
  }
  const NodeScalar scalar{.type = array.layout.type, .bytes = array.bytes, .object = kNodeNothing};
  return nodes_.add({.kind = PyKind::scalar, .scalar = nodes_.arena().make_one(scalar)});
}

// Of objects: lists in lists, as deep as the array has dimensions.
NodeId SchemaNodes::make_object_array() {
  const NodeId list = child("content", PyKind::list);
  const Node sizes = nodes_.node(child("shape", PyKind::tuple));
  if (sizes.size < 1 || sizes.size > kArrayDimensionMax) {
    broken(fmt::format("{} has {} dimensions, expected 1 to {}", title(), sizes.size,
                       kArrayDimensionMax));
  }
  const std::span<std::int64_t> shape = nodes_.arena().make<std::int64_t>(sizes.size);
  for (std::size_t index = 0; index < shape.size(); ++index) {
    const Node size = nodes_.node(sizes.tuple[index]);
    shape[index] = size.kind == PyKind::integer ? size.integer : -1;
    if (shape[index] < 0) broken(fmt::format("{} has a shape of no numbers", title()));
  }
  ArrayLayout layout{.type = nodes_.arena().make_one(*array_type_of("O")), .shape = shape};
  const std::optional<std::int64_t> count = element_count(shape, layout.type->item_size);
  if (!count) broken(fmt::format("{} has a shape larger than any memory", title()));
  layout.count = *count;
  const NodeId flat = nodes_.add_list(PyKind::list);
  flatten(list, shape, flat);
  if (nodes_.node(flat).children->size != *count) {
    broken(fmt::format("{} is an array of {} objects, and has {}", title(), *count,
                       nodes_.node(flat).children->size));
  }
  return nodes_.add(
      {.kind = PyKind::array,
       .array = nodes_.arena().make_one(NodeArray{.layout = layout, .bytes = {}, .items = flat})});
}

void SchemaNodes::flatten(NodeId list, std::span<const std::int64_t> shape, NodeId to) {
  const Node found = nodes_.node(list);
  if (found.kind != PyKind::list || found.children->size != shape[0]) {
    broken(fmt::format("{} is no list of {} values at some place", title(), shape[0]));
  }
  for (std::uint32_t index = 0; index < found.children->size; ++index) {
    if (shape.size() == 1) {
      nodes_.append(to, found.children->ids[index]);
    } else {
      flatten(found.children->ids[index], shape.subspan(1), to);
    }
  }
}

// An array without elements stands for its type.
NodeId SchemaNodes::make_dtype() {
  const NodeArray& array = *nodes_.node(child("content", PyKind::array)).array;
  return nodes_.add({.kind = PyKind::dtype, .type = array.layout.type});
}

}  // namespace ml_inference
