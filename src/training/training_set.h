// SPDX-License-Identifier: MIT
// From a table to rows with their targets: what every trainer learns from.
#pragma once

#include "base/result.h"
#include "data/matrix.h"
#include "data/table.h"
#include "model/schema.h"
#include "training/category_columns.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ml_inference {

/// Rows as numbers, the target of each, and the schema of the models that learn from them.
struct TrainingSet {
  Schema schema;  ///< has one target

  std::size_t row_count = 0;
  /// [row_count, feature_count] row-major; NaN means missing. Of schema.input.type: float32 numbers
  /// where that is float32.
  std::vector<double> values;

  /// Classification: the class of each row, an index into the schema's labels. Else empty.
  std::vector<std::int32_t> classes;

  /// Regression: the target of each row. Else empty.
  std::vector<double> targets;

  [[nodiscard]] MatrixView<const double> rows() const {
    return {values, row_count, schema.feature_count()};
  }
};

/// Reads what to learn from: one column of the table is the target, all others are features.
///
/// The features keep their order; their cells are numbers, as parse_number() reads them, or true
/// and false for 1 and 0. The schema accepts missing values if some column had one, and never
/// infinite ones.
///
/// task        guess_task() decides when not given.
/// categories  the features whose values are categories, for trainers that learn from such: their
///             values are numbers of the schema's categories.
/// type        what the trainer's models take: where that is float32 a number is read as float64
///             and then rounded, as numpy does.
///
/// Classes are read by read_target_classes().
///
/// Errors: not_found, when there is no such column; invalid_argument, naming line and column, for a
/// feature that is no number, infinite, or too large for float32 where that is the type, or, for a
/// regression, a target that is no finite number or beyond kTargetMax; and for a classification
/// without rows; those of find_categories() and read_target_classes().
[[nodiscard]] Result<TrainingSet> read_training_set(const Table& table,
                                                    const std::string& target_column,
                                                    std::optional<Task> task,
                                                    const CategoryColumns& categories = {},
                                                    NumberType type = NumberType::float32);

/// Some of the rows, in the order given; the schema stays that of the whole, so that each model
/// answers for all classes.
/// rows  below set.row_count.
[[nodiscard]] TrainingSet part_of(const TrainingSet& set, std::span<const std::size_t> rows);

/// What the cells of a column look like a task for: classification, when some cell is no number, or
/// when all are whole numbers, of at most 20 different values, each standing for two rows on
/// average; otherwise regression. Wine's three cultivars and ten digits are classes, ages and
/// prices are not.
[[nodiscard]] Task guess_task(const Table& table, std::size_t target_column);

}  // namespace ml_inference
