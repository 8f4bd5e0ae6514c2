// SPDX-License-Identifier: MIT
// A message in protobuf's text format, or in JSON, as a tree of names and values, of any type.
//
// Source: protobuf.dev, "Text Format Language Specification"; what Triton's config.pbtxt needs of
// it: no extension names ("[a.b]: 1"), no Any.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// Real files have some kilobytes, five levels and some hundred fields.
inline constexpr std::size_t kTextMessageSizeMax = std::size_t{1} << 20;
inline constexpr std::size_t kTextMessageDepthMax = 32;
inline constexpr std::size_t kTextMessageFieldCountMax = 100'000;

/// One field. A list gives as many fields of its name as it has elements.
struct TextField {
  std::string name;
  std::string text;  ///< of a scalar: a string's bytes, a number or a word as it stands there
  bool is_message = false;
  std::vector<TextField> fields;  ///< of a message, in their order

  bool operator==(const TextField&) const = default;
};

/// Reads the text format.
/// Errors: data_loss, with the line; resource_exhausted, over a limit above.
[[nodiscard]] Result<std::vector<TextField>> parse_text_message(std::string_view text);

/// Reads a JSON object as the same tree: true, null and numbers as they are written.
/// Errors: data_loss, resource_exhausted.
[[nodiscard]] Result<std::vector<TextField>> parse_json_message(std::string_view text);

}  // namespace ml_inference
