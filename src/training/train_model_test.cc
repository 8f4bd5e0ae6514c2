// SPDX-License-Identifier: MIT
#include "training/train_model.h"

#include "data/csv.h"
#include "data/iris.h"
#include "model/reference_predict.h"
#include "model/workspace.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

using ::testing::ElementsAre;

Table table_of(std::string_view text) { return read_csv(text).value(); }

Result<TrainedModel> train(std::string_view text, std::optional<Task> task = std::nullopt,
                           const ForestOptions& options = {.tree_count = 5}) {
  return train_model(table_of(text), "y", task, options);
}

std::vector<double> answer(const Model& model, const std::vector<float>& row) {
  std::vector<double> out(model.only_forest()->output_count());
  reference_predict(*model.only_forest(), {row, 1, row.size()}, out);
  return out;
}

// FNV-1a over every number of a forest.
std::uint64_t fingerprint(const Forest& forest) {
  std::uint64_t hash = 0xCBF29CE484222325;
  const auto add = [&hash](std::uint64_t number) {
    for (int byte = 0; byte < 8; ++byte) {
      hash = (hash ^ (number >> (8 * byte) & 0xFF)) * 0x100000001B3;
    }
  };
  for (const ForestNode& node : forest.nodes()) {
    if (node.is_leaf()) {
      for (const double value : forest.leaf_values(node.leaf())) {
        add(std::bit_cast<std::uint64_t>(value));
      }
      continue;
    }
    add(std::bit_cast<std::uint64_t>(node.threshold()));
    for (const std::size_t number : {node.feature(), node.left()}) add(number);
    add(node.missing_goes_left() ? 1 : 0);
  }
  return hash;
}

TEST(BuiltInModel, AnswersTheFirstIrisWithCertainty) {
  const Model model = train_builtin_model(1).value();
  EXPECT_THAT(answer(model, {5.1F, 3.5F, 1.4F, 0.2F}), ElementsAre(1.0, 0.0, 0.0));
}

TEST(BuiltInModel, NamesFeaturesAndClassesAsScikitLearnDoes) {
  const Model model = train_builtin_model(1).value();
  EXPECT_THAT(model.schema().feature_names, ElementsAre("sepal length (cm)", "sepal width (cm)",
                                                        "petal length (cm)", "petal width (cm)"));
  EXPECT_THAT(model.schema().class_labels(),
              ElementsAre(Label("setosa"), Label("versicolor"), Label("virginica")));
  EXPECT_EQ(model.only_forest()->tree_count(), 100U);
  EXPECT_FALSE(model.schema().input.accepts_missing);
  EXPECT_FALSE(model.schema().input.accepts_infinite);
}

TEST(BuiltInModel, KnowsTheRowsItLearned) {
  const Model model = train_builtin_model(2).value();
  std::size_t right_count = 0;
  for (std::size_t row = 0; row < kIrisRowCount; ++row) {
    const std::span<const float> values = iris_rows().row(row);
    const std::vector<double> shares = answer(model, {values.begin(), values.end()});
    const auto best = std::ranges::max_element(shares) - shares.begin();
    right_count += best == iris_classes()[row] ? 1 : 0;
  }
  EXPECT_EQ(right_count, 150U);
}

// Changes when the trainer changes, never with the machine, the compiler or the number of threads.
TEST(BuiltInModel, IsTheSameForestEverywhere) {
  for (const std::size_t thread_count : {1U, 2U, 5U}) {
    EXPECT_EQ(fingerprint(*train_builtin_model(thread_count).value().only_forest()),
              1825866528478942811U);
  }
}

TEST(BuiltInModel, RefusesNoThreads) {
  EXPECT_EQ(train_builtin_model(0).error().code, Code::invalid_argument);
}

constexpr std::string_view kColours =
    "a,y,b\n1,red,0\n2,red,1\n3,red,0\n7,blue,1\n8,blue,0\n9,blue,1\n";

TEST(TrainModel, TakesAllOtherColumnsAsFeatures) {
  const TrainedModel trained = train(kColours).value();
  EXPECT_EQ(trained.model.schema(),
            (Schema{.feature_names = {"a", "b"},
                    .targets = {{.name = "y", .class_labels = {"blue", "red"}}}}));
  EXPECT_EQ(trained.feature_importances.size(), 2U);
  EXPECT_FALSE(trained.out_of_bag.has_value());
}

