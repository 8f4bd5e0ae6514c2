// SPDX-License-Identifier: MIT
// What a table was taken for, said before anything is trained on it: a guess that is wrong costs
// accuracy, and nothing later tells of it.
#pragma once

#include "data/table.h"
#include "training/category_columns.h"
#include "training/training_set.h"

#include <optional>
#include <string>
#include <vector>

namespace ml_inference {

/// How the target and the features were taken, as lines for a terminal: names and labels cannot
/// steer it.
[[nodiscard]] std::string training_set_text(const TrainingSet& set);

/// Columns that were taken for categories or classes because of a few cells: a sentence each, with
/// the line and the text of the first.
///
/// set         what read_training_set() made of the table, told `task` and `categories`: what was
///             asked for is no guess.
[[nodiscard]] std::vector<std::string> training_warnings(const Table& table, const TrainingSet& set,
                                                         std::optional<Task> task,
                                                         const CategoryColumns& categories);

}  // namespace ml_inference
