// SPDX-License-Identifier: MIT
#include "formats/lightgbm/header.h"

#include "formats/format_error.h"
#include "formats/lightgbm/numbers.h"
#include "model/limits.h"

#include <array>
#include <cmath>
#include <string_view>
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

void read_infos(std::string_view text, LightgbmFile& file, LightgbmMemory& memory) {
  const LightgbmPlace place{.key = kKeys[feature_infos]};
  std::string_view rest = text;
  for (LightgbmFeature& feature : file.features) {
    const std::string_view info = take_word(rest);
    if (info.empty()) refuse_count(text, file.features.size(), place);
    if (info == "none") continue;
    if (info.starts_with('[') && info.ends_with(']')) {
      feature.kind = LightgbmFeatureKind::numerical;
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
  read_infos(required(values, feature_infos), file, memory);
  if (const auto text = values[tree_sizes]) header.tree_count = count_words(*text);
  return header;
}

}  // namespace ml_inference
