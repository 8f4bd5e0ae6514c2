// SPDX-License-Identifier: MIT
// forest_scores DATA.csv FOLDS.csv: trains a forest for every fold of a repeated cross-validation
// and prints its score on the rows left out. Only accuracy.py uses it.
//
// DATA.csv   features, and a last column, the target: class numbers from 0, or numbers.
// FOLDS.csv  a column for each repeat: by row, the fold in which the row is left out.
// On stdout, for each repeat and fold: score (accuracy or R squared), nodes a tree, and the
// importance of every feature. The forest's seed is repeat * fold_count + fold.
#include "data/csv.h"
#include "model/reference_predict.h"
#include "model/schema.h"
#include "training/train_forest.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

struct Rows {
  std::vector<float> values;
  std::vector<double> targets;
};

struct Data {
  std::size_t feature_count = 0;
  Rows rows;
};

// Errors end the program: the one who calls it is a script beside it.
template <class T>
T value_or_exit(Result<T> result) {
  if (result) return std::move(result).value();
  fmt::print(stderr, "forest_scores: {}\n", result.error().message);
  std::exit(1);
}

Data read_data(const std::string& path) {
  const Table table = value_or_exit(read_csv_file(path));
  Data data{.feature_count = table.column_count() - 1};
  std::vector<std::size_t> columns(data.feature_count);
  std::iota(columns.begin(), columns.end(), 0U);
  data.rows.values = value_or_exit(float_rows(table, columns));
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    data.rows.targets.push_back(value_or_exit(table.number(row, data.feature_count)));
  }
  return data;
}

// The rows that lie in the fold, or all others.
Rows rows_of_fold(const Data& data, const Table& folds, std::size_t repeat, double fold,
                  bool inside) {
  Rows chosen;
  for (std::size_t row = 0; row < data.rows.targets.size(); ++row) {
    if ((value_or_exit(folds.number(row, repeat)) == fold) != inside) continue;
    const float* const begin = data.rows.values.data() + row * data.feature_count;
    chosen.values.insert(chosen.values.end(), begin, begin + data.feature_count);
    chosen.targets.push_back(data.rows.targets[row]);
  }
  return chosen;
}

MatrixView<const float> view(const Rows& rows) {
  return {rows.values, rows.targets.size(), rows.values.size() / rows.targets.size()};
}

double accuracy(const Forest& forest, const Rows& rows) {
  const std::size_t class_count = forest.output_count();
  std::vector<double> out(rows.targets.size() * class_count);
  reference_predict(forest, view(rows), out);
  std::size_t right_count = 0;
  for (std::size_t row = 0; row < rows.targets.size(); ++row) {
    const std::span<const double> shares = std::span(out).subspan(row * class_count, class_count);
    const auto best = std::ranges::max_element(shares) - shares.begin();
    right_count += static_cast<double>(best) == rows.targets[row] ? 1U : 0U;
  }
  return static_cast<double>(right_count) / static_cast<double>(rows.targets.size());
}

double r_squared(const Forest& forest, const Rows& rows) {
  std::vector<double> out(rows.targets.size());
  reference_predict(forest, view(rows), out);
  const double mean = std::accumulate(rows.targets.begin(), rows.targets.end(), 0.0) /
                      static_cast<double>(rows.targets.size());
  double error = 0;
  double deviation = 0;
  for (std::size_t row = 0; row < out.size(); ++row) {
    error += (rows.targets[row] - out[row]) * (rows.targets[row] - out[row]);
    deviation += (rows.targets[row] - mean) * (rows.targets[row] - mean);
  }
  return 1 - error / deviation;
}

void print_scores(const Data& data, const Table& folds, Task task, ForestOptions options) {
  const auto class_count = static_cast<std::size_t>(std::ranges::max(data.rows.targets)) + 1;
  double fold_count = 0;
  for (std::size_t row = 0; row < folds.row_count(); ++row) {
    fold_count = std::max(fold_count, value_or_exit(folds.number(row, 0)) + 1);
  }
  for (std::size_t repeat = 0; repeat < folds.column_count(); ++repeat) {
    for (double fold = 0; fold < fold_count; ++fold) {
      const Rows learned = rows_of_fold(data, folds, repeat, fold, false);
      const Rows asked = rows_of_fold(data, folds, repeat, fold, true);
      const std::vector<std::int32_t> classes(learned.targets.begin(), learned.targets.end());
      options.seed =
          repeat * static_cast<std::uint64_t>(fold_count) + static_cast<std::uint64_t>(fold);
      const TrainedForest trained =
          value_or_exit(task == Task::regression
                            ? train_regressor(view(learned), learned.targets, options)
                            : train_classifier(view(learned), classes, class_count, options));
      const Forest& forest = trained.forest;
      fmt::print(
          "{} {} {}\n",
          task == Task::regression ? r_squared(forest, asked) : accuracy(forest, asked),
          static_cast<double>(forest.nodes().size()) / static_cast<double>(forest.tree_count()),
          fmt::join(trained.feature_importances, " "));
    }
  }
}

int run(int argument_count, char** arguments) {
  CLI::App app("scores of forests in a repeated cross-validation");
  std::string data;
  std::string folds;
  std::string task = "classification";
  std::string criterion = "gini";
  std::string class_weight = "none";
  double fraction_of_features = 0;
  double fraction_of_samples = 0;
  ForestOptions options;
  app.add_option("data", data)->required();
  app.add_option("folds", folds)->required();
  app.add_option("--task", task)->check(CLI::IsMember({"classification", "regression"}));
  app.add_option("--criterion", criterion)->check(CLI::IsMember({"gini", "entropy"}));
  app.add_option("--class_weight", class_weight)->check(CLI::IsMember({"none", "balanced"}));
  app.add_option("--n_estimators", options.tree_count);
  app.add_option("--max_features", fraction_of_features);
  app.add_option("--max_samples", fraction_of_samples);
  app.add_option("--bootstrap", options.bootstrap);
  app.add_option("--max_depth", options.max_depth);
  app.add_option("--min_samples_split", options.min_samples_split);
  app.add_option("--min_samples_leaf", options.min_samples_leaf);
  app.add_option("--max_leaf_nodes", options.max_leaf_nodes);
  app.add_option("--min_impurity_decrease", options.min_impurity_decrease);
  CLI11_PARSE(app, argument_count, arguments);
  if (criterion == "entropy") options.criterion = ClassCriterion::entropy;
  if (class_weight == "balanced") options.class_weights = ClassWeighting::balanced;
  if (fraction_of_features > 0) options.max_features = fraction_of_features;
  if (fraction_of_samples > 0) options.max_samples = fraction_of_samples;
  print_scores(read_data(data), value_or_exit(read_csv_file(folds)),
               task == "regression" ? Task::regression : Task::classification, options);
  return 0;
}

}  // namespace
}  // namespace ml_inference

int main(int argument_count, char** arguments) {
  return ml_inference::run(argument_count, arguments);
}
