// SPDX-License-Identifier: MIT
// The fields of a protocol buffer's message, read from its bytes one after the other: nothing of
// it is ever in memory a second time.
// Source: Protocol Buffers, "Encoding".
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace ml_inference {

/// How a field is written. Groups (3 and 4) belong to no file of ONNX.
enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

struct WireField {
  std::uint32_t number = 0;
  WireType type = WireType::varint;
  std::uint64_t value = 0;  ///< of a varint; of a fixed field its bits
  std::string_view bytes;   ///< the content: of a fixed field, too

  [[nodiscard]] bool is(std::uint32_t wanted, WireType as) const {
    return number == wanted && type == as;
  }
};

/// Reads a varint; null where it does not end before `end` or within ten bytes.
[[nodiscard]] inline const char* read_varint(const char* at, const char* end,
                                             std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; at != end && shift < 64; shift += 7) {
    const auto byte = static_cast<std::uint8_t>(*at++);
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return at;
  }
  return nullptr;
}

/// A view of one message.
///
///   for (WireFields fields(message); fields.next();) use(fields.field());
class WireFields {
 public:
  explicit WireFields(std::string_view message)
      : at_(message.data()), end_(message.data() + message.size()) {}

  /// Goes on to the next field; false behind the last one, and where the message is damaged.
  bool next();

  [[nodiscard]] const WireField& field() const { return field_; }

  /// Whether next() stopped at something that is no field, which begins at at().
  [[nodiscard]] bool is_damaged() const { return is_damaged_; }
  [[nodiscard]] const char* at() const { return at_; }

 private:
  bool read_content(const char* at);
  bool take_bytes(const char* at, std::uint64_t size);

  const char* at_;
  const char* end_;
  WireField field_;
  bool is_damaged_ = false;
};

inline bool WireFields::next() {
  if (at_ == end_ || is_damaged_) return false;
  std::uint64_t tag = 0;
  const char* at = read_varint(at_, end_, tag);
  constexpr std::uint64_t kTagMax = 0xFFFFFFFF;
  is_damaged_ = at == nullptr || tag > kTagMax || tag >> 3 == 0;
  if (is_damaged_) return false;
  field_.number = static_cast<std::uint32_t>(tag >> 3);
  field_.type = static_cast<WireType>(tag & 7);
  is_damaged_ = !read_content(at);
  return !is_damaged_;
}

inline bool WireFields::read_content(const char* at) {
  at_ = at;
  switch (field_.type) {
    case WireType::varint:
      at = read_varint(at, end_, field_.value);
      if (at == nullptr) return false;
      at_ = at;
      return true;
    case WireType::fixed64: return take_bytes(at, sizeof(std::uint64_t));
    case WireType::fixed32: return take_bytes(at, sizeof(std::uint32_t));
    case WireType::bytes: {
      std::uint64_t size = 0;
      at = read_varint(at, end_, size);
      return at != nullptr && take_bytes(at, size);
    }
  }
  return false;
}

inline bool WireFields::take_bytes(const char* at, std::uint64_t size) {
  at_ = at;
  if (size > static_cast<std::uint64_t>(end_ - at)) return false;
  field_.bytes = {at, static_cast<std::size_t>(size)};
  field_.value = 0;
  // Little-endian, as this machine is (values.cc makes sure of it).
  if (field_.type != WireType::bytes) std::memcpy(&field_.value, at, size);
  at_ = at + size;
  return true;
}

/// Calls use(std::int64_t) with each value of a repeated field of varints, packed or not.
template <class Use>
void for_each_varint(std::string_view message, std::uint32_t number, const Use& use) {
  for (WireFields fields(message); fields.next();) {
    const WireField& field = fields.field();
    if (field.is(number, WireType::varint)) {
      use(static_cast<std::int64_t>(field.value));
    } else if (field.is(number, WireType::bytes)) {
      const char* at = field.bytes.data();
      const char* const end = at + field.bytes.size();
      std::uint64_t value = 0;
      while (at != end && (at = read_varint(at, end, value)) != nullptr) {
        use(static_cast<std::int64_t>(value));
      }
    }
  }
}

/// Calls use(std::string_view) with each value of a repeated field of texts, bytes or messages.
template <class Use>
void for_each_bytes(std::string_view message, std::uint32_t number, const Use& use) {
  for (WireFields fields(message); fields.next();) {
    if (fields.field().is(number, WireType::bytes)) use(fields.field().bytes);
  }
}

/// How many values a repeated field of texts, bytes or messages has.
[[nodiscard]] inline std::size_t count_bytes(std::string_view message, std::uint32_t number) {
  std::size_t count = 0;
  for_each_bytes(message, number, [&count](std::string_view) { ++count; });
  return count;
}

/// Floats or doubles of a repeated field that stand at even distances.
struct WireRun {
  const char* data = nullptr;
  std::size_t stride = 0;  ///< bytes from one to the next
  std::size_t count = 0;
};

/// Calls use(const WireRun&) with each run of values of `width` bytes, 4 or 8, in a row.
/// Values that are written one by one are a run as far as nothing stands between them.
template <class Use>
void for_each_run(std::string_view message, std::uint32_t number, std::size_t width,
                  const Use& use) {
  const WireType single = width == 4 ? WireType::fixed32 : WireType::fixed64;
  WireRun run;
  const auto end_run = [&] {
    if (run.count != 0) use(run);
    run = {};
  };
  for (WireFields fields(message); fields.next();) {
    const WireField& field = fields.field();
    if (field.is(number, single)) {
      const auto step = static_cast<std::size_t>(
          run.count == 0 ? 0 : field.bytes.data() - (run.data + (run.count - 1) * run.stride));
      if (run.count == 1 && step < 2 * width) run.stride = step;
      if (run.count != 0 && (step != run.stride || run.stride == 0)) end_run();
      if (run.count == 0) run = {.data = field.bytes.data()};
      ++run.count;
    } else if (field.is(number, WireType::bytes)) {
      end_run();
      use(WireRun{field.bytes.data(), width, field.bytes.size() / width});
    }
  }
  end_run();
}

}  // namespace ml_inference
