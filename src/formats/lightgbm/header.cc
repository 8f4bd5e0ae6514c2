// SPDX-License-Identifier: MIT
#include "formats/lightgbm/header.h"

#include "base/utf8.h"
#include "formats/format_error.h"
#include "formats/lightgbm/numbers.h"
#include "model/limits.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace ml_inference {
namespace {

// Objectives are a word and at most three parameters, each a name and a number.
constexpr std::size_t kObjectiveSizeMax = 1'024;

enum Key : std::uint8_t {
  version,
  num_class,
  num_tree_per_iteration,
  max_feature_idx,
  objective,
  average_output,
  feature_names,
  feature_infos,
  tree_sizes,
  key_count
};

constexpr std::array<std::string_view, key_count> kKeys{
    "version",        "num_class",     "num_tree_per_iteration", "max_feature_idx", "objective",
    "average_output", "feature_names", "feature_infos",          "tree_sizes"};

using Values = std::array<std::optional<std::string_view>, key_count>;

Values read_lines(LightgbmLines& lines) {
  Values values;
  for (; !lines.is_done() && !ends_lightgbm_header(lines.line()); lines.next()) {
    const auto [key, value] = split_key(lines.line());
    for (std::size_t index = 0; index < key_count; ++index) {
      if (key != kKeys[index]) continue;
      if (values[index]) refuse(Code::invalid_argument, "lightgbm: {} stands twice", key);
      values[index] = value;
    }
  }
  return values;
}

std::string_view required(const Values& values, Key key) {
  if (!values[key]) {
    refuse(Code::data_loss, "lightgbm: there is no {} before the first tree", kKeys[key]);
  }
  return *values[key];
}

// A whole number from `least` to `most`.
std::uint32_t read_count(std::string_view text, Key key, std::uint32_t least, std::size_t most) {
  const auto value = read_number<std::uint32_t>(text, {.key = kKeys[key]});
  if (value > most) {
    refuse(Code::resource_exhausted, "lightgbm: {} is {}, expected at most {}", kKeys[key], value,
           most);
  }
  if (value < least) {
    refuse(Code::invalid_argument, "lightgbm: {} is {}, expected at least {}", kKeys[key], value,
           least);
  }
  return value;
}

std::string read_version(const Values& values) {
  const std::string_view text = values[version].value_or("");
  if (!text.empty() && text != "v2" && text != "v3" && text != "v4") {
    refuse(Code::unimplemented, "lightgbm: the version is {}, expected v2, v3 or v4",
           quoted_text(text));
  }
  return std::string(text);
}

LightgbmObjective read_objective(std::string_view text) {
  if (text.size() > kObjectiveSizeMax) {
    refuse(Code::resource_exhausted, "lightgbm: objective has {} bytes, expected at most {}",
           text.size(), kObjectiveSizeMax);
  }
  LightgbmObjective out{.name = std::string(take_word(text)), .parameters = {}};
  for (std::string_view word = take_word(text); !word.empty(); word = take_word(text)) {
    const std::size_t colon = word.find(':');
    const bool has_value = colon != std::string_view::npos;
    const std::string_view name = word.substr(0, colon);
    const std::string_view value = has_value ? word.substr(colon + 1) : "";
    if (out.has(name)) {
      refuse(Code::invalid_argument, "lightgbm: objective has {} twice", quoted_text(name));
    }
    out.parameters.emplace_back(name, value);
    if (name != "sigmoid") continue;
    out.sigmoid = read_number<double>(value, {.key = "objective: sigmoid"});
    if (!(out.sigmoid > 0) || std::isinf(out.sigmoid)) {
      refuse(Code::invalid_argument, "lightgbm: objective: sigmoid is {}, expected above 0",
             out.sigmoid);
    }
  }
  return out;
}

void read_names(std::string_view text, LightgbmFile& file, LightgbmMemory& memory) {
  const std::size_t count = std::size_t{file.max_feature_idx} + 1;
  const LightgbmPlace place{.key = kKeys[feature_names]};
  check_room(text, count, place);
  memory.take_list(count, sizeof(LightgbmFeature));
  file.features.reserve(count);
  std::string_view rest = text;
  for (std::string_view name = take_word(rest); !name.empty(); name = take_word(rest)) {
    if (file.features.size() == count) refuse_count(text, count, place);
    const bool is_short = name.size() < sizeof(std::string) / 2;  // it lies in the string itself
    if (!is_short) memory.take_list(name.size() + 1, 1);
    file.features.push_back({.name = std::string(name)});
  }
  if (file.features.size() != count) refuse_count(text, count, place);
}

// What Schema asks of names, in less memory: a file of many that ends in a refusal must not have
// two copies and a set of them at once.
void check_names(const LightgbmFile& file, LightgbmMemory& memory) {
  const std::vector<LightgbmFeature>& features = file.features;
  for (std::size_t feature = 0; feature < features.size(); ++feature) {
    const std::string& name = features[feature].name;
    if (name.size() > kNameSizeMax) {
      refuse(Code::invalid_argument, "lightgbm: feature name {} has {} bytes, expected at most {}",
             feature, name.size(), kNameSizeMax);
    }
    if (!is_utf8(name)) {
      refuse(Code::invalid_argument, "lightgbm: feature name {} is not UTF-8", feature);
    }
  }
  memory.take_list(features.size(), sizeof(std::uint32_t));
  std::vector<std::uint32_t> order(features.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto name_of = [&](std::uint32_t feature) -> const std::string& {
    return features[feature].name;
  };
  std::ranges::sort(order, {}, name_of);
  const auto twice = std::ranges::adjacent_find(order, {}, name_of);
  if (twice != order.end()) {
    refuse(Code::invalid_argument, "lightgbm: feature name {} stands twice",
           quoted_text(name_of(*twice)));
  }
  memory.give_back(features.size() * sizeof(std::uint32_t));
}

// "2:0:1"
void read_categories(std::string_view text, LightgbmFeature& feature, LightgbmFile& file,
                     LightgbmMemory& memory) {
  const LightgbmPlace place{.key = kKeys[feature_infos]};
  feature.kind = LightgbmFeatureKind::categorical;
  feature.category_begin = static_cast<std::uint32_t>(file.categories.size());
  for (std::string_view word = take_word(text, ':'); !word.empty(); word = take_word(text, ':')) {
    if (file.categories.size() == file.categories.capacity()) {
      const std::size_t before = file.categories.capacity();
      memory.take_list(2 * before + 16, sizeof(std::int32_t));
      file.categories.reserve(2 * before + 16);
      memory.give_back(before * sizeof(std::int32_t));
    }
    file.categories.push_back(read_number<std::int32_t>(word, place));
  }
  feature.category_count =
      static_cast<std::uint32_t>(file.categories.size()) - feature.category_begin;
}

// The whole number from 0 on that all of the text is.
std::optional<std::uint32_t> whole_number(std::string_view text) {
  std::uint32_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [read_end, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || read_end != end) return std::nullopt;
  return value;
}

// "0:7" -> 8. What is no such range of codes is of no interest.
std::uint32_t code_end(std::string_view range) {
  constexpr std::uint32_t kCodeMax = 2'147'483'646;
  const std::size_t colon = std::min(range.find(':'), range.size());
  const auto least = whole_number(range.substr(0, colon));
  const auto greatest = whole_number(range.substr(std::min(colon + 1, range.size())));
  if (!least || !greatest || *least > *greatest || *greatest > kCodeMax) return 0;
  return *greatest + 1;
}

void read_infos(std::string_view text, LightgbmFile& file, LightgbmMemory& memory) {
  const LightgbmPlace place{.key = kKeys[feature_infos]};
  std::string_view rest = text;
  for (LightgbmFeature& feature : file.features) {
    const std::string_view info = take_word(rest);
    if (info.empty()) refuse_count(text, file.features.size(), place);
    if (info == "none") continue;
    if (info.size() > 1 && info.starts_with('[') && info.ends_with(']')) {
      feature.kind = LightgbmFeatureKind::numerical;
      feature.code_end = code_end(info.substr(1, info.size() - 2));
    } else {
      read_categories(info, feature, file, memory);
    }
  }
  if (!take_word(rest).empty()) refuse_count(text, file.features.size(), place);
}

}  // namespace

bool ends_lightgbm_header(std::string_view line) {
  return line.starts_with("Tree=") || line == "end of trees" || line == "feature importances:" ||
         line == "feature_importances:" || line == "parameters:" ||
         line.starts_with("pandas_categorical:");
}

LightgbmHeader read_lightgbm_header(LightgbmLines& lines, LightgbmMemory& memory) {
  const Values values = read_lines(lines);
  LightgbmHeader header;
  LightgbmFile& file = header.file;
  file.version = read_version(values);
  file.num_class = read_count(required(values, num_class), num_class, 1, kOutputCountMax);
  file.num_tree_per_iteration = file.num_class;
  if (const auto text = values[num_tree_per_iteration]) {
    file.num_tree_per_iteration = read_count(*text, num_tree_per_iteration, 1, kOutputCountMax);
  }
  file.max_feature_idx =
      read_count(required(values, max_feature_idx), max_feature_idx, 0, kFeatureCountMax - 1);
  file.average_output = values[average_output].has_value();
  if (const auto text = values[objective]) file.objective = read_objective(*text);
  read_names(required(values, feature_names), file, memory);
  check_names(file, memory);
  read_infos(required(values, feature_infos), file, memory);
  if (const auto text = values[tree_sizes]) header.tree_count = count_words(*text);
  return header;
}

}  // namespace ml_inference
