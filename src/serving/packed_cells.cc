// SPDX-License-Identifier: MIT
#include "serving/packed_cells.h"

#include "base/assert.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>

namespace ml_inference {
namespace {

static_assert(std::endian::native == std::endian::little, "packed numbers are copied as they are");

template <class Number>
void copy_numbers(const char* bytes, std::span<double> out) {
  for (std::size_t index = 0; index < out.size(); ++index) {
    Number number;
    std::memcpy(&number, bytes + index * sizeof(Number), sizeof(Number));
    out[index] = static_cast<double>(number);
  }
}

// Without its sign a number of IEEE 754 is the larger the larger its bits are as a whole number;
// the infinite one comes after all others, and what is no number after that. No branch, and no
// order.
template <class Number, class Bits>
double largest_of(std::string_view bytes) {
  Bits largest = 0;
  for (std::size_t index = 0; index < bytes.size(); index += sizeof(Bits)) {
    Bits bits;
    std::memcpy(&bits, bytes.data() + index, sizeof(Bits));
    largest = std::max<Bits>(largest, bits & std::numeric_limits<Bits>::max());
  }
  return static_cast<double>(std::bit_cast<Number>(largest));
}

std::size_t size_of(PackedCells::Type type) {
  return type == PackedCells::Type::float32 ? sizeof(float) : sizeof(double);
}

}  // namespace

PackedCells::PackedCells(Type type, std::string_view bytes) : type_(type), bytes_(bytes) {
  ASSERT(bytes.size() % size_of(type) == 0);
}

std::size_t PackedCells::size() const { return bytes_.size() / size_of(type_); }

double PackedCells::largest_magnitude() const {
  if (type_ == Type::float32) return largest_of<float, std::int32_t>(bytes_);
  return largest_of<double, std::int64_t>(bytes_);
}

void PackedCells::copy(std::size_t first, std::span<double> out) const {
  ASSERT(first <= size() && out.size() <= size() - first);
  const char* const begin = bytes_.data() + first * size_of(type_);
  if (type_ == Type::float32) return copy_numbers<float>(begin, out);
  copy_numbers<double>(begin, out);
}

}  // namespace ml_inference
