// SPDX-License-Identifier: MIT
// What goes into a model and what comes out, by name.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ml_inference {

enum class Task {
  classification,  ///< one of several classes, with a probability for each
  regression,      ///< a number
};

/// "classification" or "regression".
[[nodiscard]] std::string_view task_name(Task task);

/// A class as the training data named it: a whole number stays a number in the answer.
using ClassLabel = std::variant<std::int64_t, std::string>;

/// The label as text: "setosa", "3".
[[nodiscard]] std::string class_label_text(const ClassLabel& label);

/// The columns that a model takes and the answers that it gives. A plain value; check_schema() says
/// whether it makes sense.
struct Schema {
  Task task = Task::classification;

  /// One name a feature, in the order in which a row holds them. Unique and not empty.
  std::vector<std::string> feature_names;

  /// Classification: one label a class, in the order of the forest's outputs; all numbers or all
  /// text.
  /// Regression: empty.
  std::vector<ClassLabel> class_labels;

  /// What was predicted, if the file says: the name of the target column.
  std::string target_name;

  /// Whether a row may hold NaN, which means a missing value. The library that trained the model
  /// decides: a model that never saw one refuses it.
  bool accepts_missing = false;

  /// Whether a row may hold an infinity.
  bool accepts_infinite = false;

  [[nodiscard]] std::size_t feature_count() const { return feature_names.size(); }

  /// How many numbers the forest gives a row: one a class, or one.
  [[nodiscard]] std::size_t output_count() const {
    return task == Task::classification ? class_labels.size() : 1;
  }

  bool operator==(const Schema&) const = default;
};

/// Checks counts, limits (model/limits.h), uniqueness and UTF-8 of names and labels.
/// Errors: invalid_argument, naming the field and the offending entry.
[[nodiscard]] Result<void> check_schema(const Schema& schema);

}  // namespace ml_inference
