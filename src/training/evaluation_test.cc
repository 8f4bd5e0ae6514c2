// SPDX-License-Identifier: MIT
// That the numbers are scikit-learn's is metrics_test's.
#include "training/evaluation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ml_inference {
namespace {

using ::testing::DoubleEq;
using ::testing::Optional;

TEST(Evaluation, ScoresProbabilities) {
  const std::vector<std::int32_t> classes{0, 1, 1, 0};
  const std::vector<double> probabilities{.75, .25, .25, .75, .5, .5, 1, 0};
  const Evaluation evaluation = evaluate(classes, {probabilities, 4, 2});
  EXPECT_EQ(evaluation.row_count, 4U);
  EXPECT_THAT(evaluation.score(Metric::accuracy), Optional(0.75));
  EXPECT_TRUE(evaluation.score(Metric::log_loss).has_value());
  EXPECT_THAT(evaluation.score(Metric::roc_auc), Optional(1.0));
  EXPECT_EQ(evaluation.score(Metric::r_squared), std::nullopt);
  EXPECT_EQ(evaluation.confusion.row_count(1, 0), 1U);  // of equals the first
  EXPECT_EQ(evaluation.confusion.row_count(0, 0), 2U);
}

TEST(Evaluation, ScoresNumbers) {
  const Evaluation evaluation =
      evaluate(std::vector<double>{1, 2, 3}, std::vector<double>{1, 2, 5});
  EXPECT_EQ(evaluation.row_count, 3U);
  EXPECT_THAT(evaluation.score(Metric::r_squared), Optional(-1.0));
  EXPECT_THAT(evaluation.score(Metric::root_mean_squared_error),
              Optional(DoubleEq(1.1547005383792515)));
  EXPECT_EQ(evaluation.score(Metric::accuracy), std::nullopt);
  EXPECT_TRUE(evaluation.confusion.counts().empty());
}

TEST(Evaluation, EachTaskHasItsMetricsAndEachMetricItsName) {
  for (const Task task : {Task::classification, Task::regression}) {
    for (const Metric metric : metrics_of(task)) EXPECT_FALSE(metric_name(metric).empty());
  }
  EXPECT_EQ(metrics_of(Task::classification).front(), Metric::accuracy);
  EXPECT_EQ(metrics_of(Task::regression).front(), Metric::r_squared);
}

TEST(MeanScore, IsOverThoseThatHaveTheMetric) {
  const auto with_accuracy = [](std::optional<double> value) {
    Evaluation evaluation;
    evaluation.scores[static_cast<std::size_t>(Metric::accuracy)] = value;
    return evaluation;
  };
  const std::vector<Evaluation> folds{with_accuracy(.5), with_accuracy(std::nullopt),
                                      with_accuracy(1)};
  const MeanScore score = mean_score(folds, Metric::accuracy).value();
  EXPECT_EQ(score.mean, 0.75);
  EXPECT_EQ(score.deviation, 0.25);
  EXPECT_EQ(score.count, 2U);
  EXPECT_FALSE(mean_score(folds, Metric::roc_auc).has_value());
}

TEST(SummedConfusion, HoldsTheRowsOfAllFolds) {
  Evaluation first;
  first.confusion.add(0, 1);
  Evaluation second;
  second.confusion.add(0, 1, 2);
  const std::vector<Evaluation> folds{first, second};
  EXPECT_EQ(summed_confusion(folds).row_count(0, 1), 3U);
}

}  // namespace
}  // namespace ml_inference
