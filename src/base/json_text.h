// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace ml_inference {

/// Appends `text` as a JSON string, quotes included: quote, backslash and control characters
/// escaped, everything else as it is. Bytes that are not UTF-8 become U+FFFD, so the result always
/// is.
/// Source: RFC 8259, section 7.
void append_json_string(std::string& out, std::string_view text);

/// Appends a number as append_number() does, and what JSON has no number for as text: "NaN",
/// "Infinity", "-Infinity".
void append_json_number(std::string& out, double value);

}  // namespace ml_inference
