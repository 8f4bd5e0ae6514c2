// SPDX-License-Identifier: MIT
#include "training/category_columns.h"

#include "training/cell_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

namespace ml_inference {
namespace {

std::optional<Label> whole_label(std::string_view text) {
  const std::optional<std::int64_t> number = whole_number_cell(text);
  return number ? std::optional(Label(*number)) : std::nullopt;
}

std::optional<Label> truth_label(std::string_view text) {
  const std::optional<bool> truth = parse_truth(text);
  return truth ? std::optional(Label(*truth)) : std::nullopt;
}

std::optional<Label> text_label(std::string_view text) { return Label(std::string(text)); }

using LabelReader = std::optional<Label> (*)(std::string_view);

// Reads every cell that says something, or nothing where one is of another kind.
std::optional<std::vector<Label>> labels_by(LabelReader read, const Table& table,
                                            std::size_t column) {
  std::vector<Label> labels;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    const std::string_view text = table.cell(row, column);
    if (is_missing_cell(text)) continue;
    std::optional<Label> label = read(text);
    if (!label) return std::nullopt;
    labels.push_back(std::move(*label));
  }
  return labels;
}

std::vector<Label> labels_of(const Table& table, std::size_t column) {
  std::optional<std::vector<Label>> labels = labels_by(whole_label, table, column);
  if (!labels) labels = labels_by(truth_label, table, column);
  if (!labels) labels = labels_by(text_label, table, column);
  std::ranges::sort(*labels);
  const auto repeated = std::ranges::unique(*labels);
  labels->erase(repeated.begin(), repeated.end());
  return std::move(*labels);
}

bool has_text(const Table& table, std::size_t column) {
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    if (!parse_number(table.cell(row, column))) return true;
  }
  return false;
}

}  // namespace

Result<std::vector<Categories>> find_categories(const Table& table,
                                                std::span<const std::size_t> columns,
                                                const CategoryColumns& wanted) {
  const auto name_of = [&](std::size_t column) { return table.column_names()[column]; };
  for (const std::string& name : wanted.names) {
    if (std::ranges::count(columns, name, name_of) > 0) continue;
    return fail(Code::not_found, fmt::format("the table has no feature '{}' for categories", name));
  }
  std::vector<Categories> found;
  for (std::size_t feature = 0; feature < columns.size(); ++feature) {
    const std::size_t column = columns[feature];
    const bool is_named = std::ranges::count(wanted.names, name_of(column)) > 0;
    if (!is_named && !(wanted.with_text && has_text(table, column))) continue;
    found.push_back({.feature = feature,
                     .labels = labels_of(table, column),
                     .unknown = UnknownCategory::missing});
    if (!found.back().labels.empty()) continue;
    return fail(
        Code::invalid_argument,
        fmt::format("column '{}': expected categories, got missing values alone", name_of(column)));
  }
  return found;
}

std::optional<MixedColumn> mixed_column(const Table& table, std::size_t column) {
  MixedColumn mixed;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    const std::optional<double> number = parse_number(table.cell(row, column));
    if (number) {
      mixed.number_count += std::isnan(*number) ? 0 : 1;
    } else if (mixed.text_count++ == 0) {
      mixed.first_text_row = row;
    }
  }
  if (mixed.text_count == 0 || mixed.text_count >= mixed.number_count) return std::nullopt;
  return mixed;
}

void read_categories(const Table& table, std::size_t column, const Categories& categories,
                     std::size_t feature_count, std::span<double> values) {
  const std::size_t kind = categories.labels.front().index();
  const LabelReader read = kind == Label(std::int64_t{}).index() ? whole_label
                           : kind == Label(true).index()         ? truth_label
                                                                 : text_label;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    const std::string_view text = table.cell(row, column);
    double& value = values[row * feature_count + categories.feature];
    value = std::numeric_limits<double>::quiet_NaN();
    if (is_missing_cell(text)) continue;
    const auto place = std::ranges::lower_bound(categories.labels, *read(text));
    value = static_cast<double>(place - categories.labels.begin());
  }
}

}  // namespace ml_inference
