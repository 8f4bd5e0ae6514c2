// SPDX-License-Identifier: MIT
#include "app/train_report.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ml_inference {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Evaluation fold_of(double accuracy, std::optional<double> auc) {
  Evaluation evaluation{.row_count = 10};
  evaluation.scores[static_cast<std::size_t>(Metric::accuracy)] = accuracy;
  evaluation.scores[static_cast<std::size_t>(Metric::log_loss)] = 0.25;
  evaluation.scores[static_cast<std::size_t>(Metric::roc_auc)] = auc;
  evaluation.confusion.add(0, 0, 6);
  evaluation.confusion.add(1, 0, 4);
  return evaluation;
}

TrainReport classification() {
  TrainReport report{.size = {.tree_count = 7, .node_count = 70},
                     .row_count = 20,
                     .feature_importances = {.75, .25}};
  report.schema.feature_names = {"a\x1b[31m", "b"};
  report.schema.targets[0].class_labels = {Label("no\nyes"), Label("yes")};
  return report;
}

TEST(ReportText, SaysOnWhichRowsItWasMeasured) {
  TrainReport report = classification();
  report.cross_validation = CrossValidation{.folds = {fold_of(.5, 1), fold_of(1, {})}};
  report.out_of_bag = fold_of(.25, .5);
  EXPECT_THAT(report_text(report),
              HasSubstr("task: classification\ntrees: 7\nnodes: 70\n"
                        "2-fold cross-validation (each of the 20 rows scored once, by a model that "
                        "was trained without it; mean \u00b1 standard deviation of the folds):\n"
                        "  accuracy: 0.7500 \u00b1 0.2500\n"
                        "  log loss: 0.2500 \u00b1 0.0000\n"
                        "  ROC AUC: 1.0000 \u00b1 0.0000, over the 1 of 2 folds that define it\n"
                        "out-of-bag estimate (10 of the 20 rows, each scored by the trees that did "
                        "not see it):\n"
                        "  accuracy: 0.2500\n"));
  TrainReport naive = classification();
  naive.on_training_rows = fold_of(1, {});
  EXPECT_THAT(report_text(naive), AllOf(HasSubstr("training rows (the 10 rows that the model has "
                                                  "learned from: on others it is worse"),
                                        HasSubstr("ROC AUC: not defined without rows of each "
                                                  "class")));
}

TEST(ReportText, ShowsTheConfusionMatrixOfTheMostTellingScores) {
  TrainReport report = classification();
  report.cross_validation = CrossValidation{.folds = {fold_of(.5, 1), fold_of(1, {})}};
  EXPECT_THAT(report_text(report),
              HasSubstr("confusion matrix by 2-fold cross-validation (lines: true class; columns: "
                        "predicted):\n"
                        "           no\\nyes      yes\n"
                        "  no\\nyes       12        0\n"
                        "  yes            8        0\n"));
}

TEST(ReportText, LetsNoNameSteerTheTerminal) {
  const std::string text = report_text(classification());
  EXPECT_THAT(text, AllOf(HasSubstr("0.7500 a\\u001b[31m\n"), Not(HasSubstr("\x1b"))));
}

TEST(ReportText, ListsTheMostFrequentConfusionsOfManyClasses) {
  TrainReport report = classification();
  report.schema.targets[0].class_labels.clear();
  for (int number = 0; number < 30; ++number) {
    report.schema.targets[0].class_labels.emplace_back(fmt::format("class {}", number));
  }
  report.on_training_rows = Evaluation{.row_count = 20};
  EXPECT_THAT(report_text(report),
              HasSubstr("most frequent confusions by training rows:\n  none\n"));
  report.on_training_rows->confusion.add(1, 2, 1);
  report.on_training_rows->confusion.add(3, 4, 9);
  report.on_training_rows->confusion.add(5, 5, 99);
  EXPECT_THAT(report_text(report), HasSubstr("  9 rows of 'class 3' predicted as 'class 4'\n"
                                             "  1 row of 'class 1' predicted as 'class 2'\n"
                                             "feature importances:"));
}

TEST(ReportText, OfARegressionHasItsMetricsAndNoMatrix) {
  TrainReport report = classification();
  report.schema.targets[0] = {.task = Task::regression};
  report.out_of_bag = Evaluation{.row_count = 20};
  report.out_of_bag->scores[static_cast<std::size_t>(Metric::r_squared)] = .5;
  report.out_of_bag->scores[static_cast<std::size_t>(Metric::root_mean_squared_error)] = 1234.5678;
  EXPECT_THAT(report_text(report),
              AllOf(HasSubstr("  R2: 0.5000\n  RMSE: 1234.6\n"), Not(HasSubstr("confusion"))));
}

}  // namespace
}  // namespace ml_inference
