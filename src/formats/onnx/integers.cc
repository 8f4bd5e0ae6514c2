// SPDX-License-Identifier: MIT
#include "formats/onnx/integers.h"

#include "formats/onnx/wire.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace ml_inference {

OnnxIntegers::Width OnnxIntegers::width_for(std::int64_t least, std::int64_t most) {
  if (least >= 0 && most <= std::numeric_limits<std::uint8_t>::max()) return Width::u8;
  if (least >= 0 && most <= std::numeric_limits<std::uint16_t>::max()) return Width::u16;
  using Int32 = std::numeric_limits<std::int32_t>;
  return least >= Int32::min() && most <= Int32::max() ? Width::i32 : Width::i64;
}

OnnxIntegers::OnnxIntegers(std::size_t count, std::int64_t least, std::int64_t most,
                           OnnxMemory& memory)
    : width_(width_for(least, most)),
      size_(count),
      share_(memory, count, static_cast<std::size_t>(width_)) {
  bytes_.resize(count * static_cast<std::size_t>(width_));
}

OnnxIntegers::OnnxIntegers(std::string_view message, std::uint32_t number, OnnxMemory& memory) {
  std::size_t count = 0;
  std::int64_t least = 0;
  std::int64_t most = 0;
  for_each_varint(message, number, [&](std::int64_t value) {
    ++count;
    least = std::min(least, value);
    most = std::max(most, value);
  });
  *this = OnnxIntegers(count, least, most, memory);
  std::size_t next = 0;
  for_each_varint(message, number, [&](std::int64_t value) { set(next++, value); });
}

template <class T>
std::int64_t OnnxIntegers::get(std::size_t index) const {
  T value;
  std::memcpy(&value, bytes_.data() + index * sizeof(T), sizeof(T));
  return value;
}

template <class T>
void OnnxIntegers::put(std::size_t index, std::int64_t value) {
  const T narrow = static_cast<T>(value);
  std::memcpy(bytes_.data() + index * sizeof(T), &narrow, sizeof(T));
}

std::int64_t OnnxIntegers::operator[](std::size_t index) const {
  switch (width_) {
    case Width::u8: return get<std::uint8_t>(index);
    case Width::u16: return get<std::uint16_t>(index);
    case Width::i32: return get<std::int32_t>(index);
    case Width::i64: break;
  }
  return get<std::int64_t>(index);
}

void OnnxIntegers::set(std::size_t index, std::int64_t value) {
  switch (width_) {
    case Width::u8: return put<std::uint8_t>(index, value);
    case Width::u16: return put<std::uint16_t>(index, value);
    case Width::i32: return put<std::int32_t>(index, value);
    case Width::i64: return put<std::int64_t>(index, value);
  }
}

}  // namespace ml_inference
