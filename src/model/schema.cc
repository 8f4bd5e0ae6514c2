// SPDX-License-Identifier: MIT
#include "model/schema.h"

#include "base/number_text.h"
#include "base/utf8.h"
#include "model/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {
namespace {

// what  "feature name 3" or "target name", for the message.
Result<void> check_text(const std::string& what, std::string_view text) {
  if (text.size() > kNameSizeMax) {
    return fail(Code::invalid_argument, fmt::format("{} has {} bytes, expected at most {}", what,
                                                    text.size(), kNameSizeMax));
  }
  if (!is_utf8(text)) return fail(Code::invalid_argument, fmt::format("{} is not UTF-8", what));
  return {};
}

// what  "feature name" or "class label", for the message.
Result<void> check_names(std::string_view what, const std::vector<std::string>& names) {
  for (std::size_t index = 0; index < names.size(); ++index) {
    const std::string& name = names[index];
    if (name.empty()) {
      return fail(Code::invalid_argument, fmt::format("{} {} is empty", what, index));
    }
    RETURN_IF_ERROR(check_text(fmt::format("{} {}", what, index), name));
  }
  // Sorted views: a set of a million names would be larger than the names.
  std::vector<std::string_view> sorted(names.begin(), names.end());
  std::ranges::sort(sorted);
  const auto twice = std::ranges::adjacent_find(sorted);
  if (twice != sorted.end()) {
    return fail(Code::invalid_argument, fmt::format("{} '{}' stands twice", what, *twice));
  }
  return {};
}

// Labels as people read them, for the check of names.
std::vector<std::string> texts_of(const std::vector<Label>& labels) {
  std::vector<std::string> texts;
  texts.reserve(labels.size());
  std::ranges::transform(labels, std::back_inserter(texts), label_text);
  return texts;
}

bool are_of_one_kind(const std::vector<Label>& labels) {
  return std::ranges::all_of(
      labels, [&](const Label& label) { return label.index() == labels.front().index(); });
}

Result<void> check_class_labels(const Target& target) {
  const std::vector<Label>& labels = target.class_labels;
  if (target.task == Task::regression) {
    if (labels.empty()) return {};
    return fail(Code::invalid_argument,
                fmt::format("a regression has {} class labels, expected none", labels.size()));
  }
  if (labels.empty() || labels.size() > kOutputCountMax) {
    return fail(Code::invalid_argument,
                fmt::format("a classification has {} class labels, expected 1 to {}", labels.size(),
                            kOutputCountMax));
  }
  if (!are_of_one_kind(labels)) {
    return fail(Code::invalid_argument, "class labels are numbers and text, expected one kind");
  }
  return check_names("class label", texts_of(labels));
}

// Whether the class can be found in the numbers that there are.
Result<void> check_class_rule(const Target& target) {
  if (target.task == Task::regression) return {};
  std::size_t expected = target.class_labels.size();
  std::size_t got = target.score_count;
  switch (target.class_rule) {
    case ClassRule::largest_probability: got = target.output_count(); break;
    case ClassRule::largest_score: break;
    case ClassRule::positive_score:
    case ClassRule::non_negative_score: expected = 1; break;
    case ClassRule::stated: return {};
  }
  if (got == expected) return {};
  return fail(Code::invalid_argument,
              fmt::format("the class follows from {} numbers, expected {}", got, expected));
}

Result<void> check_targets(const Schema& schema) {
  if (schema.targets.empty() || schema.targets.size() > kTargetCountMax) {
    return fail(Code::invalid_argument, fmt::format("a model has {} targets, expected 1 to {}",
                                                    schema.targets.size(), kTargetCountMax));
  }
  for (const Target& target : schema.targets) {
    if (target.task != schema.task()) {
      return fail(Code::invalid_argument, "targets are classes and numbers, expected one task");
    }
    RETURN_IF_ERROR(check_text("target name", target.name));
    RETURN_IF_ERROR(check_class_labels(target));
    RETURN_IF_ERROR(check_class_rule(target));
  }
  return {};
}

Result<void> check_categories(const Schema& schema) {
  std::size_t next = 0;  // the least feature that may come
  for (const Categories& categories : schema.categories) {
    if (categories.feature < next || categories.feature >= schema.feature_count()) {
      return fail(Code::invalid_argument,
                  fmt::format("categories of feature {}, expected {} to {}", categories.feature,
                              next, schema.feature_count() - 1));
    }
    next = categories.feature + 1;
    const std::string what = fmt::format("feature {} category", categories.feature);
    std::vector<std::string> texts = texts_of(categories.labels);
    for (const std::string& text : texts) RETURN_IF_ERROR(check_text(what, text));
    std::ranges::sort(texts);
    const auto twice = std::ranges::adjacent_find(texts);
    if (twice != texts.end()) {
      return fail(Code::invalid_argument, fmt::format("{} '{}' stands twice", what, *twice));
    }
  }
  return {};
}

}  // namespace

std::string_view task_name(Task task) {
  return task == Task::classification ? "classification" : "regression";
}

std::string label_text(const Label& label) {
  if (const auto* number = std::get_if<std::int64_t>(&label)) return std::to_string(*number);
  if (const auto* number = std::get_if<double>(&label)) return number_text(*number);
  if (const auto* truth = std::get_if<bool>(&label)) return *truth ? "true" : "false";
  return std::get<std::string>(label);
}

const Categories* Schema::categories_of(std::size_t feature) const {
  const auto found = std::ranges::lower_bound(categories, feature, {}, &Categories::feature);
  return found == categories.end() || found->feature != feature ? nullptr : &*found;
}

std::size_t Schema::output_count() const {
  std::size_t count = 0;
  for (const Target& target : targets) count += target.output_count();
  return count;
}

std::size_t Schema::score_count() const {
  std::size_t count = 0;
  for (const Target& target : targets) count += target.score_count;
  return count;
}

std::size_t Schema::stated_count() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(targets, [](const Target& target) { return target.states_class(); }));
}

Result<void> check_schema(const Schema& schema) {
  const std::size_t feature_count = schema.feature_names.size();
  if (feature_count == 0 || feature_count > kFeatureCountMax) {
    return fail(Code::invalid_argument, fmt::format("a model has {} features, expected 1 to {}",
                                                    feature_count, kFeatureCountMax));
  }
  RETURN_IF_ERROR(check_names("feature name", schema.feature_names));
  RETURN_IF_ERROR(check_categories(schema));
  return check_targets(schema);
}

}  // namespace ml_inference
