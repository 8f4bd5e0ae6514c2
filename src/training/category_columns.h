// SPDX-License-Identifier: MIT
// Columns of a table whose values are categories.
#pragma once

#include "base/result.h"
#include "data/table.h"
#include "model/schema.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// Which columns of a table hold categories: those with these names, and those with text.
struct CategoryColumns {
  std::vector<std::string> names;

  /// Whether every column with a cell that is no number is one, too.
  bool with_text = false;
};

/// Whether a cell says nothing: it is empty, "nan", or spaces only.
[[nodiscard]] bool is_missing_cell(std::string_view text);

/// Finds the features that are categories, and the categories of each.
///
/// columns  of the features, in their order.
/// Categories are whole numbers, ascending, where every cell that says something is one; truth
/// values, where each is true or false (True or False); otherwise texts, in the order of their
/// bytes. Others count as missing values later on.
/// Errors: not_found, for a name that no feature has; invalid_argument, for a column with nothing
/// in it.
[[nodiscard]] Result<std::vector<Categories>> find_categories(const Table& table,
                                                              std::span<const std::size_t> columns,
                                                              const CategoryColumns& wanted);

/// Replaces the categories of one feature by their numbers.
///
/// categories  as find_categories() gave them for the table.
/// values      [row_count, feature_count]: the column of the feature is overwritten, by NaN where
///             the cell says nothing.
void read_categories(const Table& table, std::size_t column, const Categories& categories,
                     std::size_t feature_count, std::span<float> values);

}  // namespace ml_inference
