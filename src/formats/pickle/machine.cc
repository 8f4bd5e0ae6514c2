// SPDX-License-Identifier: MIT
#include "formats/pickle/machine.h"

#include "formats/format_error.h"
#include "formats/pickle/limits.h"
#include "formats/pickle/text_scan.h"
#include "formats/python/globals.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <limits>
#include <string>

namespace ml_inference {
namespace {

constexpr int kProtocolMin = 2;
constexpr int kProtocolMax = 5;

// A text that is short enough to be counted again.
constexpr std::uint64_t kShortText = 64;

TextForm form_of(const TextScan& scan, std::uint64_t size) {
  if (scan.character_count() == size) return TextForm::ascii;
  if (scan.has_surrogates()) return TextForm::surrogates;
  if (!scan.is_latin1()) return TextForm::other;
  return size <= kShortText ? TextForm::latin1 : TextForm::latin1_blob;
}

}  // namespace

PickleMachine::PickleMachine(PickleInput& input, NodeStore& nodes, int depth)
    : input_(input),
      nodes_(nodes),
      objects_(nodes),
      depth_(depth),
      stack_(nodes.arena().budget()),
      marks_(nodes.arena().budget()),
      memo_(nodes.arena().budget()) {}

NodeId PickleMachine::run() {
  for (;;) {
    position_ = input_.position();
    objects_.set_position(position_);
    const std::uint8_t byte = input_.byte();
    const auto opcode = static_cast<Opcode>(byte);
    if (opcode == Opcode::stop) return pop();
    if (obey_text(opcode) || obey_stack(opcode) || obey_number(opcode) || obey_container(opcode) ||
        obey_call(opcode)) {
      continue;
    }
    refuse(Code::unimplemented, "pickle: byte {}: opcode {} is not read here", position_,
           opcode_text(byte));
  }
}

bool PickleMachine::obey_number(Opcode opcode) {
  switch (opcode) {
    case Opcode::none: push(kNodeNone); return true;
    case Opcode::newtrue: push(kNodeTrue); return true;
    case Opcode::newfalse: push(kNodeFalse); return true;
    case Opcode::binint: push(nodes_.add_integer(input_.number<std::int32_t>())); return true;
    case Opcode::binint1: push(nodes_.add_integer(input_.byte())); return true;
    case Opcode::binint2: push(nodes_.add_integer(input_.number<std::uint16_t>())); return true;
    case Opcode::long1: push_long(input_.byte()); return true;
    case Opcode::long4: {
      const auto size = input_.number<std::int32_t>();
      if (size < 0) objects_.broken(fmt::format("an integer of {} bytes", size));
      push_long(static_cast<std::uint64_t>(size));
      return true;
    }
    case Opcode::binfloat: push_big_endian_real(); return true;
    default: return false;
  }
}

bool PickleMachine::obey_text(Opcode opcode) {
  switch (opcode) {
    case Opcode::short_binunicode: push_text(input_.byte()); return true;
    case Opcode::binunicode: push_text(input_.number<std::uint32_t>()); return true;
    case Opcode::binunicode8: push_text(input_.number<std::uint64_t>()); return true;
    case Opcode::short_binbytes: push_bytes(input_.byte()); return true;
    case Opcode::binbytes: push_bytes(input_.number<std::uint32_t>()); return true;
    case Opcode::binbytes8:
    case Opcode::bytearray8: push_bytes(input_.number<std::uint64_t>()); return true;
    default: return false;
  }
}

bool PickleMachine::obey_container(Opcode opcode) {
  switch (opcode) {
    case Opcode::empty_tuple: push_tuple(0); return true;
    case Opcode::tuple1: push_tuple(1); return true;
    case Opcode::tuple2: push_tuple(2); return true;
    case Opcode::tuple3: push_tuple(3); return true;
    case Opcode::tuple: push_tuple(stack_.size() - pop_mark()); return true;
    case Opcode::empty_list: push(nodes_.add_list(PyKind::list)); return true;
    case Opcode::empty_dict: push(nodes_.add_list(PyKind::dict)); return true;
    case Opcode::empty_set: push(nodes_.add_list(PyKind::set)); return true;
    case Opcode::list: push_marked(PyKind::list); return true;
    case Opcode::dict: push_marked(PyKind::dict); return true;
    case Opcode::frozenset: push_marked(PyKind::set); return true;
    case Opcode::append: append_from(stack_.size() - 1); return true;
    case Opcode::appends: append_from(pop_mark()); return true;
    case Opcode::setitem: set_from(stack_.size() - 2); return true;
    case Opcode::setitems: set_from(pop_mark()); return true;
    case Opcode::additems: add_from(pop_mark()); return true;
    default: return false;
  }
}

bool PickleMachine::obey_stack(Opcode opcode) {
  switch (opcode) {
    case Opcode::mark: marks_.push_back(static_cast<std::uint32_t>(stack_.size())); return true;
    case Opcode::pop:
      // As in Python: of an empty stack it takes the mark below.
      if (marks_.size() > 0 && marks_[marks_.size() - 1] == stack_.size()) {
        marks_.shrink(marks_.size() - 1);
      } else {
        static_cast<void>(pop());
      }
      return true;
    case Opcode::pop_mark: stack_.shrink(pop_mark()); return true;
    case Opcode::dup: push(top()); return true;
    case Opcode::memoize: remember(memo_count_, top()); return true;
    case Opcode::binput: remember(input_.byte(), top()); return true;
    case Opcode::long_binput: remember(input_.number<std::uint32_t>(), top()); return true;
    case Opcode::binget: recall(input_.byte()); return true;
    case Opcode::long_binget: recall(input_.number<std::uint32_t>()); return true;
    case Opcode::proto: check_protocol(input_.byte()); return true;
    // Arrays of joblib stand between frames, so their sizes say nothing but this.
    case Opcode::frame: input_.check_left(input_.number<std::uint64_t>()); return true;
    default: return false;
  }
}

bool PickleMachine::obey_call(Opcode opcode) {
  NodeId keywords = kNodeNothing;
  switch (opcode) {
    case Opcode::global: global_of_lines(); return true;
    case Opcode::stack_global: global_of_stack(); return true;
    case Opcode::build: build(); return true;
    case Opcode::newobj_ex: keywords = pop(); break;
    case Opcode::newobj:
    case Opcode::reduce: break;
    default: return false;
  }
  const NodeId arguments = pop();
  const NodeId callable = pop();
  push(objects_.call(callable, arguments, keywords));
  return true;
}

NodeId PickleMachine::top() {
  const std::size_t floor = marks_.size() == 0 ? 0 : marks_[marks_.size() - 1];
  if (stack_.size() <= floor) objects_.broken("an opcode takes a value, and there is none");
  return stack_[stack_.size() - 1];
}

NodeId PickleMachine::pop() {
  const NodeId id = top();
  stack_.shrink(stack_.size() - 1);
  return id;
}

std::size_t PickleMachine::pop_mark() {
  if (marks_.size() == 0)
    objects_.broken("an opcode takes what stands behind a mark, and there is none");
  const std::size_t begin = marks_[marks_.size() - 1];
  marks_.shrink(marks_.size() - 1);
  return begin;
}

void PickleMachine::remember(std::uint64_t index, NodeId id) {
  if (index > memo_.size() + kPickleMemoGapMax) {
    refuse(Code::resource_exhausted, "pickle: byte {}: number {} in a memo of {}", position_, index,
           memo_.size());
  }
  while (memo_.size() <= index) memo_.push_back(kNodeNothing);
  if (memo_[index] == kNodeNothing) ++memo_count_;
  memo_[index] = id;
}

void PickleMachine::recall(std::uint64_t index) {
  if (index >= memo_.size() || memo_[index] == kNodeNothing) {
    objects_.broken(fmt::format("number {} is not in the memo", index));
  }
  push(memo_[index]);
}

void PickleMachine::push_big_endian_real() {
  const auto bits = __builtin_bswap64(input_.number<std::uint64_t>());
  push(nodes_.add({.kind = PyKind::real, .real = std::bit_cast<double>(bits)}));
}

void PickleMachine::push_long(std::uint64_t size) {
  if (size > sizeof(std::int64_t)) {
    push(nodes_.add(
        {.kind = PyKind::big_integer, .blob = nodes_.arena().make_one(input_.blob(size))}));
    return;
  }
  const std::string_view bytes = input_.take(static_cast<std::size_t>(size));
  std::uint64_t value = bytes.empty() || static_cast<signed char>(bytes.back()) >= 0 ? 0 : ~0ULL;
  for (std::size_t index = bytes.size(); index-- > 0;) {
    value = (value << 8) | static_cast<unsigned char>(bytes[index]);
  }
  push(nodes_.add_integer(static_cast<std::int64_t>(value)));
}

void PickleMachine::push_text(std::uint64_t size) {
  TextScan scan;
  PyBlob blob = input_.blob(size, &scan);
  if (!scan.is_valid()) objects_.broken("a text is no UTF-8");
  Node node{.kind = PyKind::text, .form = form_of(scan, size)};
  if (blob.data == nullptr || size > std::numeric_limits<std::uint32_t>::max()) {
    node.kind = PyKind::long_text;
  }
  if (node.kind == PyKind::text && node.form != TextForm::latin1_blob) {
    node.size = static_cast<std::uint32_t>(size);
    node.text = blob.data;
  } else {
    // A long text is given back as it is stored; only what is made into bytes of it is decoded.
    blob.is_latin1 = scan.is_latin1();
    node.size = node.kind == PyKind::text ? static_cast<std::uint32_t>(size) : 0;
    node.blob = nodes_.arena().make_one(blob);
    node.blob->size = scan.is_latin1() ? scan.character_count() : size;
  }
  push(nodes_.add(node));
}

void PickleMachine::push_bytes(std::uint64_t size) {
  push(nodes_.add({.kind = PyKind::bytes, .blob = nodes_.arena().make_one(input_.blob(size))}));
}

void PickleMachine::push_global(std::string_view module, std::string_view name) {
  check_global(module, name, "pickle");
  const std::size_t size = module.size() + 1 + name.size();
  const std::span<char> text = nodes_.arena().make<char>(size);
  module.copy(text.data(), module.size());
  text[module.size()] = '.';
  name.copy(text.data() + module.size() + 1, name.size());
  const std::string_view full_name(text.data(), size);
  push(nodes_.add({.kind = PyKind::global,
                   .known = known_global(full_name),
                   .size = static_cast<std::uint32_t>(size),
                   .text = full_name.data()}));
}

void PickleMachine::global_of_lines() {
  const std::string module(input_.line());
  push_global(module, input_.line());
}

void PickleMachine::global_of_stack() {
  const Node name = nodes_.node(pop());
  const Node module = nodes_.node(pop());
  if (name.kind != PyKind::text || module.kind != PyKind::text) {
    objects_.broken("a module and a name are no texts");
  }
  if (name.size > kPickleNameSizeMax || module.size > kPickleNameSizeMax) {
    objects_.broken(fmt::format("a module and a name of {} and {} bytes, expected at most {}",
                                module.size, name.size, kPickleNameSizeMax));
  }
  push_global(text_of(module), text_of(name));
}

void PickleMachine::push_tuple(std::size_t size) {
  const std::span<NodeId> ids = nodes_.arena().make<NodeId>(size);
  for (std::size_t index = size; index-- > 0;) ids[index] = pop();
  push(nodes_.add(
      {.kind = PyKind::tuple, .size = static_cast<std::uint32_t>(size), .tuple = ids.data()}));
}

void PickleMachine::push_marked(PyKind kind) {
  const std::size_t begin = pop_mark();
  if (kind == PyKind::dict && (stack_.size() - begin) % 2 != 0) {
    objects_.broken("a dict has a key without a value");
  }
  const NodeId made = nodes_.add_list(kind);
  for (std::size_t index = begin; index < stack_.size(); ++index) {
    nodes_.append(made, stack_[index]);
  }
  stack_.shrink(begin);
  push(made);
}

// The list or dict that takes what is given to the value: itself, or one that the object has.
NodeId PickleMachine::container_for(NodeId id, PyKind kind) {
  const Node node = nodes_.node(id);
  if (node.kind == kind) return id;
  if (node.kind != PyKind::object || kind == PyKind::set) {
    objects_.broken(
        fmt::format("{} is given items, expected {}", kind_text(node.kind), kind_text(kind)));
  }
  NodeId& part = kind == PyKind::list ? node.object->items : node.object->entries;
  if (part == kNodeNothing) part = nodes_.add_list(kind);
  return part;
}

// What stands below the values that an opcode takes, the first of which is at `begin`.
NodeId PickleMachine::below(std::size_t begin) const {
  const std::size_t floor = marks_.size() == 0 ? 0 : marks_[marks_.size() - 1];
  if (begin > stack_.size() || begin <= floor) {
    objects_.broken("an opcode takes a list, dict or set, and there is none");
  }
  return stack_[begin - 1];
}

void PickleMachine::append_from(std::size_t begin) {
  const NodeId to = container_for(below(begin), PyKind::list);
  for (std::size_t index = begin; index < stack_.size(); ++index) {
    nodes_.append(to, stack_[index]);
  }
  stack_.shrink(begin);
}

void PickleMachine::set_from(std::size_t begin) {
  const NodeId to = container_for(below(begin), PyKind::dict);
  if ((stack_.size() - begin) % 2 != 0) objects_.broken("a dict has a key without a value");
  for (std::size_t index = begin; index < stack_.size(); ++index) {
    nodes_.append(to, stack_[index]);
  }
  stack_.shrink(begin);
}

void PickleMachine::add_from(std::size_t begin) {
  const NodeId to = container_for(below(begin), PyKind::set);
  for (std::size_t index = begin; index < stack_.size(); ++index) {
    nodes_.append(to, stack_[index]);
  }
  stack_.shrink(begin);
}

void PickleMachine::check_protocol(std::uint8_t protocol) const {
  if (protocol >= kProtocolMin && protocol <= kProtocolMax) return;
  refuse(Code::unimplemented, "pickle: byte {}: protocol {}, expected {} to {}", position_,
         protocol, kProtocolMin, kProtocolMax);
}

void PickleMachine::build() {
  const NodeId state = pop();
  const NodeId object = top();
  if (objects_.is_joblib_array(object)) {
    read_joblib_array(object, state);
  } else {
    objects_.build(object, state);
  }
}

// The elements stand at once behind the opcode. Objects are a pickle of their own.
void PickleMachine::read_joblib_array(NodeId object, NodeId state) {
  const PickleObjects::JoblibArray array = objects_.joblib_array(state);
  if (!array.layout.type->has_objects) {
    if (array.is_aligned) static_cast<void>(input_.take(input_.byte()));
    objects_.become_array(object, array.layout, input_.blob(PickleObjects::size_of(array.layout)),
                          kNodeNothing);
    return;
  }
  if (depth_ >= kPickleNestedMax) {
    refuse(Code::resource_exhausted, "pickle: byte {}: more than {} pickles in one another",
           position_, kPickleNestedMax);
  }
  const Node inner = nodes_.node(PickleMachine(input_, nodes_, depth_ + 1).run());
  if (inner.kind != PyKind::array && inner.kind != PyKind::object) {
    objects_.broken(fmt::format("an array of objects is {}", kind_text(inner.kind)));
  }
  nodes_.at(object) = inner;
}

}  // namespace ml_inference
