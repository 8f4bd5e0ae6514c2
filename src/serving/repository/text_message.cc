// SPDX-License-Identifier: MIT
#include "serving/repository/text_message.h"

#include "base/printable_text.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ml_inference {
namespace {

// Of a text that is quoted in a message.
constexpr std::size_t kShownMax = 40;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '+' || c == '-';
}

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Reads a digit of any base up to 16, or -1.
int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// One pass over the text. Inside, a refusal is thrown as an Error, and leaves by parse().
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::vector<TextField> parse() { return fields('\0', 0); }

 private:
  // Fields up to the bracket that closes them, or up to the end.
  std::vector<TextField> fields(char close, std::size_t depth) {
    if (depth > kTextMessageDepthMax) {
      refuse(Code::resource_exhausted,
             fmt::format("more than {} messages in one another", kTextMessageDepthMax));
    }
    std::vector<TextField> out;
    while (true) {
      skip_blanks();
      if (at_end()) {
        if (close != '\0') refuse(Code::data_loss, fmt::format("ends without '{}'", close));
        return out;
      }
      if (close != '\0' && take(close)) return out;
      field(out, depth);
      skip_blanks();
      if (!take(',')) static_cast<void>(take(';'));
    }
  }

  void field(std::vector<TextField>& out, std::size_t depth) {
    const std::string name = word("a field's name");
    skip_blanks();
    const bool has_colon = take(':');
    skip_blanks();
    if (!take('[')) {
      out.push_back(value(name, has_colon, depth));
      return;
    }
    skip_blanks();
    if (take(']')) return;
    while (true) {
      skip_blanks();
      out.push_back(value(name, has_colon, depth));
      skip_blanks();
      if (take(']')) return;
      if (!take(',')) refuse_here("',' or ']'");
    }
  }

  TextField value(const std::string& name, bool has_colon, std::size_t depth) {
    if (++field_count_ > kTextMessageFieldCountMax) {
      refuse(Code::resource_exhausted,
             fmt::format("more than {} fields", kTextMessageFieldCountMax));
    }
    TextField out{.name = name, .text = {}, .is_message = false, .fields = {}};
    if (take('{')) {
      out.is_message = true;
      out.fields = fields('}', depth + 1);
    } else if (take('<')) {
      out.is_message = true;
      out.fields = fields('>', depth + 1);
    } else if (!has_colon) {
      refuse_here("':' or '{'");
    } else if (peek() == '"' || peek() == '\'') {
      out.text = strings();
    } else {
      out.text = word("a value");
    }
    return out;
  }

  // Strings that follow one another are one.
  std::string strings() {
    std::string out;
    while (peek() == '"' || peek() == '\'') {
      string(out);
      skip_blanks();
    }
    return out;
  }

  void string(std::string& out) {
    const char quote = text_[at_++];
    while (true) {
      if (at_end() || peek() == '\n') refuse(Code::data_loss, "a string without its end");
      const char c = text_[at_++];
      if (c == quote) return;
      out += c == '\\' ? escaped() : c;
    }
  }

  char escaped() {
    if (at_end()) refuse(Code::data_loss, "a string without its end");
    const char c = text_[at_++];
    switch (c) {
      case 'n': return '\n';
      case 't': return '\t';
      case 'r': return '\r';
      case '\\':
      case '"':
      case '\'': return c;
      case 'x': return number(16, 2);
      default: break;
    }
    if (digit_of(c) < 0 || digit_of(c) > 7) {
      refuse(Code::data_loss, fmt::format("'\\{}' in a string", printable_text({&c, 1})));
    }
    --at_;
    return number(8, 3);
  }

  char number(int base, int digit_count_max) {
    int out = 0;
    int digit_count = 0;
    while (digit_count < digit_count_max && !at_end()) {
      const int digit = digit_of(peek());
      if (digit < 0 || digit >= base) break;
      out = out * base + digit;
      ++digit_count;
      ++at_;
    }
    if (digit_count == 0 || out > 255) refuse(Code::data_loss, "an escape that is no byte");
    return static_cast<char>(out);
  }

  std::string word(std::string_view expected) {
    const std::size_t begin = at_;
    while (!at_end() && is_word(peek())) ++at_;
    if (at_ == begin) refuse_here(expected);
    return std::string(text_.substr(begin, at_ - begin));
  }

  void skip_blanks() {
    while (!at_end()) {
      if (is_space(peek())) {
        ++at_;
      } else if (peek() == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else {
        return;
      }
    }
  }

  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[at_]; }

  bool take(char c) {
    if (at_end() || peek() != c) return false;
    ++at_;
    return true;
  }

  [[noreturn]] void refuse_here(std::string_view expected) const {
    const std::string_view rest = text_.substr(at_, kShownMax);
    const std::string_view line = rest.substr(0, rest.find('\n'));
    refuse(Code::data_loss, line.empty()
                                ? fmt::format("a line or the text ends, expected {}", expected)
                                : fmt::format("'{}', expected {}", printable_text(line), expected));
  }

  [[noreturn]] void refuse(Code code, std::string_view what) const {
    const auto line = 1 + std::ranges::count(text_.substr(0, at_), '\n');
    throw Error{code, fmt::format("line {}: {}", line, what)};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t field_count_ = 0;
};

Result<void> check_size(std::string_view text) {
  if (text.size() <= kTextMessageSizeMax) return {};
  return fail(Code::resource_exhausted,
              fmt::format("{} bytes, expected at most {}", text.size(), kTextMessageSizeMax));
}

TextField field_of(std::string_view name, const boost::json::value& value);

void append_fields(std::string_view name, const boost::json::value& value,
                   std::vector<TextField>& out) {
  if (!value.is_array()) {
    out.push_back(field_of(name, value));
    return;
  }
  for (const boost::json::value& element : value.get_array()) {
    out.push_back(field_of(name, element));
  }
}

// Its depth is that of the parser, which is limited.
TextField field_of(std::string_view name, const boost::json::value& value) {
  TextField out{.name = std::string(name), .text = {}, .is_message = false, .fields = {}};
  if (value.is_object()) {
    out.is_message = true;
    for (const auto& [key, member] : value.get_object()) append_fields(key, member, out.fields);
  } else if (value.is_string()) {
    out.text = value.get_string();
  } else {
    out.text = boost::json::serialize(value);  // a list in a list, too: no reader takes it
  }
  return out;
}

}  // namespace

Result<std::vector<TextField>> parse_text_message(std::string_view text) {
  RETURN_IF_ERROR(check_size(text));
  try {
    return Parser(text).parse();
  } catch (Error& refusal) {
    return std::unexpected(std::move(refusal));
  }
}

Result<std::vector<TextField>> parse_json_message(std::string_view text) {
  RETURN_IF_ERROR(check_size(text));
  boost::json::parse_options options;
  options.max_depth = kTextMessageDepthMax;
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse(text, error, {}, options);
  if (error) return fail(Code::data_loss, "no JSON: " + error.message());
  if (!value.is_object()) return fail(Code::data_loss, "expected a JSON object");
  return field_of("", value).fields;
}

}  // namespace ml_inference
