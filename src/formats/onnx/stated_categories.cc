// SPDX-License-Identifier: MIT
#include "formats/onnx/stated_categories.h"

#include "formats/format_error.h"
#include "formats/onnx/limits.h"
#include "formats/onnx/metadata.h"

#include <boost/json.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

namespace ml_inference {
namespace {

namespace json = boost::json;

json::value value_of(const Label& label) {
  return std::visit([](const auto& value) { return json::value(value); }, label);
}

[[noreturn]] void refuse_text(std::string_view what) {
  refuse(Code::data_loss, "onnx: metadata {} has {}", kCategoriesKey, what);
}

Label label_of(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_int64()) return value.get_int64();
  if (value.is_double()) return value.get_double();
  if (value.is_bool()) return value.get_bool();
  refuse_text("a label that is no text, number or truth value");
}

UnknownCategory unknown_of(const json::value* value) {
  if (value != nullptr && *value == "refused") return UnknownCategory::refused;
  if (value != nullptr && *value == "missing") return UnknownCategory::missing;
  refuse_text("an 'unknown' that is neither refused nor missing");
}

Categories categories_of(const json::value& value) {
  const json::object* const object = value.if_object();
  if (object == nullptr) refuse_text("an entry that is no object");
  const json::value* const feature = object->if_contains("feature");
  const json::value* const labels = object->if_contains("labels");
  if (feature == nullptr || !feature->is_int64() || feature->get_int64() < 0) {
    refuse_text("an entry without a feature");
  }
  if (labels == nullptr || !labels->is_array() || labels->get_array().empty()) {
    refuse_text("an entry without labels");
  }
  Categories made{.feature = static_cast<std::size_t>(feature->get_int64()),
                  .unknown = unknown_of(object->if_contains("unknown"))};
  for (const json::value& label : labels->get_array()) {
    made.labels.push_back(label_of(label));
    if (made.labels.back().index() != made.labels.front().index()) {
      refuse_text("labels of different kinds");
    }
  }
  return made;
}

}  // namespace

std::string stated_categories_text(const std::vector<Categories>& categories) {
  json::array entries;
  for (const Categories& of_feature : categories) {
    json::array labels;
    for (const Label& label : of_feature.labels) labels.push_back(value_of(label));
    const bool is_refused = of_feature.unknown == UnknownCategory::refused;
    entries.push_back({{"feature", of_feature.feature},
                       {"unknown", is_refused ? "refused" : "missing"},
                       {"labels", std::move(labels)}});
  }
  return json::serialize(entries);
}

std::vector<Categories> read_stated_categories(const OnnxFile& file) {
  if (file.producer_name != kOnnxProducer) return {};
  const std::optional<std::string_view> text = find_onnx_metadata(file, kCategoriesKey);
  if (!text) return {};
  if (text->size() > kOnnxCategoriesTextMax) {
    refuse(Code::resource_exhausted, "onnx: metadata {} has {} bytes, expected at most {}",
           kCategoriesKey, text->size(), kOnnxCategoriesTextMax);
  }
  json::error_code error;
  const json::value parsed = json::parse(*text, error);
  if (error || !parsed.is_array()) refuse_text("no JSON array");
  std::vector<Categories> made;
  for (const json::value& entry : parsed.get_array()) made.push_back(categories_of(entry));
  return made;
}

}  // namespace ml_inference
