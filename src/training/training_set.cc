// SPDX-License-Identifier: MIT
#include "training/training_set.h"

#include "training/cell_text.h"
#include "training/limits.h"
#include "training/target_classes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>
#include <utility>

namespace ml_inference {
namespace {

// More different whole numbers than this are a quantity rather than names; digits have 10, letters
// 26 but are seldom numbered.
constexpr std::size_t kGuessedClassCountMax = 20;

Result<std::vector<double>> read_targets(const Table& table, std::size_t column) {
  std::vector<double> targets;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    ASSIGN_OR_RETURN(const double target, table.number(row, column));
    if (!std::isfinite(target)) {
      return fail(Code::invalid_argument,
                  fmt::format("{}: expected a finite target, got '{}'", table.place(row, column),
                              table.cell(row, column)));
    }
    if (std::abs(target) > kTargetMax) {
      return fail(Code::invalid_argument,
                  fmt::format("{}: expected a target of at most {} in magnitude, got {}",
                              table.place(row, column), kTargetMax, table.cell(row, column)));
    }
    targets.push_back(target);
  }
  return targets;
}

std::unexpected<Error> unexpected_cell(const Table& table, std::size_t row, std::size_t column,
                                       std::string_view expected) {
  return fail(Code::invalid_argument,
              fmt::format("{}: expected {}, got '{}'", table.place(row, column), expected,
                          table.cell(row, column)));
}

// A cell that is no category.
Result<double> read_number(const Table& table, std::size_t row, std::size_t column,
                           NumberType type) {
  const std::string_view text = table.cell(row, column);
  const std::optional<double> number = parse_number(text);
  if (!number) {
    if (const std::optional<bool> truth = parse_truth(text)) return *truth ? 1 : 0;
    return table.number(row, column);  // says what is wrong
  }
  const double taken = rounded(type, *number);
  if (!std::isinf(taken)) return taken;
  return unexpected_cell(
      table, row, column,
      std::isinf(*number) ? "a finite number or an empty cell" : "a number that float32 can hold");
}

// [row_count, columns.size()] of the table's cells, by rows.
Result<std::vector<double>> read_features(const Table& table, std::span<const std::size_t> columns,
                                          const Schema& schema) {
  std::vector<double> values(table.row_count() * columns.size());
  std::vector<std::size_t> numbers;
  for (std::size_t feature = 0; feature < columns.size(); ++feature) {
    if (const Categories* const categories = schema.categories_of(feature)) {
      read_categories(table, columns[feature], *categories, columns.size(), values);
    } else {
      numbers.push_back(feature);
    }
  }
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    for (const std::size_t feature : numbers) {
      ASSIGN_OR_RETURN(values[row * columns.size() + feature],
                       read_number(table, row, columns[feature], schema.input.type));
    }
  }
  return values;
}

// "'a', 'b', 'c' and 7 more"
std::string shown_names(std::span<const std::string> names) {
  constexpr std::size_t kShownCountMax = 20;
  const std::span<const std::string> shown = names.first(std::min(names.size(), kShownCountMax));
  std::string text = fmt::format("'{}'", fmt::join(shown, "', '"));
  if (shown.size() < names.size()) text += fmt::format(" and {} more", names.size() - shown.size());
  return text;
}

// Reads the targets of the task that the schema names into the set.
Result<void> read_target_column(const Table& table, std::size_t column, TrainingSet& set) {
  if (set.schema.task() == Task::regression) {
    ASSIGN_OR_RETURN(set.targets, read_targets(table, column));
    return {};
  }
  ASSIGN_OR_RETURN(TargetClasses classes, read_target_classes(table, column));
  if (classes.labels.empty()) return fail(Code::invalid_argument, "the table has no rows");
  set.classes = std::move(classes.rows);
  set.schema.targets[0].class_labels = std::move(classes.labels);
  return {};
}

}  // namespace

Task guess_task(const Table& table, std::size_t target_column) {
  std::set<double> values;
  bool are_whole = true;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    const std::optional<double> number = parse_number(table.cell(row, target_column));
    if (!number) return Task::classification;
    const bool is_whole = is_told_apart(*number) && *number == std::trunc(*number);
    if (is_whole) values.insert(*number);
    are_whole = are_whole && is_whole;
  }
  const bool are_few =
      values.size() <= kGuessedClassCountMax && values.size() * 2 <= table.row_count();
  return are_few && are_whole ? Task::classification : Task::regression;
}

Result<TrainingSet> read_training_set(const Table& table, const std::string& target_column,
                                      std::optional<Task> task, const CategoryColumns& categories,
                                      NumberType type) {
  const std::optional<std::size_t> target = table.find_column(target_column);
  if (!target) {
    return fail(Code::not_found, fmt::format("the table has no column '{}', its columns are {}",
                                             target_column, shown_names(table.column_names())));
  }
  TrainingSet set{
      .schema = {.input = {.type = type},
                 .targets = {{.task = task.value_or(guess_task(table, *target)),
                              .name = target_column}}},
      .row_count = table.row_count(),
  };
  std::vector<std::size_t> columns;
  for (std::size_t column = 0; column < table.column_count(); ++column) {
    if (column == *target) continue;
    columns.push_back(column);
    set.schema.feature_names.push_back(table.column_names()[column]);
  }
  ASSIGN_OR_RETURN(set.schema.categories, find_categories(table, columns, categories));
  ASSIGN_OR_RETURN(set.values, read_features(table, columns, set.schema));
  set.schema.input.accepts_missing =
      std::ranges::any_of(set.values, [](double value) { return std::isnan(value); });
  RETURN_IF_ERROR(read_target_column(table, *target, set));
  return set;
}

TrainingSet part_of(const TrainingSet& set, std::span<const std::size_t> rows) {
  TrainingSet part{.schema = set.schema, .row_count = rows.size()};
  part.values.reserve(rows.size() * set.schema.feature_count());
  for (const std::size_t row : rows) {
    const std::span<const double> values = set.rows().row(row);
    part.values.insert(part.values.end(), values.begin(), values.end());
    if (!set.classes.empty()) part.classes.push_back(set.classes[row]);
    if (!set.targets.empty()) part.targets.push_back(set.targets[row]);
  }
  return part;
}

}  // namespace ml_inference
