// SPDX-License-Identifier: MIT
// A message of protocol buffers read field by field, without copies: what predictions are read by,
// whose tensors are large, and whose memory must be bounded by the message's size. Generated
// classes copy every tensor, and two bytes of an empty message become an object of a hundred.
// Source: protobuf 3.21, "Encoding"; the reading is its CodedInputStream's.
#pragma once

#include <google/protobuf/io/coded_stream.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <vector>

namespace ml_inference {

/// How a field stands in a message. One that its message declares otherwise is unknown, and passed
/// over as such.
enum class WireKind { varint, fixed64, bytes, fixed32 };

/// The fields of one message, one after the other.
/// Threads: belongs to one thread. The message outlives it.
class WireFields {
 public:
  explicit WireFields(std::string_view message)
      : message_(message),
        in_(reinterpret_cast<const std::uint8_t*>(message.data()),
            static_cast<int>(message.size())) {}

  /// Goes to the next field. False at the end, and where the message is broken.
  [[nodiscard]] bool next();

  /// Goes to the next one of bytes.
  [[nodiscard]] bool next_bytes();

  /// Whether next() stopped before the end.
  [[nodiscard]] bool is_broken() const { return broken_; }

  /// Of the field.
  [[nodiscard]] int number() const { return number_; }

  [[nodiscard]] WireKind kind() const { return kind_; }

  /// Whether the field is a text, bytes, a message or packed numbers; else it is one number.
  [[nodiscard]] bool has_bytes() const { return kind_ == WireKind::bytes; }

  /// Whether it is the whole number, truth value or enumerator of that number.
  [[nodiscard]] bool is_varint(int number) const {
    return number_ == number && kind_ == WireKind::varint;
  }

  /// Its bytes, in the message; empty for a number.
  [[nodiscard]] std::string_view bytes() const { return bytes_; }

  /// Its bits; 0 for bytes.
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  bool take_bytes();

  std::string_view message_;
  google::protobuf::io::CodedInputStream in_;
  int number_ = 0;
  WireKind kind_ = WireKind::varint;
  bool broken_ = false;
  std::string_view bytes_;
  std::uint64_t value_ = 0;
};

/// The bits of a varint as a value. A byte stands for a truth value: 1 for any bits but 0.
template <class Value>
[[nodiscard]] Value varint_value(std::uint64_t bits) {
  if constexpr (std::is_same_v<Value, std::uint8_t>) return bits != 0 ? 1 : 0;
  return static_cast<Value>(bits);
}

/// Appends packed whole numbers. False where the bytes are broken.
template <class Value>
[[nodiscard]] bool append_packed_varints(std::string_view bytes, std::vector<Value>& out) {
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                            static_cast<int>(bytes.size()));
  while (in.CurrentPosition() < static_cast<int>(bytes.size())) {
    std::uint64_t value = 0;
    if (!in.ReadVarint64(&value)) return false;
    out.push_back(varint_value<Value>(value));
  }
  return true;
}

/// Appends packed numbers of a fixed size. False where the bytes are no whole number of them.
template <class Value>
[[nodiscard]] bool append_packed_floats(std::string_view bytes, std::vector<Value>& out) {
  if (bytes.size() % sizeof(Value) != 0) return false;
  const std::size_t before = out.size();
  out.resize(before + bytes.size() / sizeof(Value));
  if (!bytes.empty()) std::memcpy(out.data() + before, bytes.data(), bytes.size());
  return true;
}

/// Appends the values of a repeated field, packed or alone. Value: float, double, a whole number, a
/// byte for a truth value, or a view of a text. False where they are broken.
template <class Value>
[[nodiscard]] bool append_values(const WireFields& field, std::vector<Value>& out) {
  if constexpr (std::is_same_v<Value, std::string_view>) {
    if (field.has_bytes()) out.push_back(field.bytes());
  } else if constexpr (std::is_floating_point_v<Value>) {
    if (field.has_bytes()) return append_packed_floats(field.bytes(), out);
    constexpr bool kIsSingle = sizeof(Value) == sizeof(std::uint32_t);
    using Bits = std::conditional_t<kIsSingle, std::uint32_t, std::uint64_t>;
    if (field.kind() == (kIsSingle ? WireKind::fixed32 : WireKind::fixed64)) {
      out.push_back(std::bit_cast<Value>(static_cast<Bits>(field.value())));
    }
  } else {
    if (field.has_bytes()) return append_packed_varints(field.bytes(), out);
    if (field.kind() == WireKind::varint) out.push_back(varint_value<Value>(field.value()));
  }
  return true;
}

/// Appends a field of bytes: a text, or a message that is serialized already.
void append_bytes_field(std::string& out, int number, std::string_view bytes);

/// Appends what stands before the bytes of such a field.
void append_bytes_header(std::string& out, int number, std::size_t size);

}  // namespace ml_inference
