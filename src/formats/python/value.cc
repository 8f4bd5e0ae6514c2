// SPDX-License-Identifier: MIT
#include "formats/python/value.h"

#include "base/assert.h"
#include "formats/python/contents.h"
#include "formats/python/nodes.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

namespace ml_inference {
namespace {

// What a stream gives at once of bytes that have to be decoded or decompressed.
constexpr std::size_t kPieceSize = std::size_t{256} << 10;

// Writes the Latin-1 bytes of a valid UTF-8 text up to U+00FF; returns how many bytes of the text
// were taken. Stops when either is at its end.
std::size_t decode_latin1(std::string_view text, std::span<char>& out) {
  constexpr std::uint64_t kHighBits = 0x8080'8080'8080'8080;
  std::size_t at = 0;
  std::size_t written = 0;
  const auto pair = [&] {
    const auto first = static_cast<unsigned char>(text[at]);
    const auto second = static_cast<unsigned char>(text[at + 1]);
    out[written++] = static_cast<char>(((first & 0x03) << 6) | (second & 0x3F));
    at += 2;
  };
  // Eight bytes at once; those before the first that is not ASCII are in their place then.
  while (text.size() - at > 8 && out.size() - written > 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data() + at, sizeof eight);
    std::memcpy(out.data() + written, &eight, sizeof eight);
    const auto ascii = static_cast<std::size_t>(std::countr_zero(eight & kHighBits)) / 8;
    at += ascii;
    written += ascii;
    if (ascii < 8) pair();
  }
  while (at < text.size() && written < out.size()) {
    const bool is_ascii = static_cast<signed char>(text[at]) >= 0;
    if (!is_ascii && at + 1 == text.size()) break;
    if (is_ascii) {
      out[written++] = text[at++];
    } else {
      pair();
    }
  }
  out = out.subspan(written);
  return at;
}

}  // namespace

std::string_view kind_text(PyKind kind) {
  constexpr std::array<std::string_view, 19> kTexts{"nothing",
                                                    "None",
                                                    "a bool",
                                                    "an integer",
                                                    "an integer beyond 64 bits",
                                                    "a float",
                                                    "a text",
                                                    "a text",
                                                    "bytes",
                                                    "a tuple",
                                                    "a list",
                                                    "a dict",
                                                    "a set",
                                                    "a slice",
                                                    "a class or function",
                                                    "an object",
                                                    "an array",
                                                    "a number of numpy",
                                                    "a dtype"};
  return kTexts[static_cast<std::size_t>(kind)];
}

Node PyValue::node() const { return contents_->nodes().node(id_); }

Node PyValue::node(PyKind expected) const {
  const Node found = node();
  ASSERT(found.kind == expected);
  return found;
}

PyKind PyValue::kind() const { return node().kind; }

std::int64_t PyValue::integer() const {
  const Node found = node();
  ASSERT(found.kind == PyKind::integer || found.kind == PyKind::boolean);
  return found.integer;
}

double PyValue::real() const { return node(PyKind::real).real; }

std::string_view PyValue::text() const { return text_of(node(PyKind::text)); }

bool PyValue::has_surrogates() const { return node().form == TextForm::surrogates; }

std::string_view PyValue::name() const {
  const Node found = node(PyKind::global);
  return {found.text, found.size};
}

std::size_t PyValue::size() const {
  const Node found = node();
  switch (found.kind) {
    case PyKind::tuple:
    case PyKind::slice: return found.size;
    case PyKind::list:
    case PyKind::set: return found.children->size;
    case PyKind::dict: return found.children->size / 2;
    default: ASSERT(found.kind == PyKind::dict); return 0;
  }
}

PyValue PyValue::item(std::size_t index) const {
  const Node found = node();
  ASSERT(index < size() && found.kind != PyKind::dict);
  const bool is_fixed = found.kind == PyKind::tuple || found.kind == PyKind::slice;
  return other(is_fixed ? found.tuple[index] : found.children->ids[index]);
}

PyValue PyValue::key(std::size_t index) const {
  const Node found = node(PyKind::dict);
  ASSERT(index < size());
  return other(found.children->ids[2 * index]);
}

PyValue PyValue::value(std::size_t index) const {
  const Node found = node(PyKind::dict);
  ASSERT(index < size());
  return other(found.children->ids[2 * index + 1]);
}

PyValue PyValue::callable() const { return other(node(PyKind::object).object->callable); }

PyValue PyValue::arguments() const { return other(node(PyKind::object).object->arguments); }

PyValue PyValue::keywords() const { return other(node(PyKind::object).object->keywords); }

