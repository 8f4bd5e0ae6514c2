// SPDX-License-Identifier: MIT
#include "training/train_boosting.h"

#include "base/assert.h"
#include "model/forest_builder.h"
#include "training/boosted_tree.h"
#include "training/booster.h"
#include "training/boosting_loss.h"
#include "training/early_stopping.h"
#include "training/limits.h"
#include "training/training_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace ml_inference {
namespace {

Result<void> expect_option(bool is_good, const char* option, const char* expected, double got) {
  if (is_good) return {};
  return fail(Code::invalid_argument,
              fmt::format("{}: expected {}, got {}", option, expected, got));
}

Result<void> check_growth(const BoostingOptions& options) {
  const auto number = [](std::size_t value) { return static_cast<double>(value); };
  RETURN_IF_ERROR(expect_option(options.max_iter >= 1, "max_iter", "1 or more", 0));
  RETURN_IF_ERROR(expect_option(options.learning_rate > 0 && options.learning_rate <= 1e6,
                                "learning_rate", "a number above 0 up to 1e6",
                                options.learning_rate));
  const std::size_t leaves = options.max_leaf_nodes.value_or(2);
  RETURN_IF_ERROR(expect_option(leaves >= 2, "max_leaf_nodes", "2 or more", number(leaves)));
  RETURN_IF_ERROR(expect_option(options.max_depth.value_or(1) >= 1, "max_depth", "1 or more", 0));
  RETURN_IF_ERROR(expect_option(options.min_samples_leaf >= 1, "min_samples_leaf", "1 or more", 0));
  RETURN_IF_ERROR(
      expect_option(options.l2_regularization >= 0 && std::isfinite(options.l2_regularization),
                    "l2_regularization", "0 or more", options.l2_regularization));
  RETURN_IF_ERROR(expect_option(options.max_features > 0 && options.max_features <= 1,
                                "max_features", "a share above 0 up to 1", options.max_features));
  return expect_option(options.max_bins >= 2 && options.max_bins <= kBinCountMax, "max_bins",
                       "2 to 255", number(options.max_bins));
}

Result<void> check_options(const BoostingOptions& options, MatrixView<const double> rows) {
  RETURN_IF_ERROR(check_growth(options));
  RETURN_IF_ERROR(expect_option(options.n_iter_no_change >= 1, "n_iter_no_change", "1 or more", 0));
  RETURN_IF_ERROR(expect_option(options.tol >= 0, "tol", "0 or more", options.tol));
  const auto threads = static_cast<double>(options.thread_count);
  RETURN_IF_ERROR(
      expect_option(options.thread_count >= 1 && options.thread_count <= kTrainingThreadCountMax,
                    "thread_count", "1 to 1024", threads));
  for (const std::size_t feature : options.categorical_features) {
    RETURN_IF_ERROR(expect_option(feature < rows.column_count(), "categorical_features",
                                  "numbers of features", static_cast<double>(feature)));
  }
  if (rows.row_count() <= kBoostingRowCountMax) return {};
  return fail(Code::resource_exhausted, fmt::format("expected at most {} rows, got {}",
                                                    kBoostingRowCountMax, rows.row_count()));
}

// How many rows to set aside; 0 for no early stopping.
Result<std::size_t> validation_count(const BoostingOptions& options, std::size_t row_count) {
  constexpr std::size_t kAutomaticRowCount = 10'000;  // scikit-learn's
  const bool is_automatic = options.early_stopping == EarlyStopping::automatic;
  if (options.early_stopping == EarlyStopping::no) return std::size_t{0};
  if (is_automatic && row_count <= kAutomaticRowCount) return std::size_t{0};
  std::size_t count = 0;
  if (const auto* const share = std::get_if<double>(&options.validation_fraction)) {
    RETURN_IF_ERROR(expect_option(*share > 0 && *share < 1, "validation_fraction",
                                  "a share above 0 below 1, or a count", *share));
    count = static_cast<std::size_t>(std::ceil(*share * static_cast<double>(row_count)));
  } else {
    count = std::get<std::size_t>(options.validation_fraction);
  }
  RETURN_IF_ERROR(expect_option(count >= 1 && count < row_count, "validation_fraction",
                                "some rows to set aside and some to learn from",
                                static_cast<double>(count)));
  return count;
}

// The targets of some rows.
BoostingTargets chosen_targets(const BoostingTargets& targets,
                               std::span<const std::uint32_t> chosen) {
  BoostingTargets result;
  for (const std::uint32_t row : chosen) {
    result.values.push_back(targets.values[row]);
    if (!targets.weights.empty()) result.weights.push_back(targets.weights[row]);
  }
  return result;
}

Result<BinLayout> find_layout(MatrixView<const double> rows, std::span<const std::uint32_t> chosen,
                              const BoostingOptions& options, WorkTeam& team) {
  std::vector<bool> are_categorical(rows.column_count());
  for (const std::size_t feature : options.categorical_features) are_categorical[feature] = true;
  std::vector<Result<FeatureBins>> found(rows.column_count(), FeatureBins(std::size_t{1}));
  team.run(found.size(), [&](std::size_t, std::size_t feature) {
    found[feature] =
        find_bins(rows, chosen, feature, are_categorical[feature], options.max_bins, options.seed);
  });
  std::vector<FeatureBins> features;
  for (Result<FeatureBins>& feature : found) {
    if (!feature) return std::unexpected(std::move(feature).error());
    features.push_back(std::move(*feature));
  }
  return BinLayout(std::move(features));
}

// strata  as draw_validation() takes them.
Result<TrainedBoosting> train(MatrixView<const double> rows, BoostingLoss loss,
                              const BoostingTargets& targets, std::span<const std::int32_t> strata,
                              std::size_t sum_count, const BoostingOptions& options) {
  ASSIGN_OR_RETURN(const std::size_t set_aside, validation_count(options, rows.row_count()));
  const RowShares shares = draw_validation(rows.row_count(), strata, set_aside, options.seed);
  if (shares.training.empty() || (set_aside > 0 && shares.validation.empty())) {
    return fail(Code::invalid_argument,
                fmt::format("early stopping: expected rows enough to set some aside, got {}",
                            rows.row_count()));
  }
  WorkTeam team(options.thread_count);
  ASSIGN_OR_RETURN(const BinLayout layout, find_layout(rows, shares.training, options, team));
  const BinnedRows training(layout, rows, shares.training, team);
  const BinnedRows validation(layout, rows, shares.validation, team);
  Booster booster(loss, sum_count, {training, chosen_targets(targets, shares.training)},
                  {validation, chosen_targets(targets, shares.validation)}, options, team);
  return std::move(booster).train();
}

}  // namespace

