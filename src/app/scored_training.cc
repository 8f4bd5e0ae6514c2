// SPDX-License-Identifier: MIT
#include "app/scored_training.h"

#include "engines/engine.h"
#include "formats/onnx/writer.h"
#include "training/folds.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace ml_inference {
namespace {

constexpr std::size_t kUsualFoldCount = 5;

// Trainings of the learning curve's points cost about one whole cross-validation together.
constexpr std::size_t kPointCount = 5;

std::unique_ptr<const ForestRunner> run_by_engine(Forest forest) {
  return make_engine(std::move(forest));
}

// How many folds the set allows.
std::size_t fold_count_max(const TrainingSet& set) {
  if (set.schema.task() == Task::regression) return set.row_count;
  std::map<std::int32_t, std::size_t> counts;
  for (const std::int32_t row_class : set.classes) ++counts[row_class];
  std::size_t most = 0;
  for (const auto& [row_class, count] : counts) most = std::max(most, count);
  return most;
}

std::size_t fold_count_of(const TrainingSet& set, const ScoringOptions& options) {
  if (options.fold_count) return *options.fold_count;
  const std::size_t count = std::min(kUsualFoldCount, fold_count_max(set));
  return count < 2 ? 0 : count;
}

// The training itself, and those of the folds, each weighing as many rows as it learns from.
ProgressBar::Work work_of(const TrainingSet& set, const CrossValidationOptions& validation,
                          std::size_t step_count) {
  ProgressBar::Work work{.step_count = step_count,
                         .weight = static_cast<double>(std::max(set.row_count, std::size_t{1}))};
  if (validation.fold_count == 0) return work;
  const std::size_t row_count = set.row_count - set.row_count / validation.fold_count;
  const std::vector<double> shares = learning_shares(validation.point_count, row_count);
  work.part_count += shares.size() * validation.fold_count;
  work.weight += std::accumulate(shares.begin(), shares.end(), 0.0) *
                 static_cast<double>(row_count * validation.fold_count);
  return work;
}

Result<void> refuse_one_class(const Schema& schema) {
  if (schema.task() == Task::regression || schema.class_labels().size() != 1) return {};
  return fail(Code::invalid_argument,
              fmt::format("column '{}' holds the class '{}' alone, expected two or more",
                          schema.targets.front().name, label_text(schema.class_labels().front())));
}

}  // namespace

Result<ScoredTraining> train_and_score(const TrainingSet& set, const ReportingTrainer& trainer,
                                       const ScoringOptions& options, ProgressTerminal terminal) {
  RETURN_IF_ERROR(refuse_one_class(set.schema));
  const CrossValidationOptions validation{.fold_count = fold_count_of(set, options),
                                          .seed = options.seed,
                                          .point_count = options.has_curve ? kPointCount : 1,
                                          .thread_count = options.thread_count};
  if (validation.fold_count > 0) {  // before the time of a training is spent
    const Result<Folds> folds = make_folds(set, validation.fold_count, validation.seed);
    if (!folds) return std::unexpected(folds.error());
  }
  const bool is_shown = terminal.is_there();
  ProgressBar bar(std::move(terminal), options.step_name,
                  work_of(set, validation, options.step_count));
  const ProgressTicker ticker(bar, is_shown);
  const auto train_part = [&](const TrainingSet& part) {
    bar.begin_part(static_cast<double>(part.row_count));
    return trainer(part, [&bar](std::size_t, std::size_t total) { bar.advance(total); });
  };

  ASSIGN_OR_RETURN(TrainedModel trained, train_part(set));
  ScoredTraining result;
  ASSIGN_OR_RETURN(result.onnx, write_trained_onnx(trained.model));
  TrainReport& report = result.report;
  report.schema = trained.model.schema();
  report.size = trained.model.size();
  report.row_count = set.row_count;
  report.feature_importances = std::move(trained.feature_importances);
  report.out_of_bag = std::move(trained.out_of_bag);
  if (!trained.validation_losses.empty()) {
    report.loss_name = "loss";
    report.losses = {{.rows = "rows set aside", .losses = std::move(trained.validation_losses)}};
  }
  if (validation.fold_count > 0) {
    const auto train_fold = [&train_part](const TrainingSet& part) -> Result<Model> {
      ASSIGN_OR_RETURN(TrainedModel fold, train_part(part));
      fold.model.run_forests_by(run_by_engine);
      return std::move(fold.model);
    };
    ASSIGN_OR_RETURN(report.cross_validation, cross_validate(set, train_fold, validation));
  } else if (!report.out_of_bag) {
    trained.model.run_forests_by(run_by_engine);
    report.on_training_rows = evaluate(trained.model, set, options.thread_count);
  }
  return result;
}

}  // namespace ml_inference
