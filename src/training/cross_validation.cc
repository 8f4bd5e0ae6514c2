// SPDX-License-Identifier: MIT
#include "training/cross_validation.h"

#include "base/assert.h"
#include "training/folds.h"
#include "training/parallel.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ml_inference {
namespace {

// Rows that a thread takes at a time: a batch that engines like.
constexpr std::size_t kBlockRowCount = 512;

// Fewer rows than this are no point of a curve.
constexpr std::size_t kPointRowCountMin = 10;

// The outputs of every row: [row_count, output_count].
std::vector<double> outputs_of(const Model& model, MatrixView<const double> rows,
                               std::size_t thread_count) {
  const std::size_t width = model.schema().answer_width();
  const std::size_t output_count = model.schema().output_count();
  std::vector<double> outputs(rows.row_count() * output_count);
  const std::size_t block_count = (rows.row_count() + kBlockRowCount - 1) / kBlockRowCount;
  for_each_index(block_count, thread_count, [&] {
    return [&, workspace = Workspace(),
            answers = std::vector<double>()](std::size_t block) mutable {
      const std::size_t begin = block * kBlockRowCount;
      const std::size_t count = std::min(kBlockRowCount, rows.row_count() - begin);
      const std::span<const double> cells =
          rows.values().subspan(begin * rows.column_count(), count * rows.column_count());
      answers.resize(count * width);
      model.estimator().predict({cells, count, rows.column_count()}, answers, workspace);
      for (std::size_t row = 0; row < count; ++row) {
        std::copy_n(answers.begin() + static_cast<std::ptrdiff_t>(row * width), output_count,
                    outputs.begin() + static_cast<std::ptrdiff_t>((begin + row) * output_count));
      }
    };
  });
  return outputs;
}

// What one share of the rows gave, by fold.
struct Round {
  std::size_t row_count = 0;
  std::vector<Evaluation> seen;  // only for a curve
  std::vector<Evaluation> unseen;
};

// The rows that a fold trains on: all outside it, or a fair choice of them.
std::vector<std::size_t> training_rows(const TrainingSet& set, const Folds& folds, std::size_t fold,
                                       double share, std::uint64_t seed) {
  std::vector<std::size_t> rows = rows_outside(folds, fold);
  if (share == 1) return rows;
  const auto count = static_cast<std::size_t>(share * static_cast<double>(rows.size()));
  rows = fair_order(set, rows, seed);
  rows.resize(std::max(count, std::size_t{1}));
  std::ranges::sort(rows);
  return rows;
}

Result<Round> run_round(const TrainingSet& set, const Folds& folds, double share,
                        const Trainer& trainer, const CrossValidationOptions& options) {
  Round round{.row_count = set.row_count};
  for (std::size_t fold = 0; fold < options.fold_count; ++fold) {
    const TrainingSet part = part_of(set, training_rows(set, folds, fold, share, options.seed));
    Result<Model> model = trainer(part);
    if (!model) {
      return fail(model.error().code,
                  fmt::format("fold {} of {}, trained on {} rows: {}", fold + 1, options.fold_count,
                              part.row_count, model.error().message));
    }
    round.row_count = std::min(round.row_count, part.row_count);
    const TrainingSet rest = part_of(set, rows_in(folds, fold));
    round.unseen.push_back(evaluate(*model, rest, options.thread_count));
    if (options.point_count > 1) {
      round.seen.push_back(evaluate(*model, part, options.thread_count));
    }
  }
  return round;
}

LearningPoint point_of(const Round& round, Metric metric) {
  return {.row_count = round.row_count,
          .seen = mean_score(round.seen, metric),
          .unseen = mean_score(round.unseen, metric)};
}

}  // namespace

std::vector<double> learning_shares(std::size_t point_count, std::size_t row_count) {
  std::vector<double> shares{1};
  while (shares.size() < point_count &&
         shares.back() / 2 * static_cast<double>(row_count) >= kPointRowCountMin) {
    shares.push_back(shares.back() / 2);
  }
  std::ranges::reverse(shares);
  return shares;
}

Result<CrossValidation> cross_validate(const TrainingSet& set, const Trainer& trainer,
                                       const CrossValidationOptions& options) {
  ASSIGN_OR_RETURN(const Folds folds, make_folds(set, options.fold_count, options.seed));
  const Metric metric = metrics_of(set.schema.task()).front();
  const std::size_t trained_count = set.row_count - set.row_count / options.fold_count;
  std::vector<double> shares = learning_shares(options.point_count, trained_count);
  CrossValidation result;
  ASSIGN_OR_RETURN(Round whole, run_round(set, folds, shares.back(), trainer, options));
  result.curve.push_back(point_of(whole, metric));
  result.folds = std::move(whole.unseen);
  for (shares.pop_back(); !shares.empty(); shares.pop_back()) {
    const Result<Round> round = run_round(set, folds, shares.back(), trainer, options);
    if (!round) {
      result.curve_cut = round.error().message;
      break;
    }
    result.curve.push_back(point_of(*round, metric));
  }
  std::ranges::reverse(result.curve);
  if (options.point_count < 2) result.curve.clear();
  return result;
}

Evaluation evaluate(const Model& model, const TrainingSet& set, std::size_t thread_count) {
  ASSERT(set.row_count > 0 && set.schema.targets.size() == 1);
  const std::vector<double> outputs = outputs_of(model, set.rows(), thread_count);
  if (set.schema.task() == Task::regression) return evaluate(set.targets, outputs);
  return evaluate(set.classes, {outputs, set.row_count, set.schema.class_labels().size()});
}

}  // namespace ml_inference
