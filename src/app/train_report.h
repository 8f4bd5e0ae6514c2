// SPDX-License-Identifier: MIT
// What there is to say about a training: how good the model is, and on which rows that was found.
#pragma once

#include "model/model.h"
#include "training/cross_validation.h"
#include "training/evaluation.h"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ml_inference {

/// What a trainer that works by iterations made smaller, after each of them.
struct LossCurve {
  std::string rows;  ///< on which rows: "training rows", "rows held out"
  std::vector<double> losses;
};

struct TrainReport {
  Schema schema;
  ModelSize size;
  std::string data_path;
  std::string model_path;
  std::size_t row_count = 0;

  /// By feature: not negative, sum 1 or all 0.
  std::vector<double> feature_importances;

  // Each where it was asked for and could be had.
  std::optional<CrossValidation> cross_validation;
  std::optional<Evaluation> out_of_bag;

  /// On the rows that the model has learned from: only where there is nothing better.
  std::optional<Evaluation> on_training_rows;

  /// What the losses are, "log loss"; and one or two curves, or none.
  std::string loss_name;
  std::vector<LossCurve> losses;

  /// How it was trained: each flag and its value.
  std::vector<std::pair<std::string, std::string>> parameters;
};

/// "0.9600"; an error, which has the unit of the target, with five digits.
[[nodiscard]] std::string score_text(Metric metric, double score);

/// Scores with the way in which they were found.
struct Measurement {
  std::string name;    ///< "5-fold cross-validation"
  std::string method;  ///< which rows, scored by what
  std::vector<std::pair<Metric, std::string>> scores;
  ConfusionMatrix confusion;
};

/// What the report has, the most telling first.
[[nodiscard]] std::vector<Measurement> measurements(const TrainReport& report);

/// Rows of one class predicted as another.
struct Confusion {
  std::string row_class;
  std::string predicted;
  std::size_t row_count = 0;
};

/// The most frequent ones, by descending rows; count_max of them at most.
[[nodiscard]] std::vector<Confusion> most_confused(const ConfusionMatrix& confusion,
                                                   const std::vector<Label>& labels,
                                                   std::size_t count_max);

/// The report as lines for a terminal. Names and labels cannot steer it.
[[nodiscard]] std::string report_text(const TrainReport& report);

}  // namespace ml_inference
