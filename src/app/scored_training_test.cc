// SPDX-License-Identifier: MIT
#include "app/scored_training.h"

#include "data/csv.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace ml_inference {
namespace {

using ::testing::HasSubstr;

TrainingSet set_of(const std::string& text) {
  return read_training_set(read_csv(text).value(), "y", Task::classification).value();
}

TrainingSet two_classes(std::size_t row_count) {
  std::string text = "x,y\n";
  for (std::size_t row = 0; row < row_count; ++row) {
    text += fmt::format("{},{}\n", row, row < row_count / 2 ? "low" : "high");
  }
  return set_of(text);
}

Result<TrainedModel> train(const TrainingSet& set, const TrainingProgress& progress) {
  return train_model(set, {.tree_count = 4, .progress = progress});
}

Result<TrainedModel> train_with_bags(const TrainingSet& set, const TrainingProgress& progress) {
  return train_model(set, {.tree_count = 9, .out_of_bag_score = true, .progress = progress});
}

TEST(ScoredTraining, ScoresOnTrainingRowsWhereThereIsNothingBetter) {
  const ScoredTraining plain = train_and_score(two_classes(40), train, {}, {}).value();
  EXPECT_EQ(plain.report.on_training_rows.value().row_count, 40U);
  EXPECT_FALSE(plain.report.cross_validation.has_value());
  EXPECT_FALSE(plain.onnx.empty());
  EXPECT_EQ(plain.report.size.tree_count, 4U);
  const ScoredTraining bags = train_and_score(two_classes(40), train_with_bags, {}, {}).value();
  EXPECT_TRUE(bags.report.out_of_bag.has_value());
  EXPECT_FALSE(bags.report.on_training_rows.has_value());
}

TEST(ScoredTraining, CrossValidatesWithoutChangingTheModel) {
  const TrainingSet set = two_classes(40);
  const ScoredTraining scored =
      train_and_score(set, train, {.fold_count = 4, .has_curve = true}, {}).value();
  EXPECT_EQ(scored.report.cross_validation.value().folds.size(), 4U);
  EXPECT_EQ(scored.report.cross_validation->curve.size(), 2U);
  EXPECT_FALSE(scored.report.on_training_rows.has_value());
  EXPECT_EQ(scored.onnx, train_and_score(set, train, {}, {}).value().onnx);
}

TEST(ScoredTraining, TakesAsManyFoldsAsMakeSense) {
  const auto fold_count = [](std::size_t row_count) {
    const auto scored =
        train_and_score(two_classes(row_count), train, {.fold_count = std::nullopt}, {});
    const auto& validation = scored.value().report.cross_validation;
    return validation ? validation->folds.size() : 0;
  };
  EXPECT_EQ(fold_count(40), 5U);
  EXPECT_EQ(fold_count(6), 3U);
  EXPECT_EQ(fold_count(2), 0U);
}

TEST(ScoredTraining, SaysWhatCannotBeDone) {
  EXPECT_EQ(train_and_score(set_of("x,y\n1,a\n2,a\n"), train, {}, {}).error().message,
            "column 'y' holds the class 'a' alone, expected two or more");
  EXPECT_THAT(train_and_score(two_classes(6), train, {.fold_count = 4}, {}).error().message,
              HasSubstr("at most 3 folds, as there are 3 rows of the most frequent class, got 4"));
}

TEST(ScoredTraining, ShowsTheTreesOfAllTrainings) {
  std::vector<std::string> written;
  std::chrono::steady_clock::time_point time;
  ProgressTerminal terminal{.width = [] { return std::size_t{80}; },
                            .write = [&](std::string_view bytes) { written.emplace_back(bytes); },
                            .now = [&] { return time += std::chrono::seconds(1); }};
  ASSERT_TRUE(train_and_score(two_classes(40), train, {.fold_count = 4, .step_count = 4},
                              std::move(terminal))
                  .has_value());
  ASSERT_GE(written.size(), 2U);
  EXPECT_THAT(written[written.size() - 2], HasSubstr("100 %  20 of 20 trees"));
  EXPECT_EQ(written.back(), "\r\x1b[K");
}

}  // namespace
}  // namespace ml_inference
