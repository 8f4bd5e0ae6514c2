// SPDX-License-Identifier: MIT
#include "formats/xgboost/json_events.h"

#include "formats/format_error.h"

#include <boost/json/basic_parser_impl.hpp>

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

namespace ml_inference {
namespace {

using boost::json::error_code;

// The nearest float. `rough` is the library's double of the same text, which may be off in its last
// places: enough where the text is beyond the floats on either side.
float nearest_float(std::string_view text, double rough) {
  float value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? value : static_cast<float>(rough);
}

// What Boost.JSON's parser calls; its names and signatures are the library's.
class Handler {
 public:
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = kXgboostKeySizeMax;
  static constexpr std::size_t max_string_size = kXgboostTextSizeMax;

  explicit Handler(XgboostEvents& events) : events_(events) {}

  // Whether the next null stands in for a number, and for which.
  void expect(std::optional<float> number) { number_ = number; }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_array_begin(error_code&) {
    events_.begin_list(0);
    return true;
  }
  bool on_array_end(std::size_t, error_code&) {
    events_.end_list();
    return true;
  }
  bool on_object_begin(error_code&) {
    events_.begin_object();
    return true;
  }
  bool on_object_end(std::size_t, error_code&) {
    events_.end_object();
    return true;
  }
  bool on_string_part(std::string_view part, std::size_t, error_code&) { return keep(part); }
  bool on_string(std::string_view rest, std::size_t, error_code&) {
    events_.text(whole(rest));
    parts_.clear();
    return true;
  }
  bool on_key_part(std::string_view part, std::size_t, error_code&) { return keep(part); }
  bool on_key(std::string_view rest, std::size_t, error_code&) {
    events_.key(whole(rest));
    parts_.clear();
    return true;
  }
  // A number that the end of a piece cuts off: the piece ends the file, or a word stands behind.
  bool on_number_part(std::string_view, error_code& ec) {
    ec = boost::json::error::syntax;
    return false;
  }
  bool on_int64(std::int64_t value, std::string_view, error_code&) {
    events_.integer(value);
    return true;
  }
  bool on_uint64(std::uint64_t value, std::string_view, error_code&) {
    events_.real(static_cast<float>(value));  // beyond int64: no number that XGBoost counts with
    return true;
  }
  bool on_double(double value, std::string_view text, error_code&) {
    events_.real(nearest_float(text, value));
    return true;
  }
  bool on_bool(bool truth, error_code&) {
    events_.boolean(truth);
    return true;
  }
  bool on_null(error_code&) {
    if (number_) {
      events_.real(*number_);
    } else {
      events_.null();
    }
    return true;
  }
  bool on_comment_part(std::string_view, error_code&) { return false; }
  bool on_comment(std::string_view, error_code&) { return false; }

 private:
  // A text with escapes comes piece by piece.
  bool keep(std::string_view part) {
    parts_ += part;
    return true;
  }

  std::string_view whole(std::string_view rest) {
    if (parts_.empty()) return rest;
    parts_ += rest;
    return parts_;
  }

  XgboostEvents& events_;
  std::string parts_;
  std::optional<float> number_;
};

// A word that is a number and no JSON.
struct Word {
  std::size_t begin = 0;
  std::size_t size = 0;
  float value = 0;
};

// Finds the words outside of texts, one after the other.
class Words {
 public:
  explicit Words(std::string_view bytes) : bytes_(bytes) {
    // Files without any are the rule, and this look at them is quick.
    const bool has_any = bytes.find("NaN") != std::string_view::npos ||
                         bytes.find("Infinity") != std::string_view::npos;
    if (!has_any) at_ = bytes.size();
  }

  std::optional<Word> next() {
    while (at_ < bytes_.size()) {
      const char c = bytes_[at_];
      if (c == '"') {
        skip_text();
      } else if (c == 'N' || c == 'I') {
        if (const std::optional<Word> word = word_here()) return word;
        ++at_;
      } else {
        ++at_;
      }
    }
    return std::nullopt;
  }

 private:
  void skip_text() {
    ++at_;
    while (at_ < bytes_.size() && bytes_[at_] != '"') at_ += bytes_[at_] == '\\' ? 2 : 1;
    ++at_;
  }

  std::optional<Word> word_here() {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    const std::size_t begin = at_;
    if (bytes_.substr(begin).starts_with("NaN")) {
      at_ += 3;
      return Word{begin, 3, std::numeric_limits<float>::quiet_NaN()};
    }
    if (!bytes_.substr(begin).starts_with("Infinity")) return std::nullopt;
    at_ += 8;
    if (begin > 0 && bytes_[begin - 1] == '-') return Word{begin - 1, 9, -kInfinity};
    return Word{begin, 8, kInfinity};
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
};

boost::json::parse_options options() {
  boost::json::parse_options options;
  options.max_depth = kXgboostDepthMax;
  options.allow_invalid_utf8 = true;
  return options;
}

// The text in pieces: Boost 1.81 does not know the words, so a null is put in the place of each.
class Pieces {
 public:
  Pieces(std::string_view bytes, XgboostEvents& events)
      : bytes_(bytes), parser_(options(), events) {}

  void read() {
    Words words(bytes_);
    std::size_t from = 0;
    while (const std::optional<Word> word = words.next()) {
      write(bytes_.substr(from, word->begin - from), from, true);
      parser_.handler().expect(word->value);
      write("null", word->begin, true);
      parser_.handler().expect(std::nullopt);
      from = word->begin + word->size;
    }
    write(bytes_.substr(from), from, false);
  }

 private:
  void write(std::string_view piece, std::size_t offset, bool more) {
    error_code ec;
    std::size_t read = 0;
    if (parser_.done()) {
      read = 0;
      if (!piece.empty()) ec = boost::json::error::extra_data;
    } else {
      read = parser_.write_some(more, piece.data(), piece.size(), ec);
      if (!ec && read < piece.size()) ec = boost::json::error::extra_data;
    }
    if (!ec) return;
    refuse(Code::data_loss, "xgboost: the JSON breaks off or is damaged at byte {} of {}: {}",
           offset + read, bytes_.size(), ec.message());
  }

  std::string_view bytes_;
  boost::json::basic_parser<Handler> parser_;
};

}  // namespace

void read_xgboost_json(std::string_view bytes, XgboostEvents& events) {
  Pieces(bytes, events).read();
}

}  // namespace ml_inference
