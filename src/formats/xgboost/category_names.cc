// SPDX-License-Identifier: MIT
#include "formats/xgboost/category_names.h"

#include "base/utf8.h"
#include "formats/format_error.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>

namespace ml_inference {
namespace {

bool is_ascii(const std::string& text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

void refuse_equals(const std::vector<std::string>& texts, std::size_t feature) {
  std::unordered_set<std::string_view> seen;
  for (const std::string& text : texts) {
    if (seen.insert(text).second) continue;
    refuse(
        Code::unimplemented,
        "xgboost: feature {}: two names of categories are {}: XGBoost 3.1 to 3.3 cuts names that "
        "are not ASCII, and takes one of these for the other",
        feature, quoted_text(text));
  }
}

// Takes `count` characters off the bytes, or what there is of them before the end or before bytes
// that are none; `count` becomes how many are missing.
std::string take_characters(std::string_view& bytes, std::size_t& count) {
  std::size_t size = 0;
  while (count > 0 && size < bytes.size()) {
    const std::size_t character = utf8_sequence_size(bytes.substr(size));
    if (character == 0) break;
    size += character;
    --count;
  }
  std::string taken(bytes.substr(0, size));
  bytes.remove_prefix(size);
  return taken;
}

}  // namespace

XgboostCategoryNames xgboost_category_names(const XgboostFile& file,
                                            const std::vector<std::string>& texts,
                                            std::size_t feature) {
  const bool is_cut = file.is_since(3, 1, 0) && !file.is_since(3, 4, 0);
  if (!is_cut || std::ranges::all_of(texts, is_ascii)) return {.names = texts};
  refuse_equals(texts, feature);
  std::string joined;
  for (const std::string& text : texts) joined += text;
  XgboostCategoryNames out;
  std::string_view left = joined;
  for (const std::string& text : texts) {
    std::size_t missing = text.size();
    std::string name = take_characters(left, missing);
    if (missing > 0 && name.empty()) break;
    out.names.push_back(std::move(name));
    if (missing == 0) continue;
    out.last_characters = text.size();
    break;
  }
  return out;
}

}  // namespace ml_inference
