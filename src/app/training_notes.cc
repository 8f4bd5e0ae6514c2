// SPDX-License-Identifier: MIT
#include "app/training_notes.h"

#include "app/markup.h"
#include "base/number_text.h"
#include "base/printable_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

namespace ml_inference {
namespace {

constexpr std::size_t kShownLabelCountMax = 10;
constexpr std::size_t kShownColumnCountMax = 20;
constexpr std::size_t kShownLabelLengthMax = 24;

// "3: setosa, versicolor, virginica"
std::string labels_text(std::span<const Label> labels) {
  std::string text = fmt::format("{}:", labels.size());
  for (const Label& label : labels.first(std::min(labels.size(), kShownLabelCountMax))) {
    text += fmt::format("{} {}", text.ends_with(':') ? "" : ",",
                        shortened(printable_text(label_text(label)), kShownLabelLengthMax));
  }
  if (labels.size() > kShownLabelCountMax) text += ", ...";
  return text;
}

std::string target_text(const TrainingSet& set) {
  const std::string name = printable_text(set.schema.targets.front().name);
  if (set.schema.task() == Task::classification) {
    return fmt::format("target: {} (classes, {})\n", name, labels_text(set.schema.class_labels()));
  }
  if (set.targets.empty()) return fmt::format("target: {} (numbers)\n", name);
  const auto [least, greatest] = std::ranges::minmax(set.targets);
  return fmt::format("target: {} (numbers, from {:.6g} to {:.6g})\n", name, least, greatest);
}

std::string categories_text(const Schema& schema) {
  std::string text;
  std::size_t count = 0;
  for (const Categories& categories : schema.categories) {
    if (count++ == kShownColumnCountMax) {
      return text + fmt::format("  and {} more\n", schema.categories.size() - kShownColumnCountMax);
    }
    text += fmt::format("  {} (categories, {})\n",
                        printable_text(schema.feature_names[categories.feature]),
                        labels_text(categories.labels));
  }
  return text;
}

std::string missing_text(const TrainingSet& set) {
  std::vector<std::size_t> counts(set.schema.feature_count());
  for (std::size_t row = 0; row < set.row_count; ++row) {
    for (std::size_t feature = 0; feature < counts.size(); ++feature) {
      counts[feature] += std::isnan(set.rows().row(row)[feature]) ? 1 : 0;
    }
  }
  std::string text;
  std::size_t shown = 0;
  for (std::size_t feature = 0; feature < counts.size(); ++feature) {
    if (counts[feature] == 0) continue;
    if (shown++ == kShownColumnCountMax) return text + ", ...\n";
    text += fmt::format("{} {} ({})", text.empty() ? "missing values:" : ",",
                        printable_text(set.schema.feature_names[feature]), counts[feature]);
  }
  return text.empty() ? text : text + '\n';
}

std::string first_text(const Table& table, const MixedColumn& mixed, std::size_t column) {
  return fmt::format(
      "{}: '{}' is no number, though {} of {} are", table.place(mixed.first_text_row, column),
      shortened(table.cell(mixed.first_text_row, column), kShownLabelLengthMax), mixed.number_count,
      count_text(mixed.number_count + mixed.text_count, "value"));
}

}  // namespace

std::string training_set_text(const TrainingSet& set) {
  const std::size_t category_count = set.schema.categories.size();
  std::string text = target_text(set);
  text += fmt::format("features: {} (numbers: {}, categories: {})\n", set.schema.feature_count(),
                      set.schema.feature_count() - category_count, category_count);
  return text + categories_text(set.schema) + missing_text(set);
}

std::vector<std::string> training_warnings(const Table& table, const TrainingSet& set,
                                           std::optional<Task> task,
                                           const CategoryColumns& categories) {
  std::vector<std::string> warnings;
  const std::size_t target = table.find_column(set.schema.targets.front().name).value();
  const auto mixed_target = mixed_column(table, target);
  if (!task && mixed_target && set.schema.task() == Task::classification) {
    warnings.push_back(first_text(table, *mixed_target, target) +
                       ": the target is taken for classes; leave such rows out if it is a number, "
                       "or say --task classification");
  }
  if (!categories.with_text) return warnings;
  for (const Categories& of_feature : set.schema.categories) {
    const std::size_t column = of_feature.feature + (of_feature.feature >= target ? 1 : 0);
    const auto mixed = mixed_column(table, column);
    if (!mixed) continue;
    warnings.push_back(first_text(table, *mixed, column) +
                       ": the column is taken for categories; leave such cells empty if it holds "
                       "numbers, or name those that hold categories with --categorical-features");
  }
  return warnings;
}

}  // namespace ml_inference
