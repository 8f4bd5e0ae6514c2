// SPDX-License-Identifier: MIT
// What goes into a model and what comes out, by name.
#pragma once

#include "base/result.h"
#include "model/input_rules.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ml_inference {

enum class Task {
  classification,  ///< one of several classes, perhaps with a probability for each
  regression,      ///< a number
};

/// "classification" or "regression".
[[nodiscard]] std::string_view task_name(Task task);

/// A value that the training data named, a class or a category: what was a number stays one in the
/// answer.
using Label = std::variant<std::int64_t, std::string, double, bool>;

/// The label as text: setosa, 3, 0.5, true. As Python's json.dumps() makes a key of it.
[[nodiscard]] std::string label_text(const Label& label);

/// How the predicted class follows from the numbers of one row, as the library does it.
enum class ClassRule {
  largest_probability,  ///< the first of the largest outputs
  largest_score,        ///< the first of the largest scores
  positive_score,       ///< one score: class 1 where it is above 0
  non_negative_score,   ///< one score: class 1 where it is 0 or above
};

/// One thing that is predicted.
struct Target {
  Task task = Task::classification;

  /// The name of the target column, if the file says.
  std::string name;

  /// Classification: one label a class, in the order of the outputs; all of one kind.
  /// Regression: empty.
  std::vector<Label> class_labels;

  /// Classification: whether the outputs hold a probability for each class. Regression: of no
  /// meaning.
  bool has_probabilities = true;

  ClassRule class_rule = ClassRule::largest_probability;

  /// How many scores the library gives beside the outputs: its decision function or raw margin. 0
  /// when it has none.
  std::size_t score_count = 0;

  /// How many outputs there are: the probabilities, or the number.
  [[nodiscard]] std::size_t output_count() const {
    if (task == Task::regression) return 1;
    return has_probabilities ? class_labels.size() : 0;
  }

  bool operator==(const Target&) const = default;
};

/// What becomes of a value that is none of a feature's categories.
enum class UnknownCategory {
  refused,  ///< the row is refused
  missing,  ///< it counts as a missing value
};

/// The values that a categorical feature may have. The cell that the model sees is the number of
/// the category, from 0.
struct Categories {
  std::size_t feature = 0;
  std::vector<Label> labels;  ///< unique
  UnknownCategory unknown = UnknownCategory::refused;

  /// 0, or: the file has lost the end of the last label, a text of so many characters. Any text
  /// counts as it that begins so and is as long.
  std::size_t last_label_characters = 0;

  bool operator==(const Categories&) const = default;
};

/// The columns that a model takes and the answers that it gives. A plain value; check_schema() says
/// whether it makes sense.
///
/// A row of answers has the outputs of all targets and then the scores of all targets.
struct Schema {
  /// One name a feature, in the order in which a row holds them. Unique and not empty.
  std::vector<std::string> feature_names;

  /// Whether rows may have any number of cells: the model looks at none of them.
  bool takes_any_width = false;

  /// What cells of rows may be.
  InputRules input;

  /// Those features whose values have names, by ascending feature; their cells are numbers of
  /// categories.
  std::vector<Categories> categories;

  /// At least one; all of one task.
  std::vector<Target> targets = {Target{}};

  [[nodiscard]] std::size_t feature_count() const { return feature_names.size(); }
  [[nodiscard]] Task task() const { return targets.front().task; }

  /// The classes of the only or first target.
  [[nodiscard]] const std::vector<Label>& class_labels() const {
    return targets.front().class_labels;
  }

  /// The categories of a feature, or null when it takes numbers.
  [[nodiscard]] const Categories* categories_of(std::size_t feature) const;

  /// How many numbers a row of answers has: outputs, scores, and both.
  [[nodiscard]] std::size_t output_count() const;
  [[nodiscard]] std::size_t score_count() const;
  [[nodiscard]] std::size_t answer_width() const { return output_count() + score_count(); }

  bool operator==(const Schema&) const = default;
};

/// Checks counts, limits (model/limits.h), uniqueness and UTF-8 of names and labels.
/// Errors: invalid_argument, naming the field and the offending entry.
[[nodiscard]] Result<void> check_schema(const Schema& schema);

}  // namespace ml_inference
