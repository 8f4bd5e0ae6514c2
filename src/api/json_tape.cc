// SPDX-License-Identifier: MIT
#include "api/json_tape.h"

#include "api/limits.h"
#include "base/json_text.h"

#include <boost/json/basic_parser_impl.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <memory>

namespace ml_inference {
namespace {

using boost::json::error_code;

// More capacity than this is given back after a document that needed it: 64 KiB of nodes.
constexpr std::size_t kKeptNodeCount = 2'048;

// The nearest double, as Python's float() gives it: what is beyond the largest is infinite, and
// what is below the smallest is zero. `text` is a JSON number.
double parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc::result_out_of_range) return value;
  // from_chars leaves the value alone here; which side it fell off shows in the exponent's sign.
  const bool negative = text.front() == '-';
  const std::size_t exponent = text.find_first_of("eE");
  const bool tiny = exponent != std::string_view::npos ? text[exponent + 1] == '-'
                                                       : text.substr(negative ? 1 : 0, 2) == "0.";
  const double magnitude = tiny ? 0.0 : std::numeric_limits<double>::infinity();
  return negative ? -magnitude : magnitude;
}

// What JSON has no number for, as it is sent and as it is echoed. Of two that begin alike the
// longer one stands first.
struct NumberWord {
  std::string_view text;
  std::string_view json;
  double value;
};

constexpr double kInfinity = std::numeric_limits<double>::infinity();

constexpr std::array<NumberWord, 5> kNumberWords{
    {{"NaN", R"("NaN")", std::numeric_limits<double>::quiet_NaN()},
     {"Infinity", R"("Infinity")", kInfinity},
     {"Inf", R"("Infinity")", kInfinity},
     {"-Infinity", R"("-Infinity")", -kInfinity},
     {"-Inf", R"("-Infinity")", -kInfinity}}};

// Which word begins there, or the table's size.
std::size_t word_at(std::string_view text) {
  std::size_t kind = 0;
  while (kind < kNumberWords.size() && !text.starts_with(kNumberWords[kind].text)) ++kind;
  return kind;
}

// Whether a value may begin behind the character.
bool ends_before_value(char c) { return std::string_view("[,: \t\r\n").contains(c); }

}  // namespace

// What Boost.JSON's parser calls; its names and signatures are the library's.
class JsonTape::Handler {
 public:
  // add() counts them all.
  static constexpr std::size_t max_object_size = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::uint32_t>::max();

  explicit Handler(JsonTape& tape) : tape_(tape) {}

  void begin(std::string_view document) {
    document_ = document;
    has_part_ = false;
  }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_array_begin(error_code& ec) { return open({.kind = JsonKind::array}, ec); }
  bool on_array_end(std::size_t count, error_code&) { return close(count); }
  bool on_object_begin(error_code& ec) { return open({.kind = JsonKind::object}, ec); }
  bool on_object_end(std::size_t count, error_code&) { return close(count); }
  bool on_string_part(std::string_view part, std::size_t, error_code&) { return keep(part); }
  bool on_string(std::string_view rest, std::size_t size, error_code& ec) {
    return add({.kind = JsonKind::string, .text = decoded(rest, size)}, ec);
  }
  bool on_key_part(std::string_view part, std::size_t, error_code&) { return keep(part); }
  bool on_key(std::string_view rest, std::size_t size, error_code& ec) {
    return add({.kind = JsonKind::key, .text = decoded(rest, size)}, ec);
  }
  // Called for a number that the text's end cuts off ("1e"), just before the parser gives up on it.
  bool on_number_part(std::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t, std::string_view text, error_code& ec) { return number(text, ec); }
  bool on_uint64(std::uint64_t, std::string_view text, error_code& ec) { return number(text, ec); }
  bool on_double(double, std::string_view text, error_code& ec) { return number(text, ec); }
  bool on_bool(bool truth, error_code& ec) {
    return add({.kind = JsonKind::boolean, .truth = truth}, ec);
  }
  bool on_null(error_code& ec) { return add({.kind = JsonKind::null}, ec); }
  bool on_comment_part(std::string_view, error_code&) { return false; }
  bool on_comment(std::string_view, error_code&) { return false; }

 private:
  bool add(JsonNode node, error_code& ec) {
    std::vector<JsonNode>& nodes = tape_.nodes_;
    if (nodes.size() >= tape_.node_count_max_) {
      ec = boost::json::error::array_too_large;
      return false;
    }
    node.end = static_cast<std::uint32_t>(nodes.size() + 1);
    nodes.push_back(node);
    return true;
  }

  bool number(std::string_view text, error_code& ec) {
    return add({.kind = JsonKind::number, .number = parse_number(text), .text = text}, ec);
  }

  bool open(const JsonNode& node, error_code& ec) {
    tape_.open_.push_back(static_cast<std::uint32_t>(tape_.nodes_.size()));
    return add(node, ec);
  }

  bool close(std::size_t count) {
    JsonNode& container = tape_.nodes_[tape_.open_.back()];
    container.count = static_cast<std::uint32_t>(count);
    container.end = static_cast<std::uint32_t>(tape_.nodes_.size());
    tape_.open_.pop_back();
    return true;
  }

