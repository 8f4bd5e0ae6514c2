// SPDX-License-Identifier: MIT
#include "app/markup.h"

#include "base/assert.h"
#include "base/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace ml_inference {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";     // U+2026

// The size of the character that the text begins with; 1 for a byte that is none.
std::size_t character_size(std::string_view text) {
  return std::max(utf8_sequence_size(text), std::size_t{1});
}

// The number of a well-formed character.
char32_t code_point(std::string_view character) {
  const auto byte = [character](std::size_t index) {
    return static_cast<char32_t>(static_cast<unsigned char>(character[index]));
  };
  if (character.size() == 1) return byte(0);
  char32_t code = byte(0) & (0x7FU >> character.size());
  for (std::size_t index = 1; index < character.size(); ++index) {
    code = code << 6 | (byte(index) & 0x3F);
  }
  return code;
}

// Controls, which HTML forbids, and the marks by which a name could turn around its neighbours.
bool is_shown_as_escape(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x200E || code == 0x200F ||
         (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) ||
         code == 0x2028 || code == 0x2029 || code == 0xFEFF;
}

void append_escaped(std::string& out, std::string_view character) {
  if (utf8_sequence_size(character) == 0) {
    out += kReplacement;
    return;
  }
  switch (const char32_t code = code_point(character)) {
    case U'&': out += "&amp;"; return;
    case U'<': out += "&lt;"; return;
    case U'>': out += "&gt;"; return;
    case U'"': out += "&quot;"; return;
    case U'\'': out += "&#39;"; return;
    default:
      if (is_shown_as_escape(code)) {
        out += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(code));
      } else {
        out += character;
      }
  }
}

// A line break behind it would be seen as a space.
bool is_inline(std::string_view element) {
  return element == "b" || element == "bdi" || element == "tspan";
}

bool is_own_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-';
  });
}

}  // namespace

std::string escaped_markup(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    append_escaped(out, text.substr(0, size));
    text.remove_prefix(size);
  }
  return out;
}

std::string shortened(std::string_view text, std::size_t length_max) {
  std::size_t length = 0;
  std::size_t cut = 0;  // behind all characters but the last that fits
  for (std::size_t at = 0; at < text.size(); at += character_size(text.substr(at))) {
    if (++length == length_max) cut = at;
    if (length > length_max) return std::string(text.substr(0, cut)).append(kEllipsis);
  }
  return std::string(text);
}

void Markup::start(std::string_view element, const Attributes& attributes) {
  ASSERT(is_own_name(element));
  out_ += '<';
  out_ += element;
  for (const auto& [name, value] : attributes) {
    ASSERT(is_own_name(name));
    out_ += fmt::format(" {}=\"{}\"", name, escaped_markup(value));
  }
}

Markup& Markup::open(std::string_view element, const Attributes& attributes) {
  start(element, attributes);
  out_ += '>';
  open_.push_back(element);
  return *this;
}

Markup& Markup::close() {
  ASSERT(!open_.empty());
  out_ += fmt::format("</{}>{}", open_.back(), is_inline(open_.back()) ? "" : "\n");
  open_.pop_back();
  return *this;
}

Markup& Markup::text(std::string_view text) {
  out_ += escaped_markup(text);
  return *this;
}

Markup& Markup::element(std::string_view element, std::string_view text,
                        const Attributes& attributes) {
  return open(element, attributes).text(text).close();
}

Markup& Markup::empty(std::string_view element, const Attributes& attributes) {
  start(element, attributes);
  out_ += "/>\n";
  return *this;
}

Markup& Markup::add(const Markup& other) {
  out_ += other.str();
  return *this;
}

Markup& Markup::raw(std::string_view own) {
  out_ += own;
  return *this;
}

const std::string& Markup::str() const {
  ASSERT(open_.empty());
  return out_;
}

}  // namespace ml_inference
