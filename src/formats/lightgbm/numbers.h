// SPDX-License-Identifier: MIT
// Numbers as text, with the place that they stand at for messages.
#pragma once

#include "formats/format_error.h"
#include "formats/lightgbm/lines.h"

#include <fmt/format.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace ml_inference {

/// A key of the header, or of one of the trees.
struct LightgbmPlace {
  static constexpr std::size_t kHeader = SIZE_MAX;

  std::string_view key;
  std::size_t tree = kHeader;

  /// "num_class", "tree 3: left_child".
  [[nodiscard]] std::string text() const;
};

template <class T>
constexpr std::string_view kNumberKind = std::is_floating_point_v<T> ? "a number"
                                         : std::is_signed_v<T>       ? "a whole number"
                                                                     : "a whole number from 0";

/// The number that all of the word is, in any of the notations that C knows for it; floating-point
/// numbers are rounded to the nearest, and may be "inf", "nan" and "-nan".
/// Throws FormatError, data_loss: "lightgbm: tree 3: left_child has 'x', expected a whole number".
/// A number that its type cannot hold is no number.
template <class T>
[[nodiscard]] T read_number(std::string_view word, const LightgbmPlace& place) {
  T value{};
  const char* const end = word.data() + word.size();
  const auto [read_end, error] = std::from_chars(word.data(), end, value);
  if (word.empty() || error != std::errc() || read_end != end) {
    refuse(Code::data_loss, "lightgbm: {} has {}, expected {}", place.text(), quoted_text(word),
           kNumberKind<T>);
  }
  return value;
}

/// Throws FormatError, invalid_argument: "lightgbm: tree 3: left_child has 2 values, expected 3".
[[noreturn]] void refuse_count(std::string_view text, std::size_t expected,
                               const LightgbmPlace& place);

/// Throws unless the text is long enough for so many numbers with a space between them. So memory
/// for them may be taken: it is at most four times the text.
void check_room(std::string_view text, std::size_t count, const LightgbmPlace& place);

/// Calls take(index, number) for each of the `count` numbers of the text, which has no others.
template <class T, class Take>
void read_numbers(std::string_view text, std::size_t count, const LightgbmPlace& place,
                  Take&& take) {
  std::string_view rest = text;
  for (std::size_t index = 0; index < count; ++index) {
    const std::string_view word = take_word(rest);
    if (word.empty()) refuse_count(text, count, place);
    take(index, read_number<T>(word, place));
  }
  if (!take_word(rest).empty()) refuse_count(text, count, place);
}

}  // namespace ml_inference
