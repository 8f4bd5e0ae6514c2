// SPDX-License-Identifier: MIT
// Columns of a table whose values are categories.
#pragma once

#include "base/result.h"
#include "data/table.h"
#include "model/schema.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ml_inference {

/// Which columns of a table hold categories: those with these names, and those with text.
struct CategoryColumns {
  std::vector<std::string> names;

  /// Whether every column with a cell that is no number is one, too.
  bool with_text = false;
};

/// Finds the features that are categories, and the categories of each.
///
/// columns  of the features, in their order.
/// Categories are whole numbers, ascending, where every cell that says something is one, as
/// whole_number_cell() reads them: 3 and 3.0 are one category, 007 is none of numbers; truth
/// values, where each is true or false in any case; otherwise texts, in the order of their bytes.
/// Others count as missing values later on.
/// Errors: not_found, for a name that no feature has; invalid_argument, for a column with nothing
/// in it.
[[nodiscard]] Result<std::vector<Categories>> find_categories(const Table& table,
                                                              std::span<const std::size_t> columns,
                                                              const CategoryColumns& wanted);

/// A column that holds numbers for the most part, and text beside them: one word for a missing
/// value that nobody knows makes categories of it.
struct MixedColumn {
  std::size_t number_count = 0;    ///< cells that are numbers
  std::size_t text_count = 0;      ///< cells that are neither numbers nor missing
  std::size_t first_text_row = 0;  ///< of these
};

/// What is mixed in a column; nothing when it is all numbers, or when half of its cells or more are
/// text.
[[nodiscard]] std::optional<MixedColumn> mixed_column(const Table& table, std::size_t column);

/// Replaces the categories of one feature by their numbers.
///
/// categories  as find_categories() gave them for the table.
/// values      [row_count, feature_count]: the column of the feature is overwritten, by NaN where
///             the cell says nothing.
void read_categories(const Table& table, std::size_t column, const Categories& categories,
                     std::size_t feature_count, std::span<double> values);

}  // namespace ml_inference
