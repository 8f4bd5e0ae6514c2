// SPDX-License-Identifier: MIT
// What flags become, which of them are refused, and that a boosted model is the same after it was
// written and read.
#include "app/estimator_flags.h"

#include "data/csv.h"
#include "formats/load_model.h"
#include "formats/onnx/writer.h"
#include "model/workspace.h"
#include "training/train_model.h"
#include "training/training_set.h"

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace ml_inference {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The flags of one command line.
struct Parsed {
  explicit Parsed(const std::string& line) {
    Flags flags(app);
    estimator.add(flags);
    app.parse(line);
    estimator.check();
  }
  CLI::App app;
  EstimatorFlags estimator;
};

BoostingOptions boosting(const std::string& line) {
  const Parsed parsed("--estimator gradient-boosting " + line);
  return std::get<BoostingOptions>(parsed.estimator.options().value());
}

ForestOptions forest(const std::string& line) {
  const Parsed parsed(line);
  return std::get<ForestOptions>(parsed.estimator.options().value());
}

std::string refusal(const std::string& line) {
  try {
    const Parsed parsed(line);
  } catch (const CLI::ParseError& error) {
    return error.what();
  }
  return "";
}

TEST(EstimatorFlags, HaveTheDefaultsOfTheOneThatIsChosen) {
  EXPECT_EQ(forest("--threads 1").min_samples_leaf, 1U);
  EXPECT_EQ(forest("--threads 1").max_leaf_nodes, std::nullopt);
  const BoostingOptions options = boosting("--threads 1");
  const BoostingOptions defaults;
  EXPECT_EQ(options.max_iter, defaults.max_iter);
  EXPECT_EQ(options.learning_rate, defaults.learning_rate);
  EXPECT_EQ(options.max_leaf_nodes, defaults.max_leaf_nodes);
  EXPECT_EQ(options.max_depth, defaults.max_depth);
  EXPECT_EQ(options.min_samples_leaf, defaults.min_samples_leaf);
  EXPECT_EQ(options.max_features, defaults.max_features);
  EXPECT_EQ(options.validation_fraction, defaults.validation_fraction);
  EXPECT_EQ(options.early_stopping, defaults.early_stopping);
  EXPECT_EQ(options.seed, defaults.seed);
}

TEST(EstimatorFlags, OfBoostingBecomeItsOptions) {
  const BoostingOptions options = boosting(
      "--max-iter 7 --learning-rate 0.5 --max-leaf-nodes 0 --max-depth 4 --min-samples-leaf 3 "
      "--l2-regularization 2 --max-features 0.25 --max-bins 64 --early-stopping yes "
      "--validation-fraction 50 --n-iter-no-change 3 --tol 0.01 --loss poisson "
      "--class-weight 1,2 --seed 9 --threads 3");
  EXPECT_EQ(options.max_iter, 7U);
  EXPECT_EQ(options.learning_rate, 0.5);
  EXPECT_EQ(options.max_leaf_nodes, std::nullopt);
  EXPECT_EQ(options.max_depth, 4U);
  EXPECT_EQ(options.min_samples_leaf, 3U);
  EXPECT_EQ(options.l2_regularization, 2);
  EXPECT_EQ(options.max_features, 0.25);
  EXPECT_EQ(options.max_bins, 64U);
  EXPECT_EQ(options.early_stopping, EarlyStopping::yes);
  EXPECT_EQ(options.validation_fraction, Share(std::size_t{50}));
  EXPECT_EQ(options.n_iter_no_change, 3U);
  EXPECT_EQ(options.tol, 0.01);
  EXPECT_EQ(options.loss, RegressionLoss::poisson);
  EXPECT_EQ(options.class_weights, ClassWeights(std::vector<double>{1, 2}));
  EXPECT_EQ(options.seed, 9U);
  EXPECT_EQ(options.thread_count, 3U);
}

TEST(EstimatorFlags, OfExtraTreesAreThoseOfAForestWithRandomCuts) {
  EXPECT_EQ(forest("--threads 1").splitter, Splitter::best);
  EXPECT_TRUE(forest("--threads 1").bootstrap);
  const ForestOptions options = forest("--estimator extra-trees --trees 7 --threads 1");
  EXPECT_EQ(options.splitter, Splitter::random);
  EXPECT_FALSE(options.bootstrap);
  EXPECT_EQ(options.tree_count, 7U);
  EXPECT_TRUE(forest("--estimator extra-trees --bootstrap yes --threads 1").bootstrap);
}

TEST(EstimatorFlags, OfAnotherEstimatorAreRefused) {
  EXPECT_THAT(refusal("--learning-rate 0.5"),
              HasSubstr("--learning-rate: is a flag of gradient-boosting, expected one of "
                        "random-forest"));
  EXPECT_THAT(refusal("--estimator gradient-boosting --trees 5"),
              HasSubstr("--trees: is a flag of random-forest"));
  EXPECT_THAT(refusal("--estimator gradient-boosting --oob-score"), HasSubstr("--oob-score"));
  EXPECT_THAT(refusal("--estimator gradient-boosting --max-features sqrt"),
              HasSubstr("--max-features: 'sqrt' is neither auto nor all"));
  EXPECT_THAT(refusal("--estimator extra-trees --max-iter 5"),
              HasSubstr("--max-iter: is a flag of gradient-boosting"));
}

TEST(EstimatorFlags, SayWhichColumnsAreCategories) {
  const auto categories = [](const std::string& line) {
    return Parsed(line).estimator.categories();
  };
  EXPECT_FALSE(categories("").with_text);
  EXPECT_TRUE(categories("--estimator gradient-boosting").with_text);
  const std::string flag = "--estimator gradient-boosting --categorical-features ";
  EXPECT_FALSE(categories(flag + "none").with_text);
  EXPECT_THAT(categories(flag + "none").names, IsEmpty());
  EXPECT_THAT(categories(flag + "colour,size").names, ElementsAre("colour", "size"));
}

// Numbers with some missing, text and whole numbers as categories; targets of every task.
std::string rows_with(const char* task) {
  std::string text = "number,colour,code,y\n";
  for (int row = 0; row < 300; ++row) {
    const int colour = row * 7 % 5;
    const double value = row % 11 + colour * colour + (row % 13 == 0 ? 3 : 0);
    text += row % 13 == 0 ? "," : fmt::format("{},", row % 11 * 0.37);
    text += fmt::format("{},{},", colour == 4 ? "" : fmt::format("c{}", colour), row % 3 * 10);
    text += task == std::string("number") ? fmt::format("{}\n", value)
            : task == std::string("two")  ? (value > 9 ? "high\n" : "low\n")
                                          : fmt::format("{}\n", value > 12  ? 2
                                                                : value > 6 ? 1
                                                                            : 0);
  }
  return text;
}

TEST(BoostedModel, AnswersTheSameAfterItWasWrittenAndRead) {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  for (const char* const task : {"number", "two", "three"}) {
    const bool is_number = task == std::string("number");
    const TrainingSet set =
        read_training_set(read_csv(rows_with(task)).value(), "y",
                          is_number ? Task::regression : Task::classification,
                          {.names = {"code"}, .with_text = true}, NumberType::float64)
            .value();
    const TrainedModel trained =
        train_model(set, BoostingOptions{.max_iter = 15, .min_samples_leaf = 5}).value();
    Result<Model> read = load_model(write_trained_onnx(trained.model).value(), "");
    ASSERT_TRUE(read.has_value()) << read.error().message;
    EXPECT_EQ(read->schema().categories, trained.model.schema().categories);
    EXPECT_EQ(read->schema().class_labels(), trained.model.schema().class_labels());
    std::vector<double> rows(set.values.begin(), set.values.end());
    rows.insert(rows.end(), {kNaN, kNaN, kNaN, 1e30, 2, 0, -3.5, kNaN, 1});
    const MatrixView<const double> view(rows, rows.size() / 3, 3);
    std::vector<double> ours(view.row_count() * trained.model.estimator().answer_width());
    std::vector<double> theirs(view.row_count() * read->estimator().answer_width());
    Workspace workspace;
    trained.model.estimator().predict(view, ours, workspace);
    read->estimator().predict(view, theirs, workspace);
    // What is read states the class behind the probabilities.
    const std::size_t width = trained.model.estimator().answer_width();
    for (std::size_t row = 0; row < view.row_count(); ++row) {
      for (std::size_t output = 0; output < width; ++output) {
        EXPECT_NEAR(theirs[row * read->estimator().answer_width() + output],
                    ours[row * width + output], 1e-14 * std::abs(ours[row * width + output]));
      }
    }
  }
}

}  // namespace
}  // namespace ml_inference
