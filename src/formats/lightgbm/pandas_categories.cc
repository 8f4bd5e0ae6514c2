// SPDX-License-Identifier: MIT
#include "formats/lightgbm/pandas_categories.h"

#include "formats/format_error.h"
#include "formats/lightgbm/numbers.h"
#include "model/limits.h"
#include "model/schema.h"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <functional>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

namespace ml_inference {
namespace {

using boost::json::error_code;
using Columns = std::vector<std::vector<LightgbmCategory>>;

constexpr LightgbmPlace kPlace{.key = "pandas_categorical"};

// A list in a list; one more for the message about a third.
constexpr std::size_t kDepthMax = 3;

// Takes memory for a list that is about to grow, and lets it grow.
template <class T>
void push(std::vector<T>& list, T value, LightgbmMemory& memory) {
  if (list.size() == list.capacity()) {
    const std::size_t before = list.capacity();
    memory.take_list(2 * before + 4, sizeof(T));
    list.reserve(2 * before + 4);
    memory.give_back(before * sizeof(T));
  }
  list.push_back(std::move(value));
}

// What Boost.JSON's parser calls; its names and signatures are the library's.
class Handler {
 public:
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();

  explicit Handler(LightgbmMemory& memory) : memory_(memory) {}

  [[nodiscard]] Columns take_columns() { return std::move(columns_); }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_array_begin(error_code&) {
    if (depth_ == 2) refuse_shape();
    if (depth_ == 1) push(columns_, {}, memory_);
    ++depth_;
    return true;
  }
  bool on_array_end(std::size_t, error_code&) {
    if (depth_ == 2) check_column();
    --depth_;
    return true;
  }
  bool on_object_begin(error_code&) { refuse_shape(); }
  bool on_object_end(std::size_t, error_code&) { return true; }
  bool on_key_part(std::string_view, std::size_t, error_code&) { return true; }
  bool on_key(std::string_view, std::size_t, error_code&) { return true; }
  bool on_string_part(std::string_view part, std::size_t, error_code&) { return keep(part); }
  bool on_string(std::string_view rest, std::size_t, error_code&) {
    keep(rest);
    add(std::string(std::exchange(parts_, {})));
    return true;
  }
  bool on_number_part(std::string_view part, error_code&) { return keep(part); }
  bool on_int64(std::int64_t value, std::string_view, error_code&) { return number(value); }
  bool on_uint64(std::uint64_t value, std::string_view, error_code&) {
    refuse(Code::unimplemented, "lightgbm: pandas_categorical has {}, expected at most {}", value,
           std::numeric_limits<std::int64_t>::max());
  }
  // The library's own double may be off in its last place.
  bool on_double(double, std::string_view rest, error_code&) {
    keep(rest);
    return number(read_number<double>(parts_, kPlace));
  }
  bool on_bool(bool truth, error_code&) {
    add(truth);
    return true;
  }
  bool on_null(error_code&) {
    if (depth_ > 0) add(std::monostate());
    return true;
  }
  bool on_comment_part(std::string_view, error_code&) { return false; }
  bool on_comment(std::string_view, error_code&) { return false; }

 private:
  [[noreturn]] static void refuse_shape() {
    refuse(Code::invalid_argument,
           "lightgbm: pandas_categorical is no list of lists of texts, numbers and truth values");
  }

  void add(LightgbmCategory category) {
    if (depth_ != 2) refuse_shape();
    const auto* text = std::get_if<std::string>(&category);
    if (text != nullptr && text->size() > kNameSizeMax) {
      refuse(Code::invalid_argument,
             "lightgbm: pandas_categorical has a text of {} bytes, expected at most {}",
             text->size(), kNameSizeMax);
    }
    push(columns_.back(), std::move(category), memory_);
  }

  // Whether no two read alike, as Schema asks of categories; in less memory, see header.cc.
  void check_column() {
    const std::vector<LightgbmCategory>& column = columns_.back();
    using Hashed = std::pair<std::size_t, std::uint32_t>;  // of the text, and which category
    memory_.take_list(column.size(), sizeof(Hashed));
    std::vector<Hashed> order;
    order.reserve(column.size());
    for (const LightgbmCategory& category : column) {
      order.emplace_back(std::hash<std::string>()(text_of(category)), order.size());
    }
    std::ranges::sort(order);
    for (std::size_t next = 1; next < order.size(); ++next) {
      if (order[next].first != order[next - 1].first) continue;
      const std::string text = text_of(column[order[next].second]);
      if (text != text_of(column[order[next - 1].second])) continue;
      refuse(Code::invalid_argument, "lightgbm: pandas_categorical has {} twice",
             quoted_text(text));
    }
    memory_.give_back(column.size() * sizeof(Hashed));
  }

  // As label_text() of model/schema.h.
  static std::string text_of(const LightgbmCategory& category) {
    return std::visit(
        [](const auto& value) -> std::string {
          if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>) {
            return "null";
          } else {
            return label_text(Label(value));
          }
        },
        category);
  }

  bool number(LightgbmCategory category) {
    parts_.clear();
    add(std::move(category));
    return true;
  }

  // A text with escapes comes piece by piece.
  bool keep(std::string_view part) {
    memory_.take(part.size());
    parts_ += part;
    return true;
  }

  LightgbmMemory& memory_;
  std::size_t depth_ = 0;
  std::string parts_;
  Columns columns_;
};

}  // namespace

Columns read_pandas_categories(std::string_view text, LightgbmMemory& memory) {
  boost::json::parse_options options;
  options.max_depth = kDepthMax;
  boost::json::basic_parser<Handler> parser(options, memory);
  error_code error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (!error && text.find_first_not_of(" \t", read) != std::string_view::npos) {
    error = boost::json::error::extra_data;
  }
  if (error) {
    refuse(Code::data_loss,
           "lightgbm: pandas_categorical breaks off or is damaged at byte {} of {}: {}", read,
           text.size(), error.message());
  }
  return parser.handler().take_columns();
}

}  // namespace ml_inference