PyValue PyValue::state() const { return other(node(PyKind::object).object->state); }

PyValue PyValue::items() const {
  const Node found = node();
  if (found.kind == PyKind::array) return other(found.array->items);
  return other(node(PyKind::object).object->items);
}

PyValue PyValue::entries() const { return other(node(PyKind::object).object->entries); }

const ArrayLayout& PyValue::layout() const { return node(PyKind::array).array->layout; }

const ArrayType& PyValue::type() const {
  const Node found = node();
  if (found.kind == PyKind::scalar) return *found.scalar->type;
  if (found.kind == PyKind::array) return *found.array->layout.type;
  return *node(PyKind::dtype).type;
}

PyValue PyValue::object() const { return other(node(PyKind::scalar).scalar->object); }

PyBlob PyValue::blob() const {
  const Node found = node();
  switch (found.kind) {
    case PyKind::text:
      return {.size = found.size, .stored_size = found.size, .data = text_of(found).data()};
    // As it is stored, also when it could become bytes of Latin-1.
    case PyKind::long_text:
      return {.size = found.blob->stored_size,
              .offset = found.blob->offset,
              .stored_size = found.blob->stored_size,
              .data = found.blob->data};
    case PyKind::bytes:
    case PyKind::big_integer: return *found.blob;
    case PyKind::scalar: return found.scalar->bytes;
    default: return node(PyKind::array).array->bytes;
  }
}

void PyValue::charge(std::uint64_t size) const { contents_->charge(size); }

PyBytes PyValue::load() const {
  const PyBlob found = blob();
  const auto size = static_cast<std::size_t>(found.size);
  if (size == 0) return PyBytes(std::string_view());
  if (found.data != nullptr && !found.is_latin1) {
    return PyBytes(std::string_view(found.data, size));
  }
  auto bytes = std::make_unique_for_overwrite<char[]>(size);
  std::size_t filled = 0;
  for (PyStream stream(*this); stream.left() > 0;) {
    const std::string_view piece = stream.next(1);
    std::ranges::copy(piece, bytes.get() + filled);
    filled += piece.size();
  }
  return {std::move(bytes), size};
}

PyStream::PyStream(const PyValue& value)
    : contents_(value.contents_),
      blob_(value.blob()),
      left_(blob_.size),
      offset_(blob_.data != nullptr ? 0 : blob_.offset) {
  contents_->charge(blob_.size);
}

std::string_view PyStream::next(std::size_t unit) {
  ASSERT(unit > 0);
  if (left_ == 0) return {};
  if (blob_.data != nullptr && !blob_.is_latin1) {
    left_ = 0;
    return {blob_.data, static_cast<std::size_t>(blob_.size)};
  }
  const std::size_t units = std::max<std::size_t>(kPieceSize / unit, 1);
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(units * unit, left_));
  if (buffer_size_ < size) {
    buffer_ = std::make_unique_for_overwrite<char[]>(size);
    buffer_size_ = size;
  }
  const std::span<char> piece(buffer_.get(), size);
  if (blob_.is_latin1) {
    decode(piece);
  } else {
    contents_->source().read(offset_, piece);
    offset_ += size;
  }
  left_ -= size;
  return {piece.data(), piece.size()};
}

// The text of a Latin-1 blob, from memory or out of the stream. What was cut in the middle of a
// character is asked for again.
void PyStream::decode(std::span<char> out) {
  if (blob_.data != nullptr) {
    const auto left = static_cast<std::size_t>(blob_.stored_size - offset_);
    offset_ += decode_latin1({blob_.data + offset_, left}, out);
    return;
  }
  std::array<char, 16 << 10> text;
  std::size_t kept = 0;  // the first byte of a character whose second has not come yet
  while (!out.empty()) {
    // Each byte that is missing is one or two of the text; one each never reads too far.
    const std::size_t size = std::min(out.size(), text.size() - kept);
    contents_->source().read(offset_, {text.data() + kept, size});
    offset_ += size;
    const std::size_t have = kept + size;
    const std::size_t taken = decode_latin1({text.data(), have}, out);
    kept = have - taken;
    std::copy(text.data() + taken, text.data() + have, text.data());
    if (out.empty()) offset_ -= kept;
  }
}

PyDocument::PyDocument(std::unique_ptr<PyContents> contents, std::uint32_t root)
    : contents_(std::move(contents)), root_(root) {}
PyDocument::PyDocument(PyDocument&&) noexcept = default;
PyDocument& PyDocument::operator=(PyDocument&&) noexcept = default;
PyDocument::~PyDocument() = default;

}  // namespace ml_inference
