// SPDX-License-Identifier: MIT
#include "app/report_page.h"

#include "app/charts.h"
#include "app/markup.h"
#include "app/report_style.h"
#include "app/version.h"
#include "base/digest.h"
#include "base/number_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <numeric>

namespace ml_inference {
namespace {

// Features with a bar of their own: a page that ends. The table beside them goes further.
constexpr std::size_t kBarCountMax = 15;
constexpr std::size_t kListedFeatureCountMax = 1'000;
constexpr std::size_t kListedConfusionCountMax = 20;

// A table: a head, and a line a row, of which all cells but the first are numbers.
struct NumberTable {
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> lines;
};

void add_table(Markup& page, const std::string& name, const NumberTable& table) {
  page.open("div",
            {{"class", "scroll"}, {"role", "region"}, {"tabindex", "0"}, {"aria-label", name}});
  page.open("table").open("thead").open("tr");
  for (std::size_t column = 0; column < table.head.size(); ++column) {
    page.open("th", {{"scope", "col"}, {"class", column == 0 ? "name" : "number"}});
    page.element("bdi", table.head[column]).close();
  }
  page.close().close().open("tbody");
  for (const std::vector<std::string>& line : table.lines) {
    page.open("tr").open("th", {{"scope", "row"}}).element("bdi", line.front()).close();
    for (std::size_t column = 1; column < line.size(); ++column) {
      page.element("td", line[column], {{"class", "number"}});
    }
    page.close();
  }
  page.close().close().close();
}

void add_details(Markup& page, const std::string& summary, const std::string& name,
                 const NumberTable& table) {
  page.open("details").element("summary", summary);
  add_table(page, name, table);
  page.close();
}

void start_card(Markup& page, const std::string& title) {
  page.open("section", {{"class", "card"}}).element("h2", title);
}

void add_note(Markup& page, std::string_view text) { page.element("p", text, {{"class", "note"}}); }

void add_measurement(Markup& page, const Measurement& measurement) {
  start_card(page, "Scores: " + measurement.name);
  std::string method = measurement.method + ".";
  method.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(method.front())));
  add_note(page, method);
  page.open("dl", {{"class", "scores"}});
  for (const auto& [metric, score] : measurement.scores) {
    page.open("div").element("dt", metric_name(metric)).element("dd", score).close();
  }
  page.close().close();
}

// Features by descending importance, those of equals first that stand first.
std::vector<std::size_t> by_importance(const std::vector<double>& importances) {
  std::vector<std::size_t> order(importances.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&importances](std::size_t a, std::size_t b) {
    return importances[a] == importances[b] ? a < b : importances[a] > importances[b];
  });
  return order;
}

void add_importances(Markup& page, const TrainReport& report) {
  const std::vector<double>& importances = report.feature_importances;
  const std::vector<std::size_t> order = by_importance(importances);
  std::vector<Bar> bars;
  double shown = 0;
  for (std::size_t rank = 0; rank < std::min(order.size(), kBarCountMax); ++rank) {
    bars.push_back({report.schema.feature_names[order[rank]], importances[order[rank]]});
    shown += bars.back().value;
  }
  start_card(page, "Feature importances");
  add_note(page, "How much of what the trees gained by their tests came from each feature.");
  page.open("figure").add(bar_chart("importances", "Feature importances", bars)).close();
  if (order.size() > bars.size()) {
    add_note(page, fmt::format("And {} with {:.1f} % together.",
                               count_text(order.size() - bars.size(), "feature"),
                               std::max(0.0, 1 - shown) * 100));
  }
  NumberTable table{.head = {"feature", "importance"}};
  for (std::size_t rank = 0; rank < std::min(order.size(), kListedFeatureCountMax); ++rank) {
    table.lines.push_back({report.schema.feature_names[order[rank]],
                           fmt::format("{:.4f}", importances[order[rank]])});
  }
  add_details(page, "Importances as a table", "Feature importances", table);
  page.close();
}

