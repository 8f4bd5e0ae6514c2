// SPDX-License-Identifier: MIT
#include "app/train_report.h"

#include "app/markup.h"
#include "base/number_text.h"
#include "base/printable_text.h"
#include "base/utf8.h"

#include <fmt/format.h>

#include <algorithm>

namespace ml_inference {
namespace {

// A matrix of more classes does not fit on a terminal.
constexpr std::size_t kShownClassCountMax = 20;
constexpr std::size_t kShownConfusionCountMax = 20;
constexpr std::size_t kShownLabelLengthMax = 12;

// Why rows may give no score.
std::string undefined_text(Metric metric) {
  return metric == Metric::r_squared ? "not defined on a single row"
                                     : "not defined without rows of each class";
}

std::string mean_text(Metric metric, const CrossValidation& validation) {
  const auto score = mean_score(validation.folds, metric);
  if (!score) return undefined_text(metric);
  std::string text = fmt::format("{} \u00b1 {}", score_text(metric, score->mean),
                                 score_text(metric, score->deviation));
  if (score->count < validation.folds.size()) {
    text += fmt::format(", over the {} of {} folds that define it", score->count,
                        validation.folds.size());
  }
  return text;
}

Measurement measured(const Evaluation& evaluation, Task task) {
  Measurement measurement{.confusion = evaluation.confusion};
  for (const Metric metric : metrics_of(task)) {
    const std::optional<double> score = evaluation.score(metric);
    measurement.scores.emplace_back(metric,
                                    score ? score_text(metric, *score) : undefined_text(metric));
  }
  return measurement;
}

Measurement measured(const CrossValidation& validation, Task task, std::size_t row_count) {
  Measurement measurement{
      .name = fmt::format("{}-fold cross-validation", validation.folds.size()),
      .method = fmt::format("each of the {} rows scored once, by a model that was trained without "
                            "it; mean \u00b1 standard deviation of the folds",
                            row_count),
      .confusion = summed_confusion(validation.folds)};
  for (const Metric metric : metrics_of(task)) {
    measurement.scores.emplace_back(metric, mean_text(metric, validation));
  }
  return measurement;
}

std::size_t length_of(std::string_view text) {
  std::size_t length = 0;
  for (; !text.empty(); ++length) {
    text.remove_prefix(std::max(utf8_sequence_size(text), std::size_t{1}));
  }
  return length;
}

// fmt counts columns of a terminal in its own way; names are cut and filled by characters here.
std::string filled(const std::string& text, std::size_t width, bool is_number) {
  const std::string fill(width - std::min(width, length_of(text)), ' ');
  return is_number ? fill + text : text + fill;
}

std::string matrix_text(const ConfusionMatrix& confusion, const std::vector<Label>& labels) {
  std::vector<std::string> names;
  std::size_t width = 1;
  for (const Label& label : labels) {
    names.push_back(shortened(printable_text(label_text(label)), kShownLabelLengthMax));
    width = std::max(width, length_of(names.back()));
  }
  std::size_t number_width = width;
  for (const auto& [pair, row_count] : confusion.counts()) {
    number_width = std::max(number_width, std::to_string(row_count).size());
  }
  std::string text = "  " + std::string(width, ' ');
  for (const std::string& name : names) text += "  " + filled(name, number_width, true);
  text += '\n';
  for (std::size_t line = 0; line < names.size(); ++line) {
    text += "  " + filled(names[line], width, false);
    for (std::size_t column = 0; column < names.size(); ++column) {
      const std::size_t row_count =
          confusion.row_count(static_cast<std::int32_t>(line), static_cast<std::int32_t>(column));
      text += "  " + filled(std::to_string(row_count), number_width, true);
    }
    text += '\n';
  }
  return text;
}

std::string confusion_text(const Measurement& measurement, const std::vector<Label>& labels) {
  if (labels.size() <= kShownClassCountMax) {
    return fmt::format("confusion matrix by {} (lines: true class; columns: predicted):\n",
                       measurement.name) +
           matrix_text(measurement.confusion, labels);
  }
  std::string text = fmt::format("most frequent confusions by {}:\n", measurement.name);
  const auto confusions = most_confused(measurement.confusion, labels, kShownConfusionCountMax);
  for (const Confusion& confusion : confusions) {
    text += fmt::format("  {} of '{}' predicted as '{}'\n", count_text(confusion.row_count, "row"),
                        printable_text(confusion.row_class), printable_text(confusion.predicted));
  }
  return confusions.empty() ? text + "  none\n" : text;
}

}  // namespace

std::string score_text(Metric metric, double score) {
  // An error has the unit and the magnitude of the target; the others lie about 0 to 1.
  if (metric == Metric::root_mean_squared_error) return fmt::format("{:.5g}", score);
  return fmt::format("{:.4f}", score);
}

std::vector<Measurement> measurements(const TrainReport& report) {
  const Task task = report.schema.task();
  std::vector<Measurement> all;
  if (report.cross_validation) {
    all.push_back(measured(*report.cross_validation, task, report.row_count));
  }
  if (report.out_of_bag) {
    all.push_back(measured(*report.out_of_bag, task));
    all.back().name = "out-of-bag estimate";
    all.back().method = fmt::format(
        "{} of the {} rows, each scored by the trees that did not see "
        "it",
        report.out_of_bag->row_count, report.row_count);
  }
  if (report.on_training_rows) {
    all.push_back(measured(*report.on_training_rows, task));
    all.back().name = "training rows";
    all.back().method = fmt::format(
        "the {} rows that the model has learned from: on others it is "
        "worse, which only rows that it has not seen can tell",
        report.on_training_rows->row_count);
  }
  return all;
}

std::vector<Confusion> most_confused(const ConfusionMatrix& confusion,
                                     const std::vector<Label>& labels, std::size_t count_max) {
  using Count = std::pair<ConfusionMatrix::Pair, std::size_t>;
  std::vector<Count> counts(confusion.counts().begin(), confusion.counts().end());
  std::erase_if(counts, [](const Count& count) { return count.first.first == count.first.second; });
  std::ranges::sort(counts, [](const Count& a, const Count& b) {
    return a.second == b.second ? a.first < b.first : a.second > b.second;
  });
  counts.resize(std::min(counts.size(), count_max));
  std::vector<Confusion> confusions;
  for (const auto& [pair, row_count] : counts) {
    confusions.push_back({.row_class = label_text(labels[static_cast<std::size_t>(pair.first)]),
                          .predicted = label_text(labels[static_cast<std::size_t>(pair.second)]),
                          .row_count = row_count});
  }
  return confusions;
}

std::string report_text(const TrainReport& report) {
  const Schema& schema = report.schema;
  std::string text = fmt::format("task: {}\ntrees: {}\nnodes: {}\n", task_name(schema.task()),
                                 report.size.tree_count, report.size.node_count);
  const std::vector<Measurement> all = measurements(report);
  for (const Measurement& measurement : all) {
    text += fmt::format("{} ({}):\n", measurement.name, measurement.method);
    for (const auto& [metric, score] : measurement.scores) {
      text += fmt::format("  {}: {}\n", metric_name(metric), score);
    }
  }
  if (schema.task() == Task::classification && !all.empty()) {
    text += confusion_text(all.front(), schema.class_labels());
  }
  for (const LossCurve& curve : report.losses) {
    if (curve.losses.empty()) continue;
    text += fmt::format("{} of the {}: {:.6g} after {}\n", report.loss_name, curve.rows,
                        curve.losses.back(), count_text(curve.losses.size(), "round"));
  }
  text += "feature importances:\n";
  for (std::size_t feature = 0; feature < schema.feature_count(); ++feature) {
    text += fmt::format("  {:.4f} {}\n", report.feature_importances[feature],
                        printable_text(schema.feature_names[feature]));
  }
  return text;
}

}  // namespace ml_inference
