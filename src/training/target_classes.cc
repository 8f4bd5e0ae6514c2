// SPDX-License-Identifier: MIT
#include "training/target_classes.h"

#include "training/cell_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ml_inference {
namespace {

Result<void> expect_no_missing(const Table& table, std::size_t column) {
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    const std::string_view text = table.cell(row, column);
    if (!is_missing_cell(text)) continue;
    return fail(Code::invalid_argument,
                text.empty()
                    ? fmt::format("{}: expected a class, got nothing", table.place(row, column))
                    : fmt::format("{}: expected a class, got '{}', which stands for a "
                                  "missing value",
                                  table.place(row, column), text));
  }
  return {};
}

// What a cell means, where it could be written in another way.
using Meaning = std::function<std::optional<double>(std::string_view)>;

std::optional<double> number_meant(std::string_view text) {
  const std::optional<double> number = parse_number(text);
  return is_zero_padded(text) ? std::nullopt : number;
}

std::optional<double> truth_meant(std::string_view text) {
  const std::optional<bool> truth = parse_truth(text);
  if (!truth) return std::nullopt;
  return *truth ? 1 : 0;
}

// Refuses two ways of writing the same, in a column where every cell has such a meaning.
Result<void> expect_one_spelling(const Table& table, std::size_t column, const Meaning& meaning) {
  std::unordered_map<double, std::size_t> first_rows;
  std::optional<Error> fault;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    const std::optional<double> meant = meaning(table.cell(row, column));
    if (!meant) return {};
    if (fault || !is_told_apart(*meant)) continue;
    const std::size_t first = first_rows.emplace(*meant, row).first->second;
    if (table.cell(row, column) == table.cell(first, column)) continue;
    fault = Error{Code::invalid_argument,
                  fmt::format("{}: '{}' is '{}' of line {} written in another way, expected one "
                              "way for each class",
                              table.place(row, column), table.cell(row, column),
                              table.cell(first, column), table.line(first))};
  }
  if (fault) return std::unexpected(*fault);
  return {};
}

bool are_whole(const Table& table, std::size_t column) {
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    if (!whole_number_cell(table.cell(row, column))) return false;
  }
  return true;
}

}  // namespace

Result<TargetClasses> read_target_classes(const Table& table, std::size_t column) {
  RETURN_IF_ERROR(expect_no_missing(table, column));
  RETURN_IF_ERROR(expect_one_spelling(table, column, number_meant));
  RETURN_IF_ERROR(expect_one_spelling(table, column, truth_meant));
  const bool are_numbers = are_whole(table, column);
  std::vector<Label> labels;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    const std::string_view text = table.cell(row, column);
    labels.push_back(are_numbers ? Label(*whole_number_cell(text)) : Label(std::string(text)));
  }
  TargetClasses classes{.labels = labels, .rows = {}};
  std::ranges::sort(classes.labels);
  const auto repeated = std::ranges::unique(classes.labels);
  classes.labels.erase(repeated.begin(), repeated.end());
  for (const Label& label : labels) {
    const auto found = std::ranges::lower_bound(classes.labels, label);
    classes.rows.push_back(static_cast<std::int32_t>(found - classes.labels.begin()));
  }
  return classes;
}

}  // namespace ml_inference