NumberTable matrix_table(const std::vector<std::string>& labels, const ConfusionMatrix& confusion) {
  NumberTable table{.head = {"true class"}};
  for (const std::string& label : labels) table.head.push_back("predicted " + label);
  for (std::size_t line = 0; line < labels.size(); ++line) {
    table.lines.push_back({labels[line]});
    for (std::size_t column = 0; column < labels.size(); ++column) {
      table.lines.back().push_back(std::to_string(
          confusion.row_count(static_cast<std::int32_t>(line), static_cast<std::int32_t>(column))));
    }
  }
  return table;
}

void add_confusion(Markup& page, const TrainReport& report, const Measurement& measurement) {
  std::vector<std::string> labels;
  for (const Label& label : report.schema.class_labels()) labels.push_back(label_text(label));
  start_card(page, "Confusion matrix");
  add_note(page, fmt::format("By {}: rows by their true class and by the class predicted.",
                             measurement.name));
  if (labels.size() >= 2 && labels.size() <= kDrawnClassCountMax) {
    page.open("figure")
        .add(confusion_chart("confusion", "Confusion matrix", labels, measurement.confusion))
        .close();
    add_details(page, "Confusion matrix as a table", "Confusion matrix",
                matrix_table(labels, measurement.confusion));
  } else {
    NumberTable table{.head = {"true class", "predicted", "rows"}};
    for (const Confusion& confusion : most_confused(
             measurement.confusion, report.schema.class_labels(), kListedConfusionCountMax)) {
      table.lines.push_back(
          {confusion.row_class, confusion.predicted, std::to_string(confusion.row_count)});
    }
    add_note(page, fmt::format("Of {} classes the most frequent confusions.", labels.size()));
    add_table(page, "Most frequent confusions", table);
  }
  page.close();
}

// No accuracy and no R squared is above 1, whatever a deviation adds to it.
LinePoint curve_point(std::size_t row_count, const MeanScore& score) {
  return {.x = static_cast<double>(row_count),
          .y = score.mean,
          .low = score.mean - score.deviation,
          .high = std::min(score.mean + score.deviation, std::max(score.mean, 1.0))};
}

bool is_drawable(const std::optional<MeanScore>& score) {
  return score && std::isfinite(score->mean) && std::isfinite(score->deviation);
}

void add_learning_curve(Markup& page, const TrainReport& report) {
  const CrossValidation& validation = *report.cross_validation;
  const auto metric = std::string(metric_name(metrics_of(report.schema.task()).front()));
  Line unseen{.name = "rows not seen"};
  Line seen{.name = "rows trained on", .is_dashed = true};
  NumberTable table{.head = {"rows trained on", "rows not seen", "\u00b1", "rows seen"}};
  for (const LearningPoint& point : validation.curve) {
    if (!is_drawable(point.unseen) || !is_drawable(point.seen)) continue;
    unseen.points.push_back(curve_point(point.row_count, *point.unseen));
    seen.points.push_back(curve_point(point.row_count, *point.seen));
    table.lines.push_back(
        {std::to_string(point.row_count), fmt::format("{:.4f}", point.unseen->mean),
         fmt::format("{:.4f}", point.unseen->deviation), fmt::format("{:.4f}", point.seen->mean)});
  }
  if (unseen.points.empty()) return;
  start_card(page, "Learning curve");
  add_note(page, fmt::format(
                     "{} of models trained on ever more rows, by {}-fold cross-validation. A line "
                     "of rows not seen that still climbs at its end says that more rows would "
                     "help. Bands: standard deviation of the folds.",
                     metric == "R2" ? "R squared" : "Accuracy", validation.folds.size()));
  page.open("figure")
      .add(line_chart("learning", {.title = "Learning curve",
                                   .x_name = "rows trained on",
                                   .y_name = metric,
                                   .lines = {unseen, seen},
                                   .has_log_x = true}))
      .close();
  if (!validation.curve_cut.empty()) {
    add_note(page, "Fewer rows could not be trained on: " + validation.curve_cut);
  }
  add_details(page, "Learning curve as a table", "Learning curve", table);
  page.close();
}

