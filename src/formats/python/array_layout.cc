// SPDX-License-Identifier: MIT
#include "formats/python/array_layout.h"

#include "formats/python/limits.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace ml_inference {
namespace {

constexpr std::int64_t kCharacterSize = 4;  // of a text of fixed width: UCS-4

// Bytes of one element, or -1 when there is no such type: "f8", "U5", "O".
std::int64_t item_size_of(char kind, std::int64_t number) {
  switch (kind) {
    case 'b': return number == 1 ? 1 : -1;
    case 'i':
    case 'u': return number == 1 || number == 2 || number == 4 || number == 8 ? number : -1;
    case 'f': return number == 2 || number == 4 || number == 8 || number == 16 ? number : -1;
    case 'c': return number == 8 || number == 16 || number == 32 ? number : -1;
    case 'U': return number <= kArrayItemSizeMax / kCharacterSize ? number * kCharacterSize : -1;
    case 'S':
    case 'V': return number <= kArrayItemSizeMax ? number : -1;
    case 'O': return 8;
    case 'M':
    case 'm': return number == 8 ? number : -1;
    default: return -1;
  }
}

}  // namespace

std::optional<ArrayType> array_type_of(std::string_view code) {
  std::string_view rest = code;
  ArrayType made;
  if (!rest.empty() && std::string_view("<>=|").find(rest[0]) != std::string_view::npos) {
    made.is_big_endian = rest[0] == '>';
    rest.remove_prefix(1);
  }
  if (rest.empty()) return std::nullopt;
  made.kind = rest[0] == '?' ? 'b' : rest[0];
  made.has_objects = made.kind == 'O';
  const bool has_no_number = rest == "O" || rest == "V" || rest == "?";
  std::int64_t number = rest == "?" ? 1 : 0;
  const char* const end = rest.data() + rest.size();
  const auto [at, error] = std::from_chars(rest.data() + 1, end, number);
  const bool is_read = has_no_number || (error == std::errc() && at == end && number >= 0);
  made.item_size = item_size_of(made.kind, number);
  if (!is_read || made.item_size < 0) return std::nullopt;
  return made;
}

std::optional<std::int64_t> element_count(std::span<const std::int64_t> shape,
                                          std::int64_t item_size) {
  if (std::ranges::find(shape, 0) != shape.end()) return 0;
  // The product of all bytes stays in 63 bits.
  const std::int64_t count_max =
      std::numeric_limits<std::int64_t>::max() / std::max<std::int64_t>(item_size, 1);
  std::int64_t count = 1;
  for (const std::int64_t size : shape) {
    if (size > count_max / count) return std::nullopt;
    count *= size;
  }
  return count;
}

}  // namespace ml_inference