  // The parser hands over a text with escapes piece by piece, from a buffer of its own. Decoded
  // text is never longer than the document, so strings_ does not move once it has room for that
  // much.
  bool keep(std::string_view part) {
    if (tape_.strings_.capacity() < document_.size()) tape_.strings_.reserve(document_.size());
    tape_.strings_ += part;
    has_part_ = true;
    return true;
  }

  std::string_view decoded(std::string_view rest, std::size_t size) {
    const bool in_document = rest.data() >= document_.data() &&
                             rest.data() + rest.size() <= document_.data() + document_.size();
    if (!has_part_ && in_document) return rest;
    keep(rest);
    has_part_ = false;
    return std::string_view(tape_.strings_).substr(tape_.strings_.size() - size);
  }

  JsonTape& tape_;
  std::string_view document_;
  bool has_part_ = false;  // of the string or key that is being read
};

struct JsonTape::Parser {
  explicit Parser(JsonTape& tape) : events(options(), tape) {}

  static boost::json::parse_options options() {
    boost::json::parse_options options;
    options.max_depth = kJsonDepthMax;
    return options;
  }

  boost::json::basic_parser<Handler> events;
};

JsonTape::JsonTape(std::size_t node_count_max)
    : node_count_max_(node_count_max), parser_(std::make_unique<Parser>(*this)) {}

JsonTape::~JsonTape() = default;

// Each node but the root stands behind a bracket, comma or colon of its own.
std::size_t JsonTape::node_count_max(std::string_view text) {
  const auto count = std::ranges::count_if(
      text, [](char c) { return c == '[' || c == '{' || c == ',' || c == ':'; });
  return std::min(1 + static_cast<std::size_t>(count), kJsonNodeCountMax);
}

// Boost.JSON 1.81 refuses the words. Each becomes a number and spaces, so that what stands behind
// it keeps its place.
void JsonTape::mask_words(std::string_view text) {
  masked_ = text;
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\') ++at;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if ((c == 'N' || c == 'I' || c == '-') && (at == 0 || ends_before_value(text[at - 1]))) {
      const std::size_t kind = word_at(text.substr(at));
      if (kind == kNumberWords.size()) continue;
      const std::size_t size = kNumberWords[kind].text.size();
      masked_.replace(at, size, "0" + std::string(size - 1, ' '));
      words_.push_back({.offset = at, .kind = kind});
      at += size - 1;
    }
  }
}

void JsonTape::unmask_words() {
  std::size_t word = 0;
  for (JsonNode& node : nodes_) {
    if (word == words_.size()) return;
    const bool is_word =
        node.kind == JsonKind::number && node.text.data() == masked_.data() + words_[word].offset;
    if (!is_word) continue;
    node.number = kNumberWords[words_[word].kind].value;
    node.text = kNumberWords[words_[word].kind].json;
    ++word;
  }
}

std::expected<void, JsonFault> JsonTape::parse(std::string_view text, JsonNumbers numbers) {
  words_.clear();
  if (numbers == JsonNumbers::with_infinite && (text.contains("NaN") || text.contains("Inf"))) {
    mask_words(text);
    if (!words_.empty()) text = masked_;
  }
  nodes_.clear();
  // A vector that grows holds its old and its new self.
  if (text.size() > kInlineBodySizeMax)
    nodes_.reserve(std::min(node_count_max(text), node_count_max_));
  open_.clear();
  strings_.clear();
  parser_->events.reset();
  parser_->events.handler().begin(text);
  error_code ec;
  const std::size_t offset = parser_->events.write_some(false, text.data(), text.size(), ec);
  if (!ec && offset < text.size()) ec = boost::json::error::extra_data;
  if (!ec) {
    unmask_words();
    return {};
  }
  const bool is_full = ec == boost::json::error::array_too_large;
  nodes_.clear();
  return std::unexpected(JsonFault{
      offset, is_full ? fmt::format("more than {} values, keys and brackets", node_count_max_)
                      : ec.message()});
}

void JsonTape::shrink() {
  if (nodes_.capacity() <= kKeptNodeCount) return;
  nodes_ = {};
  strings_ = {};
  masked_ = {};
  words_ = {};
}

void append_json(std::string& out, const std::vector<JsonNode>& nodes, std::size_t index) {
  const JsonNode& node = nodes[index];
  switch (node.kind) {
    case JsonKind::null: out += "null"; return;
    case JsonKind::boolean: out += node.truth ? "true" : "false"; return;
    case JsonKind::number: out += node.text; return;
    case JsonKind::string:
    case JsonKind::key: append_json_string(out, node.text); return;
    case JsonKind::array:
    case JsonKind::object: break;
  }
  // Depth is bounded by kJsonDepthMax, so recursion is too.
  const bool is_object = node.kind == JsonKind::object;
  out += is_object ? '{' : '[';
  for (std::size_t child = index + 1; child < node.end; child = nodes[child].end) {
    append_json(out, nodes, child);
    const bool is_key = nodes[child].kind == JsonKind::key;
    if (nodes[child].end < node.end || is_key) out += is_key ? ':' : ',';
  }
  out += is_object ? '}' : ']';
}

}  // namespace ml_inference
