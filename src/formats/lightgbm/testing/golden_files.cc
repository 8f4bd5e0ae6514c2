// SPDX-License-Identifier: MIT
#include "formats/lightgbm/testing/golden_files.h"

#include "base/assert.h"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <limits>

namespace ml_inference::testing {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

// What Boost.JSON's parser calls; its names and signatures are the library's.
class Handler {
 public:
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();

  json::value release() { return stack_.release(); }

  bool on_document_begin(json::error_code&) {
    stack_.reset();
    return true;
  }
  bool on_document_end(json::error_code&) { return true; }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t count, json::error_code&) {
    stack_.push_array(count);
    return true;
  }
  bool on_object_begin(json::error_code&) { return true; }
  bool on_object_end(std::size_t count, json::error_code&) {
    stack_.push_object(count);
    return true;
  }
  bool on_string_part(std::string_view part, std::size_t, json::error_code&) {
    stack_.push_chars(part);
    return true;
  }
  bool on_string(std::string_view rest, std::size_t, json::error_code&) {
    stack_.push_string(rest);
    return true;
  }
  bool on_key_part(std::string_view part, std::size_t, json::error_code&) {
    stack_.push_chars(part);
    return true;
  }
  bool on_key(std::string_view rest, std::size_t, json::error_code&) {
    stack_.push_key(rest);
    return true;
  }
  bool on_number_part(std::string_view, json::error_code&) { return false; }
  bool on_int64(std::int64_t value, std::string_view, json::error_code&) {
    stack_.push_int64(value);
    return true;
  }
  bool on_uint64(std::uint64_t value, std::string_view, json::error_code&) {
    stack_.push_uint64(value);
    return true;
  }
  bool on_double(double, std::string_view text, json::error_code&) {
    double exact = 0;
    std::from_chars(text.data(), text.data() + text.size(), exact);
    stack_.push_double(exact);
    return true;
  }
  bool on_bool(bool truth, json::error_code&) {
    stack_.push_bool(truth);
    return true;
  }
  bool on_null(json::error_code&) {
    stack_.push_null();
    return true;
  }
  bool on_comment_part(std::string_view, json::error_code&) { return false; }
  bool on_comment(std::string_view, json::error_code&) { return false; }

 private:
  json::value_stack stack_;
};

}  // namespace

std::vector<std::string> lightgbm_golden_names(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".txt") continue;
    names.push_back(entry.path().parent_path().filename().string() + "/" +
                    entry.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

std::string test_name(std::string golden_name) {
  std::ranges::replace_if(golden_name, [](char c) { return c == '.' || c == '/'; }, '_');
  return golden_name;
}

std::string file_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  ASSERT(in.good());
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

json::value exact_json(const std::string& text) {
  json::basic_parser<Handler> parser{json::parse_options()};
  json::error_code error;
  parser.write_some(false, text.data(), text.size(), error);
  ASSERT(!error);
  return parser.handler().release();
}

double number_of(const json::value& value) {
  if (value.is_null()) return std::numeric_limits<double>::quiet_NaN();
  if (value.is_string()) {
    const double infinity = std::numeric_limits<double>::infinity();
    return value.get_string().starts_with('-') ? -infinity : infinity;
  }
  return value.to_number<double>();
}

std::vector<double> numbers_of(const json::value& list) {
  std::vector<double> numbers;
  for (const json::value& entry : list.as_array()) {
    if (entry.is_array()) {
      for (const json::value& number : entry.get_array()) numbers.push_back(number_of(number));
    } else {
      numbers.push_back(number_of(entry));
    }
  }
  return numbers;
}

}  // namespace ml_inference::testing