Result<TrainedBoosting> train_boosted_classifier(MatrixView<const double> rows,
                                                 std::span<const std::int32_t> classes,
                                                 std::size_t class_count,
                                                 const BoostingOptions& options) {
  ASSERT(classes.size() == rows.row_count());
  RETURN_IF_ERROR(check_training_rows(rows));
  RETURN_IF_ERROR(check_training_classes(classes, class_count));
  RETURN_IF_ERROR(check_options(options, rows));
  if (class_count < 2) {
    return fail(Code::invalid_argument,
                fmt::format("expected 2 or more classes, got {}", class_count));
  }
  if (options.loss != RegressionLoss::squared_error) {
    return fail(Code::invalid_argument,
                "loss: expected none for a classification, which takes the log loss");
  }
  ASSIGN_OR_RETURN(const std::vector<double> class_weights,
                   weights_of_classes(options.class_weights, classes, class_count));
  BoostingTargets targets;
  for (const std::int32_t row_class : classes) {
    targets.values.push_back(row_class);
    if (class_weights.empty()) continue;
    targets.weights.push_back(class_weights[static_cast<std::size_t>(row_class)]);
  }
  if (class_count == 2) return train(rows, BoostingLoss::binary, targets, classes, 1, options);
  return train(rows, BoostingLoss::multiclass, targets, classes, class_count, options);
}

Result<TrainedBoosting> train_boosted_regressor(MatrixView<const double> rows,
                                                std::span<const double> targets,
                                                const BoostingOptions& options) {
  ASSERT(targets.size() == rows.row_count());
  RETURN_IF_ERROR(check_training_rows(rows));
  RETURN_IF_ERROR(check_training_targets(targets));
  RETURN_IF_ERROR(check_options(options, rows));
  if (options.class_weights != ClassWeights(ClassWeighting::none)) {
    return fail(Code::invalid_argument, "class_weights: expected none for a regression");
  }
  const BoostingTargets wanted{.values = {targets.begin(), targets.end()}, .weights = {}};
  switch (options.loss) {
    case RegressionLoss::squared_error:
      return train(rows, BoostingLoss::squared_error, wanted, {}, 1, options);
    case RegressionLoss::absolute_error:
      return train(rows, BoostingLoss::absolute_error, wanted, {}, 1, options);
    case RegressionLoss::poisson: break;
  }
  const auto [least, most] = std::ranges::minmax(targets);
  if (least < 0 || most == 0) {
    return fail(Code::invalid_argument,
                fmt::format("poisson: expected targets of 0 and more, some above 0, got {} to {}",
                            least, most));
  }
  return train(rows, BoostingLoss::poisson, wanted, {}, 1, options);
}

}  // namespace ml_inference
