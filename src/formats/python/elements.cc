// SPDX-License-Identifier: MIT
#include "formats/python/elements.h"

#include "base/utf8.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace ml_inference {
namespace {

std::optional<ElementForm> form_of(char kind, std::int64_t size) {
  if (kind == 'b' && size == 1) return ElementForm::b1;
  const bool is_signed = kind == 'i';
  if (is_signed || kind == 'u') {
    switch (size) {
      case 1: return is_signed ? ElementForm::i1 : ElementForm::u1;
      case 2: return is_signed ? ElementForm::i2 : ElementForm::u2;
      case 4: return is_signed ? ElementForm::i4 : ElementForm::u4;
      case 8: return is_signed ? ElementForm::i8 : ElementForm::u8;
      default: return std::nullopt;
    }
  }
  if (kind != 'f') return std::nullopt;
  switch (size) {
    case 2: return ElementForm::f2;
    case 4: return ElementForm::f4;
    case 8: return ElementForm::f8;
    default: return std::nullopt;
  }
}

bool append_utf8(std::uint32_t code, std::string& out) {
  if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
  const auto rest = [&](unsigned shift) {
    return static_cast<char>(0x80 | ((code >> shift) & 0x3F));
  };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += {static_cast<char>(0xC0 | (code >> 6)), rest(0)};
  } else if (code < 0x10000) {
    out += {static_cast<char>(0xE0 | (code >> 12)), rest(6), rest(0)};
  } else {
    out += {static_cast<char>(0xF0 | (code >> 18)), rest(12), rest(6), rest(0)};
  }
  return true;
}

std::uint32_t code_at(const ArrayType& type, const char* at) {
  std::uint32_t code = 0;
  std::memcpy(&code, at, sizeof code);
  return type.is_big_endian ? __builtin_bswap32(code) : code;
}

std::optional<std::string> unicode_text(const ArrayType& type, const char* at) {
  constexpr std::int64_t kCodeSize = 4;
  std::int64_t count = type.item_size / kCodeSize;
  while (count > 0 && code_at(type, at + (count - 1) * kCodeSize) == 0) --count;
  std::string out;
  for (std::int64_t index = 0; index < count; ++index) {
    if (!append_utf8(code_at(type, at + index * kCodeSize), out)) return std::nullopt;
  }
  return out;
}

template <class Number>
void copy_each(const char* at, std::size_t stride, std::span<Number> out) {
  for (Number& value : out) {
    std::memcpy(&value, at, sizeof value);
    at += stride;
  }
}

}  // namespace

std::optional<ElementReader> ElementReader::of(const ArrayType& type) {
  const std::optional<ElementForm> form = form_of(type.kind, type.item_size);
  if (!form || type.has_subarray) return std::nullopt;
  return ElementReader(*form, type.is_big_endian);
}

void ElementReader::numbers(const char* at, std::size_t stride, std::span<double> out) const {
  if (is_native_double()) return copy_each(at, stride, out);
  for (double& value : out) {
    value = number(at);
    at += stride;
  }
}

void ElementReader::integers(const char* at, std::size_t stride,
                             std::span<std::int64_t> out) const {
  const bool is_native = form_ == ElementForm::i8 && !is_big_endian_;
  if (is_native) return copy_each(at, stride, out);
  for (std::int64_t& value : out) {
    value = integer(at);
    at += stride;
  }
}

// IEEE 754 binary16.
double ElementReader::half(std::uint16_t bits) {
  constexpr int kExponentBias = 15;
  constexpr int kFractionBits = 10;
  constexpr int kExponentMax = 31;
  const int exponent = (bits >> kFractionBits) & kExponentMax;
  const int fraction = bits & ((1 << kFractionBits) - 1);
  double value = 0;
  if (exponent == kExponentMax) {
    value = fraction == 0 ? std::numeric_limits<double>::infinity()
                          : std::numeric_limits<double>::quiet_NaN();
  } else if (exponent == 0) {
    value = std::ldexp(fraction, 1 - kExponentBias - kFractionBits);
  } else {
    value = std::ldexp(fraction + (1 << kFractionBits), exponent - kExponentBias - kFractionBits);
  }
  return (bits & 0x8000) != 0 ? -value : value;
}

std::string type_text(const ArrayType& type) {
  constexpr std::int64_t kCodeSize = 4;
  if (type.kind == 'O') return "object";
  const std::int64_t number = type.kind == 'U' ? type.item_size / kCodeSize : type.item_size;
  const bool has_order = number > 1 && type.kind != 'V' && type.kind != 'S';
  return fmt::format("{}{}{}", has_order ? (type.is_big_endian ? ">" : "<") : "", type.kind,
                     number);
}

std::optional<std::string> element_text(const ArrayType& type, const char* at) {
  if (type.kind == 'U' && !type.has_subarray) return unicode_text(type, at);
  if (type.kind != 'S' || type.has_subarray) return std::nullopt;
  std::string_view bytes(at, static_cast<std::size_t>(type.item_size));
  const std::size_t last = bytes.find_last_not_of('\0');
  bytes = bytes.substr(0, last == std::string_view::npos ? 0 : last + 1);
  if (!is_utf8(bytes)) return std::nullopt;
  return std::string(bytes);
}

}  // namespace ml_inference
