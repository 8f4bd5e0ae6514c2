// SPDX-License-Identifier: MIT
#include "formats/xgboost/reader.h"

#include "formats/format_error.h"
#include "formats/limits.h"
#include "formats/xgboost/document.h"
#include "formats/xgboost/json_events.h"
#include "formats/xgboost/ubjson_events.h"

#include <algorithm>
#include <array>

namespace ml_inference {
namespace {

constexpr std::array<std::string_view, 4> kFirstKeys{"learner", "version", "Config", "Model"};

constexpr std::string_view kJsonSpaces = " \t\r\n";

// What stands behind the opening bracket and any blanks.
std::string_view behind_bracket(std::string_view bytes) {
  const std::size_t bracket = bytes.find_first_not_of(kJsonSpaces);
  if (bracket == std::string_view::npos || bytes[bracket] != '{') return {};
  const std::size_t key = bytes.find_first_not_of(kJsonSpaces, bracket + 1);
  return key == std::string_view::npos ? std::string_view() : bytes.substr(key);
}

bool is_json(std::string_view bytes) { return behind_bracket(bytes).starts_with('"'); }

bool has_first_json_key(std::string_view key) {
  return std::ranges::any_of(kFirstKeys, [&](std::string_view name) {
    return key.starts_with('"') && key.substr(1).starts_with(name) &&
           key.substr(1 + name.size()).starts_with('"');
  });
}

// A key of UBJSON is a length (its type and its bytes, the last of them the lowest) and the text.
bool has_first_ubjson_key(std::string_view key) {
  if (key.empty()) return false;
  const std::string_view types = "iUIlL";
  constexpr std::array<std::size_t, 5> kSizes{1, 1, 2, 4, 8};
  const std::size_t type = types.find(key.front());
  if (type == std::string_view::npos || key.size() < 1 + kSizes[type]) return false;
  const std::string_view length = key.substr(1, kSizes[type]);
  const std::string_view text = key.substr(1 + kSizes[type]);
  return length.substr(0, length.size() - 1).find_first_not_of('\0') == std::string_view::npos &&
         std::ranges::any_of(kFirstKeys, [&](std::string_view name) {
           return static_cast<std::size_t>(length.back()) == name.size() && text.starts_with(name);
         });
}

}  // namespace

bool begins_like_xgboost(std::string_view bytes) {
  if (bytes.starts_with('{') && has_first_ubjson_key(bytes.substr(1))) return true;
  return has_first_json_key(behind_bracket(bytes));
}

XgboostFile read_xgboost_file(std::string_view bytes) {
  if (bytes.size() > kModelFileSizeMax) {
    refuse(Code::resource_exhausted, "xgboost: the file has {} bytes, expected at most {}",
           bytes.size(), kModelFileSizeMax);
  }
  XgboostDocument document(bytes.size());
  if (is_json(bytes)) {
    read_xgboost_json(bytes, document);
  } else {
    read_xgboost_ubjson(bytes, document);
  }
  return std::move(document).finish();
}

}  // namespace ml_inference
