// SPDX-License-Identifier: MIT
// Rows and named columns of text, and the numbers that the text stands for.
//
// What the train command reads. A cell stays the text that the file holds until
// somebody asks for a number: whether "3" is a class or a quantity is not the table's to decide.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// Made by TableBuilder only. Every row has one cell a column; names are unique and not empty.
/// Threads: immutable; any number may read it.
class Table {
 public:
  [[nodiscard]] std::size_t row_count() const { return lines_.size(); }
  [[nodiscard]] std::size_t column_count() const { return column_names_.size(); }
  [[nodiscard]] std::span<const std::string> column_names() const { return column_names_; }

  /// The column of that name, or nothing. Cost: linear in the columns.
  [[nodiscard]] std::optional<std::size_t> find_column(std::string_view name) const;

  /// The text of a cell, quotes resolved, spaces kept. Valid as long as the table.
  [[nodiscard]] std::string_view cell(std::size_t row, std::size_t column) const;

  /// The line of the file on which the row began, from 1, for messages.
  [[nodiscard]] std::size_t line(std::size_t row) const { return lines_[row]; }

  /// "line 3 column 'petal'": how messages name a cell.
  [[nodiscard]] std::string place(std::size_t row, std::size_t column) const;

  /// The cell as a number, as parse_number() reads it.
  /// Errors: invalid_argument, naming line and column, when the text is no number.
  [[nodiscard]] Result<double> number(std::size_t row, std::size_t column) const;

 private:
  friend class TableBuilder;
  Table() = default;

  std::vector<std::string> column_names_;
  std::string text_;  // of all cells, row after row, nothing between them
  std::vector<std::uint32_t>
      ends_;  // by cell: where it ends in text_; kCsvSizeMax keeps it in range
  std::vector<std::uint32_t> lines_;  // by row
};

/// Takes rows one by one and makes a Table of them.
/// Threads: belongs to one thread.
class TableBuilder {
 public:
  /// column_names  unique and not empty: the caller has checked them (ASSERT on the number of cells
  /// only).
  explicit TableBuilder(std::vector<std::string> column_names);

  /// Adds a row.
  ///
  /// text   the cells of the row, one after another.
  /// ends   one a column: where the cell ends in `text`.
  /// line   where the row began in its file, from 1.
  /// Errors: resource_exhausted, when a limit of data/limits.h is reached.
  [[nodiscard]] Result<void> add_row(std::string_view text, std::span<const std::size_t> ends,
                                     std::size_t line);

  [[nodiscard]] Table build() &&;

 private:
  Table table_;
};

/// The number that a cell's text stands for, or nothing when it stands for none.
///
/// Spaces and tabs around it do not matter. Empty text is NaN, a missing value, and so are the
/// words that pandas takes for one: #N/A, #N/A N/A, #NA, <NA>, N/A, NA, n/a, NULL, null, None,
/// 1.#IND, 1.#QNAN (these two with or without a minus). "nan", "inf" and "infinity" in any case,
/// with or without a sign, are what they say. Decimal notation otherwise, with an optional
/// exponent, rounded to the nearest float64: what is too large for it is infinite and what is too
/// small is zero, as in Python, numpy and pandas. The decimal sign is a point, whatever the locale.
/// Source: pandas 3.1, read_csv(), na_values.
[[nodiscard]] std::optional<double> parse_number(std::string_view text);

/// "true" and "false" in any case, spaces and tabs around them; nothing otherwise.
[[nodiscard]] std::optional<bool> parse_truth(std::string_view text);

}  // namespace ml_inference