void add_losses(Markup& page, const TrainReport& report) {
  LineChart chart{.title = "Loss by iteration", .x_name = "iterations", .y_name = report.loss_name};
  for (const LossCurve& curve : report.losses) {
    Line line{.name = curve.rows, .is_dashed = !chart.lines.empty()};
    for (std::size_t step = 0; step < curve.losses.size(); ++step) {
      const double loss = curve.losses[step];
      if (!std::isfinite(loss)) continue;
      line.points.push_back(
          {.x = static_cast<double>(step + 1), .y = loss, .low = loss, .high = loss});
    }
    if (!line.points.empty()) chart.lines.push_back(std::move(line));
  }
  if (chart.lines.empty()) return;
  start_card(page, "Loss by iteration");
  add_note(page, "What each further tree made smaller.");
  page.open("figure").add(line_chart("losses", chart)).close();
  page.close();
}

void add_folds(Markup& page, const TrainReport& report) {
  const std::vector<Evaluation>& folds = report.cross_validation->folds;
  NumberTable table{.head = {"fold", "rows"}};
  for (const Metric metric : metrics_of(report.schema.task())) {
    table.head.emplace_back(metric_name(metric));
  }
  for (std::size_t fold = 0; fold < folds.size(); ++fold) {
    table.lines.push_back({std::to_string(fold + 1), std::to_string(folds[fold].row_count)});
    for (const Metric metric : metrics_of(report.schema.task())) {
      const std::optional<double> score = folds[fold].score(metric);
      table.lines.back().push_back(score ? score_text(metric, *score) : "not defined");
    }
  }
  start_card(page, "Folds");
  add_note(page, "Each scored by a model that was trained on all others.");
  add_table(page, "Folds", table);
  page.close();
}

void add_head(Markup& page, const TrainReport& report) {
  const std::string style = report_style();
  page.raw("<!doctype html>\n").open("html", {{"lang", "en"}}).open("head");
  page.empty("meta", {{"charset", "utf-8"}});
  page.empty("meta", {{"http-equiv", "Content-Security-Policy"},
                      {"content", fmt::format("default-src 'none'; style-src 'sha256-{}'; base-uri "
                                              "'none'; form-action 'none'",
                                              base64_text(sha256(style)))}});
  page.empty("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  page.empty("meta", {{"name", "color-scheme"}, {"content", "light dark"}});
  page.element("title", "Training report: " + report.schema.targets.front().name);
  page.open("style").raw(style).close().close();
}

void add_opening(Markup& page, const TrainReport& report) {
  const Schema& schema = report.schema;
  page.open("h1").text("Training report: ").element("bdi", schema.targets.front().name).close();
  page.open("p");
  page.text(fmt::format(
      "A forest of {} and {} that {} by {}, trained on {}",
      count_text(report.size.tree_count, "tree"), count_text(report.size.node_count, "node"),
      schema.task() == Task::regression
          ? std::string("predicts a number")
          : fmt::format("tells {} classes apart", schema.class_labels().size()),
      count_text(schema.feature_count(), "feature"), count_text(report.row_count, "row")));
  page.text(". Data: ").element("bdi", report.data_path);
  page.text(". Model: ").element("bdi", report.model_path).text(".").close();
}

void add_parameters(Markup& page, const TrainReport& report) {
  start_card(page, "Parameters");
  add_note(page, fmt::format("ml-inference {}, train.", kVersion));
  add_details(page, "All flags and their values", "Parameters", [&report] {
    NumberTable table{.head = {"flag", "value"}};
    for (const auto& [flag, value] : report.parameters) table.lines.push_back({flag, value});
    return table;
  }());
  page.close();
}

}  // namespace

std::string report_page(const TrainReport& report) {
  Markup page;
  add_head(page, report);
  page.open("body").open("main");
  add_opening(page, report);
  const std::vector<Measurement> all = measurements(report);
  page.open("div", {{"class", "cards"}});
  for (const Measurement& measurement : all) add_measurement(page, measurement);
  page.close().open("div", {{"class", "cards"}});
  if (report.schema.task() == Task::classification && !all.empty()) {
    add_confusion(page, report, all.front());
  }
  if (report.cross_validation && !report.cross_validation->curve.empty()) {
    add_learning_curve(page, report);
  }
  add_losses(page, report);
  add_importances(page, report);
  if (report.cross_validation) add_folds(page, report);
  add_parameters(page, report);
  page.close().close().close().close();
  return page.str();
}

}  // namespace ml_inference
