// SPDX-License-Identifier: MIT
#include "training/cross_validation.h"

#include "data/csv.h"
#include "data/iris.h"
#include "training/folds.h"
#include "training/train_model.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ml_inference {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TrainingSet iris() {
  TrainingSet set{.row_count = kIrisRowCount};
  set.schema.feature_names = {"a", "b", "c", "d"};
  set.values.assign(iris_rows().values().begin(), iris_rows().values().end());
  set.classes.assign(iris_classes().begin(), iris_classes().end());
  for (const char* const name : {"setosa", "versicolor", "virginica"}) {
    set.schema.targets[0].class_labels.emplace_back(name);
  }
  return set;
}

TrainingSet a_line(std::size_t row_count) {
  std::string text = "x,y\n";
  for (std::size_t row = 0; row < row_count; ++row) text += fmt::format("{0},{0}.5\n", row);
  return read_training_set(read_csv(text).value(), "y", std::nullopt).value();
}

Result<Model> small_forest(const TrainingSet& set) {
  ASSIGN_OR_RETURN(TrainedModel trained, train_model(set, {.tree_count = 5}));
  return std::move(trained.model);
}

TEST(CrossValidation, ScoresEachRowOnceByAModelThatHasNotSeenIt) {
  std::vector<std::size_t> row_counts;
  const Trainer trainer = [&row_counts](const TrainingSet& set) {
    row_counts.push_back(set.row_count);
    return small_forest(set);
  };
  const CrossValidation result = cross_validate(iris(), trainer, {.fold_count = 5}).value();
  EXPECT_THAT(row_counts, ElementsAre(120, 120, 120, 120, 120));
  ASSERT_EQ(result.folds.size(), 5U);
  for (const Evaluation& fold : result.folds) EXPECT_EQ(fold.row_count, 30U);
  std::size_t row_count = 0;
  const ConfusionMatrix confusion = summed_confusion(result.folds);
  for (const auto& [pair, count] : confusion.counts()) row_count += count;
  EXPECT_EQ(row_count, 150U);
  EXPECT_GT(mean_score(result.folds, Metric::accuracy)->mean, 0.9);
  EXPECT_LT(mean_score(result.folds, Metric::accuracy)->mean, 1.0);
  EXPECT_GT(mean_score(result.folds, Metric::roc_auc)->mean, 0.95);
  EXPECT_TRUE(result.curve.empty());
}

// A model that knows its rows by heart must fail on the others: the targets are noise.
TEST(CrossValidation, IsNotDeceivedByAModelThatKnowsItsRowsByHeart) {
  TrainingSet set = iris();
  for (std::size_t row = 0; row < set.row_count; ++row) {
    set.classes[row] = static_cast<std::int32_t>((row * 7919 + row / 3) % 3);
  }
  const CrossValidation result = cross_validate(set, small_forest, {.point_count = 2}).value();
  EXPECT_LT(mean_score(result.folds, Metric::accuracy)->mean, 0.55);
  EXPECT_GT(result.curve.back().seen->mean, 0.8);
}

TEST(CrossValidation, GivesTheSameScoresWithAnyNumberOfThreadsAndAnyCurve) {
  const CrossValidation alone = cross_validate(iris(), small_forest, {.fold_count = 3}).value();
  const CrossValidation together =
      cross_validate(iris(), small_forest, {.fold_count = 3, .point_count = 3, .thread_count = 4})
          .value();
  for (std::size_t fold = 0; fold < 3; ++fold) {
    EXPECT_EQ(alone.folds[fold].scores, together.folds[fold].scores);
    EXPECT_EQ(alone.folds[fold].confusion, together.folds[fold].confusion);
  }
}

TEST(CrossValidation, ScoresARegression) {
  const CrossValidation result =
      cross_validate(a_line(200), small_forest, {.fold_count = 4}).value();
  EXPECT_GT(mean_score(result.folds, Metric::r_squared)->mean, 0.98);
  EXPECT_GT(mean_score(result.folds, Metric::root_mean_squared_error)->mean, 0.0);
  EXPECT_FALSE(mean_score(result.folds, Metric::accuracy).has_value());
}

