// SPDX-License-Identifier: MIT
// One element of an array as a number of ours.
#pragma once

#include "formats/python/array_layout.h"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ml_inference {

/// How an element lies in its bytes.
enum class ElementForm : std::uint8_t { b1, i1, u1, i2, u2, i4, u4, i8, u8, f2, f4, f8 };

/// Takes numbers out of bytes. Cheap to copy.
class ElementReader {
 public:
  /// None when the elements are no numbers, or long doubles, or complex.
  [[nodiscard]] static std::optional<ElementReader> of(const ArrayType& type);

  [[nodiscard]] ElementForm form() const { return form_; }
  [[nodiscard]] bool is_float() const { return form_ >= ElementForm::f2; }

  /// Whether the bytes are those of a double here.
  [[nodiscard]] bool is_native_double() const {
    return form_ == ElementForm::f8 && !is_big_endian_;
  }

  /// The element at `at`, rounded to the nearest double if it is an integer beyond 2^53.
  [[nodiscard]] double number(const char* at) const {
    switch (form_) {
      case ElementForm::f8: return std::bit_cast<double>(take<std::uint64_t>(at));
      case ElementForm::f4: return std::bit_cast<float>(take<std::uint32_t>(at));
      case ElementForm::f2: return half(take<std::uint16_t>(at));
      case ElementForm::u8: return static_cast<double>(take<std::uint64_t>(at));
      default: return static_cast<double>(integer(at));
    }
  }

  /// The element at `at` if it is an integer or a bool: u8 as the same 64 bits. Floats are cut.
  [[nodiscard]] std::int64_t integer(const char* at) const {
    switch (form_) {
      case ElementForm::i8:
      case ElementForm::u8: return static_cast<std::int64_t>(take<std::uint64_t>(at));
      case ElementForm::i4: return static_cast<std::int32_t>(take<std::uint32_t>(at));
      case ElementForm::u4: return take<std::uint32_t>(at);
      case ElementForm::i2: return static_cast<std::int16_t>(take<std::uint16_t>(at));
      case ElementForm::u2: return take<std::uint16_t>(at);
      case ElementForm::i1: return static_cast<signed char>(*at);
      case ElementForm::u1: return static_cast<unsigned char>(*at);
      case ElementForm::b1: return *at != 0 ? 1 : 0;
      default: return 0;
    }
  }

  /// number() of elements that stand `stride` bytes apart, the first of them at `at`. Many at once
  /// are much quicker than one after the other.
  void numbers(const char* at, std::size_t stride, std::span<double> out) const;

  /// Likewise integer().
  void integers(const char* at, std::size_t stride, std::span<std::int64_t> out) const;

 private:
  ElementReader(ElementForm form, bool is_big_endian)
      : form_(form), is_big_endian_(is_big_endian) {}

  template <class T>
  [[nodiscard]] T take(const char* at) const {
    static_assert(std::endian::native == std::endian::little);
    T value;
    std::memcpy(&value, at, sizeof value);
    if (!is_big_endian_) return value;
    if constexpr (sizeof(T) == 8) return __builtin_bswap64(value);
    if constexpr (sizeof(T) == 4) return __builtin_bswap32(value);
    return __builtin_bswap16(static_cast<std::uint16_t>(value));
  }

  [[nodiscard]] static double half(std::uint16_t bits);

  ElementForm form_;
  bool is_big_endian_;
};

/// "<f8", "V64", for messages.
[[nodiscard]] std::string type_text(const ArrayType& type);

/// An element of kind U as UTF-8, or of kind S as it is, without the zeros behind it. None when it
/// is no text of Unicode.
[[nodiscard]] std::optional<std::string> element_text(const ArrayType& type, const char* at);

}  // namespace ml_inference
