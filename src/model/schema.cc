// SPDX-License-Identifier: MIT
#include "model/schema.h"

#include "base/utf8.h"
#include "model/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

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
  std::unordered_set<std::string_view> seen;
  for (std::size_t index = 0; index < names.size(); ++index) {
    const std::string& name = names[index];
    if (name.empty()) {
      return fail(Code::invalid_argument, fmt::format("{} {} is empty", what, index));
    }
    RETURN_IF_ERROR(check_text(fmt::format("{} {}", what, index), name));
    if (!seen.insert(name).second) {
      return fail(Code::invalid_argument, fmt::format("{} '{}' stands twice", what, name));
    }
  }
  return {};
}

Result<void> check_class_labels(const Schema& schema) {
  const std::vector<ClassLabel>& labels = schema.class_labels;
  if (schema.task == Task::regression) {
    if (labels.empty()) return {};
    return fail(Code::invalid_argument,
                fmt::format("a regression has {} class labels, expected none", labels.size()));
  }
  if (labels.empty() || labels.size() > kOutputCountMax) {
    return fail(Code::invalid_argument,
                fmt::format("a classification has {} class labels, expected 1 to {}", labels.size(),
                            kOutputCountMax));
  }
  const std::size_t kind = labels.front().index();
  if (!std::ranges::all_of(labels, [kind](const auto& label) { return label.index() == kind; })) {
    return fail(Code::invalid_argument, "class labels are numbers and text, expected one kind");
  }
  std::vector<std::string> texts;
  texts.reserve(labels.size());
  std::ranges::transform(labels, std::back_inserter(texts), class_label_text);
  return check_names("class label", texts);
}

}  // namespace

std::string_view task_name(Task task) {
  return task == Task::classification ? "classification" : "regression";
}

std::string class_label_text(const ClassLabel& label) {
  if (const auto* number = std::get_if<std::int64_t>(&label)) return std::to_string(*number);
  return std::get<std::string>(label);
}

Result<void> check_schema(const Schema& schema) {
  const std::size_t feature_count = schema.feature_names.size();
  if (feature_count == 0 || feature_count > kFeatureCountMax) {
    return fail(Code::invalid_argument, fmt::format("a model has {} features, expected 1 to {}",
                                                    feature_count, kFeatureCountMax));
  }
  RETURN_IF_ERROR(check_names("feature name", schema.feature_names));
  RETURN_IF_ERROR(check_text("target name", schema.target_name));
  return check_class_labels(schema);
}

}  // namespace ml_inference
