// SPDX-License-Identifier: MIT
#include "formats/skops/schema_nodes.h"

#include "formats/format_error.h"
#include "formats/python/globals.h"
#include "formats/skops/limits.h"
#include "formats/skops/npy.h"

#include <algorithm>
#include <span>
#include <utility>

namespace ml_inference {
namespace {

// What an entry of a map takes, beside what it points to.
constexpr std::size_t kMapEntrySize = 64;

// Longer names are hardly met twice.
constexpr std::size_t kNameSizeMax = 100;

}  // namespace

SchemaNodes::SchemaNodes(const ZipArchive& archive, PyContents& contents)
    : archive_(archive),
      reader_(archive.reader(archive.size())),
      contents_(contents),
      nodes_(contents.nodes()),
      stack_(contents.nodes().arena().budget()),
      header_(kNpyHeaderSizeMax + 12),
      empty_tuple_(nodes_.add({.kind = PyKind::tuple})) {}

// --- JSON ----------------------------------------------------------------------------------------

void SchemaNodes::begin(bool is_object) { stack_.open(is_object, remembered_.size()); }

void SchemaNodes::add(const SchemaItem& item) {
  if (stack_.empty()) broken("the schema is no object");
  stack_.push(item);
}

void SchemaNodes::add_node(NodeId node) {
  SchemaItem item{.form = SchemaItem::Form::node};
  item.node = node;
  add(item);
}

void SchemaNodes::value(const SchemaItem& item) { add(item); }

// In a list it is no word that a node says of itself, and so final.
void SchemaNodes::text(std::string_view text) {
  if (!stack_.empty() && stack_.top().is_object) {
    stack_.push_text(text);
  } else {
    add_node(text_node(text));
  }
}

void SchemaNodes::large_text(std::string text) {
  nodes_.arena().budget().take(text.size());
  SchemaItem item{.form = SchemaItem::Form::text,
                  .is_large = true,
                  .size = static_cast<std::uint32_t>(text.size())};
  item.data = contents_.keep(std::move(text));
  add(item);
}

void SchemaNodes::end_list() {
  const NodeId list = nodes_.add_list(PyKind::list);
  for (std::size_t index = 0; index < stack_.size(); ++index) {
    nodes_.append(list, node_of(stack_[index]));
  }
  stack_.close();
  if (stack_.empty()) broken("the schema is a list, expected an object");
  add_node(list);
}

void SchemaNodes::end_object() {
  const NodeId node = node_of_object();
  stack_.close();
  if (!stack_.empty()) {
    add_node(node);
  } else {
    root_ = node;
  }
}

NodeId SchemaNodes::root() const {
  if (!root_) broken("it is empty");
  return *root_;
}

// A number says whether the node has been met before, and then that one is meant: skops writes
// shared objects out each time.
NodeId SchemaNodes::node_of_object() {
  if (stack_.depth() == 1) check_protocol();
  if (stack_.find("__loader__") == nullptr) return make_plain_dict();
  const SchemaItem* const number = stack_.find("__id__");
  if (number == nullptr || number->form != SchemaItem::Form::integer) return make_node();
  const std::int64_t id = number->integer;
  if (const auto found = remembered_.find(id); found != remembered_.end()) {
    if (found->second.order >= stack_.top().memo_begin) {
      broken(fmt::format("node {} contains itself", id));
    }
    return found->second.node;
  }
  const NodeId made = make_node();
  nodes_.arena().budget().take(kMapEntrySize);
  remembered_.emplace(id, Remembered{made, remembered_.size()});
  return made;
}

NodeId SchemaNodes::make_node() {
  const std::string_view name = word("__loader__");
  const auto known = std::ranges::find(loaders(), name, &Loader::name);
  if (known == loaders().end()) {
    refuse(Code::unimplemented, "skops: schema.json: {} is a node that is not known here", title());
  }
  return (this->*known->make)();
}

NodeId SchemaNodes::make_plain_dict() {
  const NodeId dict = nodes_.add_list(PyKind::dict);
  for (std::size_t index = 0; index < stack_.size(); index += 2) {
    nodes_.append(dict, kept_text_node(stack_.text(stack_[index])));
    nodes_.append(dict, node_of(stack_[index + 1]));
  }
  return dict;
}

// --- what an object says of itself ---------------------------------------------------------------

void SchemaNodes::broken(std::string_view what) const {
  refuse(Code::data_loss, "skops: schema.json: {}", what);
}

// "NdArrayNode of numpy.ndarray"
std::string SchemaNodes::title() const {
  std::string title;
  for (const std::string_view key : {"__loader__", "__module__", "__class__"}) {
    const SchemaItem* const item = stack_.find(key);
    const bool is_text = item != nullptr && item->form == SchemaItem::Form::text;
    if (!title.empty()) title += key == "__class__" ? "." : " of ";
    title += is_text ? quoted_text(stack_.text(*item)) : "?";
  }
  return title;
}

void SchemaNodes::check_protocol() const {
  const SchemaItem* const protocol = stack_.find("protocol");
  if (protocol == nullptr || protocol->form != SchemaItem::Form::integer || protocol->integer < 0) {
    broken("it has no protocol, expected a number");
  }
  if (protocol->integer > kSkopsProtocolMax) {
    refuse(Code::unimplemented, "skops: protocol {}, expected 0 to {}", protocol->integer,
           kSkopsProtocolMax);
  }
}

std::string_view SchemaNodes::word(std::string_view key) const {
  const SchemaItem* const item = stack_.find(key);
  if (item == nullptr || item->form != SchemaItem::Form::text) {
    broken(fmt::format("{} has no text {}", title(), key));
  }
  return stack_.text(*item);
}

NodeId SchemaNodes::child(std::string_view key, PyKind kind) const {
  const SchemaItem* const item = stack_.find(key);
  if (item == nullptr || item->form != SchemaItem::Form::node ||
      nodes_.node(item->node).kind != kind) {
    broken(fmt::format("{}: {} is not {}", title(), key, kind_text(kind)));
  }
  return item->node;
}

NodeId SchemaNodes::optional_child(std::string_view key) {
  const SchemaItem* const item = stack_.find(key);
  return item == nullptr ? kNodeNothing : node_of(*item);
}

const ZipEntry& SchemaNodes::file() const {
  const std::string_view name = word("file");
  const ZipEntry* const entry = archive_.find(name);
  if (entry == nullptr) {
    broken(fmt::format("{} stands in entry {}, which is not there", title(), quoted_text(name)));
  }
  return *entry;
}

// --- values --------------------------------------------------------------------------------------

NodeId SchemaNodes::node_of(const SchemaItem& item) {
  switch (item.form) {
    case SchemaItem::Form::null: return kNodeNone;
    case SchemaItem::Form::boolean: return item.integer != 0 ? kNodeTrue : kNodeFalse;
    case SchemaItem::Form::integer: return nodes_.add_integer(item.integer);
    case SchemaItem::Form::real: return nodes_.add({.kind = PyKind::real, .real = item.real});
    case SchemaItem::Form::node: return item.node;
    default: return text_node(stack_.text(item));
  }
}

NodeId SchemaNodes::text_node(std::string_view text) {
  return nodes_.add({.kind = PyKind::text,
                     .size = static_cast<std::uint32_t>(text.size()),
                     .text = nodes_.arena().copy(text).data()});
}

// Attributes have the same names in each of a thousand trees.
NodeId SchemaNodes::kept_text_node(std::string_view text) {
  if (text.size() > kNameSizeMax) return text_node(text);
  if (const auto found = names_.find(text); found != names_.end()) return found->second;
  const NodeId made = text_node(text);
  nodes_.arena().budget().take(kMapEntrySize);
  names_.emplace(text_of(nodes_.node(made)), made);
  return made;
}

NodeId SchemaNodes::global(std::string_view module, std::string_view name) {
  std::string full_name(module);
  full_name.append(".").append(name);
  if (const auto found = globals_.find(full_name); found != globals_.end()) return found->second;
  check_global(module, name, "skops");
  const std::string_view kept = nodes_.arena().copy(full_name);
  nodes_.arena().budget().take(kMapEntrySize);
  const NodeId made = nodes_.add({.kind = PyKind::global,
                                  .size = static_cast<std::uint32_t>(kept.size()),
                                  .text = kept.data()});
  globals_.emplace(kept, made);
  return made;
}

NodeId SchemaNodes::object(NodeId callable, NodeId arguments, NodeId state, NodeId entries) {
  return nodes_.add({.kind = PyKind::object,
                     .object = nodes_.arena().make_one(NodeObject{.callable = callable,
                                                                  .arguments = arguments,
                                                                  .keywords = kNodeNothing,
                                                                  .state = state,
                                                                  .items = kNodeNothing,
                                                                  .entries = entries})});
}

// The array in an entry. Its header is read once, however many nodes say that it is theirs.
const NodeArray& SchemaNodes::array_of(const ZipEntry& entry) {
  if (const auto found = arrays_.find(&entry); found != arrays_.end()) return *found->second;
  const std::size_t have = reader_->read(entry, 0, header_);
  const std::string where = fmt::format("skops: {}", entry.name);
  const NpyHeader header = read_npy_header({header_.data(), have}, nodes_.arena(), where);
  const auto size = static_cast<std::uint64_t>(header.layout.count) *
                    static_cast<std::uint64_t>(header.layout.type->item_size);
  if (size != entry.size - header.size) {
    refuse(Code::data_loss, "{}: an array of {} elements of {} bytes, and {} bytes for them", where,
           header.layout.count, header.layout.type->item_size, entry.size - header.size);
  }
  PyBlob blob{.size = size, .offset = entry.offset + header.size, .stored_size = size};
  if (entry.data != nullptr) {
    blob.data = entry.data + header.size;
  } else if (size <= kSkopsArraySmall && header.size + size <= have) {
    blob.data =
        nodes_.arena().copy({header_.data() + header.size, static_cast<std::size_t>(size)}).data();
  }
  nodes_.arena().budget().take(kMapEntrySize);
  const NodeArray* const made = nodes_.arena().make_one(
      NodeArray{.layout = header.layout, .bytes = blob, .items = kNodeNothing});
  arrays_.emplace(&entry, made);
  return *made;
}

}  // namespace ml_inference