TEST(TrainModel, PredictsWhatItLearned) {
  const ForestOptions options{.tree_count = 20, .bootstrap = false};
  const Model model = train(kColours, std::nullopt, options).value().model;
  EXPECT_EQ(answer(model, {1.0F, 1.0F}), (std::vector<double>{0, 1}));
  EXPECT_EQ(answer(model, {9.0F, 0.0F}), (std::vector<double>{1, 0}));
}

TEST(TrainModel, MakesNumbersOfWholeTargetsAndSortsThemAsNumbers) {
  const auto labels = [](std::string_view text) {
    return train(text, Task::classification).value().model.schema().class_labels();
  };
  EXPECT_THAT(labels("x,y\n1,10\n2,9\n3,-1\n4,10\n"), ElementsAre(Label(-1), Label(9), Label(10)));
  EXPECT_THAT(labels("x,y\n1,10\n2,9\n3,b\n"), ElementsAre(Label("10"), Label("9"), Label("b")));
  EXPECT_THAT(labels("x,y\n1,0.5\n2,1\n"), ElementsAre(Label("0.5"), Label("1")));
}

TEST(TrainModel, GuessesTheTask) {
  const auto guess = [](std::string_view cells) {
    std::string text = "y,x\n";
    for (const char cell : cells) text += std::string(1, cell) + ",0\n";
    return guess_task(table_of(text), 0);
  };
  EXPECT_EQ(guess("aabb"), Task::classification);
  EXPECT_EQ(guess("123a"), Task::classification);
  EXPECT_EQ(guess("0101"), Task::classification);
  EXPECT_EQ(guess("0123"), Task::regression);
  std::string many = "y\n";
  for (int value = 0; value < 21; ++value) many += fmt::format("{0}\n{0}\n", value);
  EXPECT_EQ(guess_task(table_of(many), 0), Task::regression);
  EXPECT_EQ(guess_task(table_of("y\n0.5\n1\n0.5\n1\n"), 0), Task::regression);
}

TEST(TrainModel, TrainsARegression) {
  const ForestOptions options{.tree_count = 10, .out_of_bag_score = true};
  const TrainedModel trained = train("x,y\n1,1.5\n2,2.5\n3,3.5\n4,4.5\n", {}, options).value();
  EXPECT_EQ(trained.model.schema().task(), Task::regression);
  EXPECT_TRUE(trained.model.schema().class_labels().empty());
  EXPECT_TRUE(trained.out_of_bag.has_value());
}

TEST(TrainModel, AcceptsMissingValuesOnlyWhenItSawSome) {
  EXPECT_FALSE(train("x,y\n1,a\n2,b\n").value().model.schema().input.accepts_missing);
  EXPECT_TRUE(train("x,y\n1,a\n,b\n").value().model.schema().input.accepts_missing);
}

TEST(TrainModel, SaysWhatIsWrongWithTheTable) {
  const auto error = [](std::string_view text, std::optional<Task> task = std::nullopt) {
    return train(text, task).error();
  };
  const Code wrong = Code::invalid_argument;
  EXPECT_EQ(error("a,b\n1,2\n"),
            (Error{Code::not_found, "the table has no column 'y', its columns are 'a', 'b'"}));
  EXPECT_EQ(error("x,y\n1,a\ngreen,b\n"),
            (Error{wrong, "line 3 column 'x': expected a number, got 'green'"}));
  EXPECT_EQ(
      error("x,y\n1,a\n-inf,b\n"),
      (Error{wrong, "line 3 column 'x': expected a finite number or an empty cell, got '-inf'"}));
  EXPECT_EQ(error("x,y\n1,a\n2,\n"), (Error{wrong,
                                            "line 3 column 'y': expected a class, got "
                                            "nothing"}));
  EXPECT_EQ(error("x,y\n1,0.5\n2,nan\n"),
            (Error{wrong, "line 3 column 'y': expected a finite target, got 'nan'"}));
  EXPECT_EQ(error("x,y\n1,a\n", Task::regression),
            (Error{wrong, "line 2 column 'y': expected a number, got 'a'"}));
  EXPECT_EQ(error("y\n1\n2\n").code, wrong);
  EXPECT_EQ(error("x,y\n").code, wrong);
  EXPECT_EQ(error("x,y\n", Task::classification).code, wrong);
}