TEST(CrossValidation, ScoresAClassThatAFoldHasNotTrainedOn) {
  TrainingSet set = iris();
  for (std::size_t row = 1; row < 50; ++row) set.classes[row] = 1;  // one setosa is left
  const CrossValidation result = cross_validate(set, small_forest, {.fold_count = 3}).value();
  EXPECT_TRUE(mean_score(result.folds, Metric::log_loss).has_value());
  EXPECT_EQ(mean_score(result.folds, Metric::accuracy)->count, 3U);
  EXPECT_EQ(mean_score(result.folds, Metric::roc_auc)->count, 1U);  // where the setosa was scored
}

TEST(LearningCurve, TrainsOnHalvesOfHalves) {
  std::vector<std::size_t> row_counts;
  const Trainer trainer = [&row_counts](const TrainingSet& set) {
    row_counts.push_back(set.row_count);
    return small_forest(set);
  };
  const CrossValidation result =
      cross_validate(iris(), trainer, {.fold_count = 2, .point_count = 3}).value();
  EXPECT_THAT(row_counts, ElementsAre(75, 75, 37, 37, 18, 18));
  ASSERT_EQ(result.curve.size(), 3U);
  EXPECT_EQ(result.curve.front().row_count, 18U);
  EXPECT_EQ(result.curve.back().row_count, 75U);
  EXPECT_EQ(result.curve.back().unseen->mean, mean_score(result.folds, Metric::accuracy)->mean);
  EXPECT_GE(result.curve.back().seen->mean, result.curve.back().unseen->mean);
}

TEST(LearningCurve, HasNoPointsOfVeryFewRows) {
  EXPECT_THAT(learning_shares(1, 1000), ElementsAre(1));
  EXPECT_THAT(learning_shares(4, 1000), ElementsAre(0.125, 0.25, 0.5, 1));
  EXPECT_THAT(learning_shares(4, 40), ElementsAre(0.25, 0.5, 1));
  EXPECT_THAT(learning_shares(4, 3), ElementsAre(1));
}

TEST(LearningCurve, EndsWhereTheOptionsNeedMoreRows) {
  const Trainer trainer = [](const TrainingSet& set) -> Result<Model> {
    if (set.row_count < 60) return fail(Code::invalid_argument, "too few");
    return small_forest(set);
  };
  const CrossValidation result =
      cross_validate(iris(), trainer, {.fold_count = 5, .point_count = 4}).value();
  EXPECT_EQ(result.curve.size(), 2U);
  EXPECT_EQ(result.curve_cut, "fold 1 of 5, trained on 30 rows: too few");
}

TEST(CrossValidation, SaysWhichFoldCouldNotBeTrained) {
  const Trainer trainer = [](const TrainingSet&) -> Result<Model> {
    return fail(Code::resource_exhausted, "no");
  };
  EXPECT_EQ(cross_validate(iris(), trainer, {.fold_count = 3}).error(),
            (Error{Code::resource_exhausted, "fold 1 of 3, trained on 100 rows: no"}));
  EXPECT_THAT(cross_validate(iris(), trainer, {.fold_count = 51}).error().message,
              HasSubstr("at most 50 folds"));
}

TEST(Evaluation, OfAModelIsThatOfItsAnswers) {
  const TrainingSet set = iris();
  const Model model = train_model(set, {.tree_count = 20, .bootstrap = false}).value().model;
  const Evaluation evaluation = evaluate(model, set, 2);
  EXPECT_EQ(evaluation.row_count, 150U);
  EXPECT_EQ(evaluation.score(Metric::accuracy), 1.0);
  const TrainingSet line = a_line(1300);  // more than two blocks of rows
  const Model numbers = train_model(line, {.tree_count = 2, .bootstrap = false}).value().model;
  EXPECT_EQ(evaluate(numbers, line, 3).score(Metric::root_mean_squared_error), 0.0);
}

}  // namespace
}  // namespace ml_inference
