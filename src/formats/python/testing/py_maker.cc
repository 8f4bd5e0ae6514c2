// SPDX-License-Identifier: MIT
#include "formats/python/testing/py_maker.h"

#include "base/assert.h"

#include <algorithm>

namespace ml_inference::testing {
namespace {

constexpr std::size_t kMemory = std::size_t{16} << 20;

// All bytes are in memory, so none is ever asked for.
class NoSource final : public BlobSource {
 public:
  void read(std::uint64_t, std::span<char>) override { ASSERT(false); }
};

template <class T>
std::string_view bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

}  // namespace

PyMaker::PyMaker() : contents_(std::make_unique<PyContents>("test", kMemory)) {
  contents_->set_source(std::make_unique<NoSource>(), kMemory);
}

NodeId PyMaker::integer(std::int64_t value) { return nodes().add_integer(value); }

NodeId PyMaker::real(double value) { return nodes().add({.kind = PyKind::real, .real = value}); }

NodeId PyMaker::text(std::string_view text) {
  return nodes().add({.kind = PyKind::text,
                      .size = static_cast<std::uint32_t>(text.size()),
                      .text = nodes().arena().copy(text).data()});
}

NodeId PyMaker::list(const std::vector<NodeId>& items) {
  const NodeId made = nodes().add_list(PyKind::list);
  for (const NodeId item : items) nodes().append(made, item);
  return made;
}

NodeId PyMaker::tuple(const std::vector<NodeId>& items) {
  const std::span<NodeId> kept = nodes().arena().make<NodeId>(items.size());
  std::ranges::copy(items, kept.begin());
  return nodes().add({.kind = PyKind::tuple,
                      .size = static_cast<std::uint32_t>(items.size()),
                      .tuple = kept.data()});
}

NodeId PyMaker::dict(const PyEntries& entries) {
  const NodeId made = nodes().add_list(PyKind::dict);
  for (const auto& [key, value] : entries) {
    nodes().append(made, text(key));
    nodes().append(made, value);
  }
  return made;
}

NodeId PyMaker::global(std::string_view name) {
  const std::string_view kept = nodes().arena().copy(name);
  return nodes().add({.kind = PyKind::global,
                      .size = static_cast<std::uint32_t>(kept.size()),
                      .text = kept.data()});
}

NodeId PyMaker::object(std::string_view class_name, const PyEntries& attributes) {
  return nodes().add({.kind = PyKind::object,
                      .object = nodes().arena().make_one(NodeObject{.callable = global(class_name),
                                                                    .arguments = tuple({}),
                                                                    .keywords = kNodeNothing,
                                                                    .state = dict(attributes),
                                                                    .items = kNodeNothing,
                                                                    .entries = kNodeNothing})});
}

void PyMaker::set(NodeId object, std::string_view name, NodeId value) {
  const NodeId state = nodes().node(object).object->state;
  nodes().append(state, text(name));
  nodes().append(state, value);
}

NodeId PyMaker::array_of(const ArrayType* type, const std::vector<std::int64_t>& shape,
                         std::string_view bytes) {
  const std::span<std::int64_t> kept = nodes().arena().make<std::int64_t>(shape.size());
  std::ranges::copy(shape, kept.begin());
  const std::int64_t count = element_count(kept, type->item_size).value();
  ASSERT(bytes.size() ==
         static_cast<std::size_t>(count) * static_cast<std::size_t>(type->item_size));
  const PyBlob blob{.size = bytes.size(),
                    .stored_size = bytes.size(),
                    .data = nodes().arena().copy(bytes).data()};
  const ArrayLayout layout{.type = type, .shape = kept, .count = count};
  return nodes().add({.kind = PyKind::array,
                      .array = nodes().arena().make_one(
                          NodeArray{.layout = layout, .bytes = blob, .items = kNodeNothing})});
}

NodeId PyMaker::array(std::string_view code, const std::vector<std::int64_t>& shape,
                      std::string_view bytes) {
  return array_of(nodes().arena().make_one(array_type_of(code).value()), shape, bytes);
}

NodeId PyMaker::doubles(const std::vector<std::int64_t>& shape, const std::vector<double>& values) {
  return array("f8", shape, bytes_of(values));
}

NodeId PyMaker::integers(const std::vector<std::int64_t>& values) {
  return array("i8", {static_cast<std::int64_t>(values.size())}, bytes_of(values));
}

NodeId PyMaker::texts(const std::vector<std::string>& ascii) {
  std::size_t longest = 1;
  for (const std::string& text : ascii) longest = std::max(longest, text.size());
  std::vector<std::uint32_t> characters(longest * ascii.size());
  for (std::size_t index = 0; index < ascii.size(); ++index) {
    std::ranges::copy(ascii[index],
                      characters.begin() + static_cast<std::ptrdiff_t>(index * longest));
  }
  return array("U" + std::to_string(longest), {static_cast<std::int64_t>(ascii.size())},
               bytes_of(characters));
}

NodeId PyMaker::objects(const std::vector<NodeId>& items) {
  const auto count = static_cast<std::int64_t>(items.size());
  const std::span<std::int64_t> shape = nodes().arena().make<std::int64_t>(1);
  shape[0] = count;
  const ArrayLayout layout{
      .type = nodes().arena().make_one(array_type_of("O").value()), .shape = shape, .count = count};
  return nodes().add({.kind = PyKind::array,
                      .array = nodes().arena().make_one(
                          NodeArray{.layout = layout, .bytes = {}, .items = list(items)})});
}

NodeId PyMaker::records(const std::vector<PyRecordField>& fields, std::int64_t count,
                        std::string_view bytes) {
  ArrayType type{.kind = 'V'};
  const std::span<ArrayField> kept = nodes().arena().make<ArrayField>(fields.size());
  for (std::size_t index = 0; index < fields.size(); ++index) {
    kept[index] = {.name = nodes().arena().copy(fields[index].name),
                   .type = nodes().arena().make_one(array_type_of(fields[index].code).value()),
                   .offset = type.item_size};
    type.item_size += kept[index].type->item_size;
  }
  type.fields = kept;
  return array_of(nodes().arena().make_one(type), {count}, bytes);
}

PyDocument PyMaker::document(NodeId root) { return PyDocument(std::move(contents_), root); }

}  // namespace ml_inference::testing