TEST(TrainModel, LearnsASingleClass) {
  const Model model = train("x,y\n1,a\n2,a\n").value().model;
  EXPECT_THAT(answer(model, {5.0F}), ElementsAre(1.0));
}

// Answers for rows of as many cells as the model has features, through its link.
std::vector<double> boosted_answers(const Model& model, const std::vector<double>& rows) {
  const std::size_t count = rows.size() / model.schema().feature_count();
  std::vector<double> out(count * model.estimator().answer_width());
  Workspace workspace;
  model.estimator().predict({rows, count, model.schema().feature_count()}, out, workspace);
  return out;
}

TEST(TrainModel, BoostsOnCategories) {
  std::string text = "colour,y\n";
  for (int row = 0; row < 60; ++row) {
    text += row % 3 == 0 ? "red,warm\n" : row % 3 == 1 ? "blue,cold\n" : "orange,warm\n";
  }
  const Result<TrainingSet> set = read_training_set(table_of(text), "y", std::nullopt,
                                                    {.with_text = true}, NumberType::float64);
  const Result<TrainedModel> trained =
      train_model(*set, BoostingOptions{.max_iter = 30, .min_samples_leaf = 5});
  ASSERT_TRUE(trained.has_value()) << trained.error().message;
  const Schema& schema = trained->model.schema();
  EXPECT_THAT(schema.categories[0].labels,
              ElementsAre(Label("blue"), Label("orange"), Label("red")));
  EXPECT_TRUE(schema.input.accepts_missing);
  const std::vector<double> out = boosted_answers(trained->model, {0, 1, 2});
  ASSERT_EQ(out.size(), 6U);  // cold, warm
  EXPECT_GT(out[0], 0.9);
  EXPECT_GT(out[3], 0.9);
  EXPECT_GT(out[5], 0.9);
}

TEST(TrainModel, BoostsNumbers) {
  std::string text = "x,y\n";
  for (int row = 0; row < 100; ++row) text += fmt::format("{},{}\n", row, row < 50 ? 1.5 : 4.5);
  const Result<TrainingSet> set =
      read_training_set(table_of(text), "y", Task::regression, {}, NumberType::float64);
  const Result<TrainedModel> trained = train_model(*set, BoostingOptions{});
  const std::vector<double> out = boosted_answers(trained->model, {3, 97});
  EXPECT_NEAR(out[0], 1.5, 0.01);
  EXPECT_NEAR(out[1], 4.5, 0.01);
}

// As float32 the first 64 of these seconds would be one number, and the others another.
TEST(TrainModel, BoostsOnSecondsSince1970) {
  std::string text = "x,y\n";
  for (int row = 0; row < 100; ++row) text += fmt::format("{},{}\n", 1'700'000'000 + row, row / 20);
  const Result<TrainingSet> set =
      read_training_set(table_of(text), "y", Task::regression, {}, NumberType::float64);
  const Result<TrainedModel> trained = train_model(*set, BoostingOptions{.min_samples_leaf = 5});
  EXPECT_EQ(trained->model.schema().input.type, NumberType::float64);
  std::vector<double> rows;
  for (int row = 0; row < 100; ++row) rows.push_back(1'700'000'000 + row);
  const std::vector<double> out = boosted_answers(trained->model, rows);
  for (std::size_t row = 0; row < 100; ++row) {
    EXPECT_NEAR(out[row], static_cast<double>(row / 20), 0.01) << row;
  }
}

TEST(TrainModel, RefusesMoreCategoriesThanBins) {
  std::string text = "x,y\n";
  for (int row = 0; row < 40; ++row) text += fmt::format("c{},{}\n", row % 20, row);
  const Result<TrainingSet> set = read_training_set(table_of(text), "y", Task::regression,
                                                    {.with_text = true}, NumberType::float64);
  EXPECT_EQ(train_model(*set, BoostingOptions{.max_bins = 19}).error(),
            (Error{Code::invalid_argument,
                   "column 'x': expected at most 19 categories (max_bins), got 20"}));
}

}  // namespace
}  // namespace ml_inference
