// SPDX-License-Identifier: MIT
// Forests, links, labels and categories as graphs of operators. That onnxruntime gives the same
// answers is what tests/golden/check_converted compares.
#include "formats/onnx/write_model.h"

#include "formats/load_model.h"
#include "formats/onnx/testing/same_answers.h"
#include "formats/onnx/writer.h"
#include "model/estimators/constant.h"
#include "model/estimators/forest_estimator.h"
#include "model/forest_builder.h"
#include "model/testing/random_forest.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

using testing::expect_same_answers;
using testing::RandomForestShape;
using testing::refusal_to_convert;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Numbers alone: a target an output.
Schema numbers(std::size_t feature_count, std::size_t output_count) {
  Schema schema;
  for (std::size_t index = 0; index < feature_count; ++index) {
    schema.feature_names.push_back("f" + std::to_string(index));
  }
  schema.targets.assign(output_count, Target{.task = Task::regression});
  schema.input = {.accepts_missing = true, .accepts_infinite = true, .type = NumberType::float64};
  return schema;
}

Schema classes(std::size_t feature_count, std::size_t class_count, std::size_t score_count = 0) {
  Schema schema = numbers(feature_count, 1);
  schema.targets[0].task = Task::classification;
  schema.targets[0].score_count = score_count;
  for (std::size_t index = 0; index < class_count; ++index) {
    schema.targets[0].class_labels.emplace_back(static_cast<std::int64_t>(index) * 10);
  }
  return schema;
}

void expect_same_answers_of(const RandomForestShape& shape, std::uint64_t seed,
                            double tolerance = 0) {
  SCOPED_TRACE(seed);
  const Model model = make_model(numbers(shape.feature_count, shape.output_count),
                                 testing::make_random_forest(shape, seed), {})
                          .value();
  expect_same_answers(model, testing::make_random_double_rows(200, shape.feature_count, seed),
                      tolerance);
}

// --- forests

TEST(ConvertedForest, AnswersAsTheForestDoesInEitherType) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    RandomForestShape shape{.output_count = 1,
                            .tree_count = 1 + seed % 9,
                            .depth = seed % 8,
                            .aggregation = Aggregation::sum,
                            .strict = seed % 3 == 0};
    expect_same_answers_of(shape, seed);
    shape.feature_type = NumberType::float64;
    expect_same_answers_of(shape, seed);
    shape.feature_type = NumberType::float32;
    shape.sum_type = NumberType::float32;
    expect_same_answers_of(shape, seed);
  }
}

TEST(ConvertedForest, KeepsTheBaseWhereItIsAdded) {
  for (const bool is_last : {false, true}) {
    for (const std::size_t leaf_width : {1, 3}) {
      expect_same_answers_of({.aggregation = Aggregation::sum,
                              .leaf_width = leaf_width,
                              .sum_type = NumberType::float32,
                              .has_base = true,
                              .base_last = is_last},
                             leaf_width);
    }
  }
}

TEST(ConvertedForest, KeepsLeavesOfOneValueAndOfOneForEachOutput) {
  for (const Aggregation aggregation : {Aggregation::sum, Aggregation::average}) {
    for (const std::size_t leaf_width : {1, 3}) {
      for (const std::size_t tree_count : {3, 10}) {  // some for each output
        expect_same_answers_of(
            {.tree_count = tree_count, .aggregation = aggregation, .leaf_width = leaf_width}, 4,
            1e-14);
      }
    }
  }
}

TEST(ConvertedForest, SendsZerosWhereMissingValuesGo) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    expect_same_answers_of({.output_count = 1,
                            .aggregation = Aggregation::sum,
                            .feature_type = NumberType::float64,
                            .strict = true,
                            .zero_is_missing = true},
                           seed);
  }
}

TEST(ConvertedForest, AsksForCategoriesByEveryRule) {
  for (const CategoryRule rule : {CategoryRule::truncated, CategoryRule::not_negative,
                                  CategoryRule::byte, CategoryRule::whole}) {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      RandomForestShape shape{.output_count = 1,
                              .aggregation = Aggregation::sum,
                              .feature_type = NumberType::float64,
                              .category_rule = rule,
                              .zero_is_missing = true,
                              .categorical = true};
      expect_same_answers_of(shape, seed);
      shape.feature_type = NumberType::float32;
      shape.sum_type = NumberType::float32;
      expect_same_answers_of(shape, seed);
    }
  }
}

Model model_of(Forest forest) {
  return make_model(numbers(forest.feature_count(), forest.output_count()), std::move(forest), {})
      .value();
}

TEST(ConvertedForest, RoundsAFloat32ThresholdToWhereItParts) {
  ForestBuilder builder({.feature_count = 1, .output_count = 1, .sum_type = NumberType::float32});
  const double thresholds[] = {0.1, -0.1, 1e300, -1e300, 1e-300, -1e-300, kInfinity, 3.4e38};
  double weight = 1;
  for (const double threshold : thresholds) {
    for (const bool is_strict : {false, true}) {
      builder.start_tree(3);
      builder.numerical_test(
          0, {.feature = 0, .threshold = threshold, .left = 1, .right = 2, .is_strict = is_strict});
      builder.leaf(1, std::vector{weight *= 2});
      builder.leaf(2, std::vector{0.0});
    }
  }
  std::vector<double> rows = {kNan, kInfinity, -kInfinity, 0.0, 3.4028234663852886e38, 1e-45};
  for (const float value : {0.1F, -0.1F, 3.4e38F}) {
    for (const float toward : {-3e38F, 3.4028234e38F}) {
      rows.push_back(static_cast<double>(std::nextafter(value, toward)));
    }
    rows.push_back(static_cast<double>(value));
  }
  expect_same_answers(model_of(std::move(builder).build().value()), rows);
}

TEST(ConvertedForest, RefusesWhatATreeEnsembleCannotSay) {
  const auto refusal = [](const RandomForestShape& shape) {
    return refusal_to_convert(model_of(testing::make_random_forest(shape, 1)));
  };
  EXPECT_EQ(refusal({.output_count = 1, .aggregation = Aggregation::sum, .linear = true}),
            "onnx: the model has linear leaves, for which ONNX has no words");
  EXPECT_EQ(refusal({.leaf_width = 2}),
            "onnx: the model has leaves of 2 values, expected 1 or one for each of the 3 outputs");
  EXPECT_EQ(refusal({.feature_type = NumberType::float64, .sum_type = NumberType::float32}),
            "onnx: the model has float32 sums behind float64 features, of which an ensemble of "
            "ONNX has one type");
}

TEST(ConvertedForest, RefusesCategoriesThatItsReaderRefuses) {
  ForestBuilder builder({.feature_count = 1, .output_count = 1});
  std::vector<std::uint32_t> words(2049, 0);
  words.back() = 1;
  builder.start_tree(3);
  builder.categorical_test(
      0, {.feature = 0, .set = builder.category_set(words), .left = 1, .right = 2});
  builder.leaf(1, std::vector{1.0});
  builder.leaf(2, std::vector{2.0});
  EXPECT_EQ(refusal_to_convert(model_of(std::move(builder).build().value())),
            "onnx: the model has the category 65536, expected at most 65535");
}

// --- links

double tolerance_of(NumberType type) { return type == NumberType::float32 ? 3e-7 : 1e-14; }

TEST(ConvertedLink, IsThatOfTheModelInEitherType) {
  for (const auto function :
       {LinkFunction::identity, LinkFunction::logistic, LinkFunction::softmax,
        LinkFunction::exponential, LinkFunction::signed_square, LinkFunction::log_one_plus,
        LinkFunction::softplus, LinkFunction::positive, LinkFunction::ascending,
        LinkFunction::expectiles}) {
    for (const NumberType type : {NumberType::float32, NumberType::float64}) {
      SCOPED_TRACE(link_function_name(function));
      const Link link{.function = function, .divisor = 3, .scale = 0.7, .type = type};
      Forest forest = testing::make_random_forest(
          {.aggregation = Aggregation::sum, .leaf_width = 1, .sum_type = type}, 5);
      const Model model = make_model(numbers(4, 3), std::move(forest), {}, link).value();
      expect_same_answers(model, testing::make_random_double_rows(100, 4, 6), tolerance_of(type));
    }
  }
}

// A forest of one stump a sum, which gives each row one of two sums.
Model sums_of(double left, double right, const Link& link) {
  ForestBuilder builder({.feature_count = 1, .output_count = 1, .sum_type = link.type});
  builder.start_tree(3);
  builder.numerical_test(0, {.feature = 0, .threshold = 0, .left = 1, .right = 2});
  builder.leaf(1, std::vector{left});
  builder.leaf(2, std::vector{right});
  return make_model(numbers(1, 1), std::move(builder).build().value(), {}, link).value();
}

TEST(ConvertedLink, IsThatOfTheModelFarAway) {
  for (const auto function : {LinkFunction::logistic, LinkFunction::exponential,
                              LinkFunction::softplus, LinkFunction::log_one_plus}) {
    for (const NumberType type : {NumberType::float32, NumberType::float64}) {
      for (const double sum : {0.0, 1e-20, 1e-9, 40.0, 100.0, 700.0, 1000.0}) {
        SCOPED_TRACE(link_function_name(function));
        SCOPED_TRACE(sum);
        expect_same_answers(sums_of(sum, -sum, {.function = function, .type = type}),
                            std::vector{-1.0, 1.0}, tolerance_of(type));
      }
    }
  }
}

// --- labels

Model classifier(Schema schema, const Link& link) {
  Forest forest = testing::make_random_forest(
      {.output_count = 1, .aggregation = Aggregation::sum, .sum_type = link.type, .has_base = true},
      7);
  return make_model(std::move(schema), std::move(forest), {}, link).value();
}

TEST(ConvertedLabel, FollowsTheRuleOfTheModel) {
  const Link link{.function = LinkFunction::logistic, .two_classes = true};
  for (const ClassRule rule :
       {ClassRule::largest_probability, ClassRule::positive_score, ClassRule::non_negative_score}) {
    Schema schema = classes(4, 2, 1);
    schema.targets[0].class_rule = rule;
    expect_same_answers(classifier(schema, link), testing::make_random_double_rows(100, 4, 8),
                        1e-14);
  }
}

TEST(ConvertedLabel, IsThatOfTheLargestScoreWithoutProbabilities) {
  Schema schema = classes(4, 3, 3);
  schema.targets[0].has_probabilities = false;
  schema.targets[0].class_rule = ClassRule::largest_score;
  Forest forest = testing::make_random_forest({.aggregation = Aggregation::sum}, 9);
  // The sums are the scores, and there are no outputs.
  const Model model =
      make_model(schema, std::make_unique<ForestEstimator>(std::move(forest), Link{}, false), {})
          .value();
  expect_same_answers(model, testing::make_random_double_rows(100, 4, 8), 1e-14);
}

TEST(ConvertedLabel, MayBeTextOrTruth) {
  const Link link{.function = LinkFunction::logistic, .two_classes = true};
  Schema schema = classes(4, 2);
  for (const auto& labels : {std::vector<Label>{"no", "yes"}, std::vector<Label>{false, true}}) {
    schema.targets[0].class_labels = labels;
    expect_same_answers(classifier(schema, link), testing::make_random_double_rows(100, 4, 8),
                        1e-14);
  }
}

TEST(ConvertedLabel, IsRefusedWhereNoOutputHoldsIt) {
  const Link link{.function = LinkFunction::logistic, .two_classes = true};
  Schema schema = classes(4, 2);
  schema.targets[0].class_labels = {0.5, 1.5};
  EXPECT_EQ(refusal_to_convert(classifier(schema, link)),
            "onnx: the model has the class 0.5, expected labels that are text, booleans or whole "
            "numbers up to 2^53");
  schema.targets[0].class_labels = {std::int64_t{1}, (std::int64_t{1} << 53) + 1};
  EXPECT_EQ(refusal_to_convert(classifier(schema, link)),
            "onnx: the model has the class 9007199254740993, expected labels that are text, "
            "booleans or whole numbers up to 2^53");
}

TEST(ConvertedLabel, MayBeOneOfSeveral) {
  Schema schema = classes(4, 2, 1);
  schema.targets.push_back(schema.targets[0]);
  const Link link{.function = LinkFunction::logistic, .two_classes = true};
  const auto model = [&] {
    Forest forest = testing::make_random_forest(
        {.output_count = 2, .aggregation = Aggregation::sum, .has_base = true}, 7);
    return make_model(schema, std::move(forest), {}, link).value();
  };
  expect_same_answers(model(), testing::make_random_double_rows(100, 4, 8), 1e-14);
  schema.targets[1].class_labels = {"no", "yes"};
  expect_same_answers(model(), testing::make_random_double_rows(100, 4, 8), 1e-14);
}

TEST(ConvertedLabel, MayBeTheOnlyOne) {
  const Model model =
      make_model(classes(1, 1), std::make_unique<Constant>(1, std::vector{1.0}), {}).value();
  expect_same_answers(model, std::vector{1.0, kNan});
}

// --- inputs

Schema with_categories(std::vector<Label> labels, NumberType type = NumberType::float64) {
  Schema schema = numbers(4, 1);
  schema.feature_names = {"label", "features", "value", "value_1"};  // as those of the graph
  schema.input.type = type;
  schema.categories = {
      {.feature = 1, .labels = std::move(labels), .unknown = UnknownCategory::missing}};
  return schema;
}

Model model_of(Schema schema) {
  Forest forest = testing::make_random_forest(
      {.output_count = 1, .aggregation = Aggregation::sum, .categorical = true}, 3);
  return make_model(std::move(schema), std::move(forest), {}).value();
}

TEST(ConvertedCategories, AreThoseOfTheModel) {
  using Labels = std::vector<Label>;
  for (const Labels& labels : {Labels{"b", "a", "\xE2\x82\xAC"},
                               Labels{std::int64_t{7}, std::int64_t{-1}, std::int64_t{3}},
                               Labels{0.5, 1.0, -2.25}, Labels{true, false}}) {
    for (const auto unknown : {UnknownCategory::refused, UnknownCategory::missing}) {
      Schema schema = with_categories(labels);
      schema.categories[0].unknown = unknown;
      std::vector<double> rows = testing::make_random_double_rows(60, 4, 2);
      for (std::size_t row = 0; row < 60; ++row) {
        rows[row * 4 + 1] = row % 4 < labels.size() ? static_cast<double>(row % 4) : kNan;
      }
      expect_same_answers(model_of(schema), rows);
    }
  }
}

TEST(ConvertedCategories, AreRefusedWhereAnInputCannotHoldThem) {
  EXPECT_EQ(refusal_to_convert(model_of(with_categories({0.1, 0.2}, NumberType::float32))),
            "onnx: the model has the feature 'features' with the category '0.1', expected all "
            "texts or all float32 numbers");
  Schema cut = with_categories({"a", "b"});
  cut.categories[0].last_label_characters = 5;
  EXPECT_EQ(refusal_to_convert(model_of(cut)),
            "onnx: the model has the feature 'features', of whose last category the file has lost "
            "the end");
}

TEST(ConvertedRow, IsOneOfAKnownWidth) {
  Schema schema = numbers(1, 1);
  schema.takes_any_width = true;
  const Model model =
      make_model(schema, std::make_unique<Constant>(1, std::vector{1.0}), {}).value();
  EXPECT_EQ(refusal_to_convert(model),
            "onnx: the model takes rows of any width, expected a number of features");
}

TEST(ConvertedRow, KeepsTheRulesOfItsType) {
  for (const NumberType type : {NumberType::float32, NumberType::float64}) {
    Schema schema = numbers(4, 1);
    schema.input = {.accepts_missing = false, .accepts_infinite = true, .type = type};
    Forest forest =
        testing::make_random_forest({.output_count = 1, .aggregation = Aggregation::sum}, 3);
    const Model model = make_model(schema, std::move(forest), {}).value();
    EXPECT_EQ(testing::converted(model).schema().input, schema.input);
  }
}

// --- files

TEST(ConvertedFile, IsTheSameForTheSameModel) {
  const Model model = model_of(with_categories({"a", "b"}));
  EXPECT_EQ(convert_to_onnx(model).value(), convert_to_onnx(model).value());
}

TEST(ConvertedFile, CanBeConvertedNoFurther) {
  EXPECT_EQ(refusal_to_convert(testing::converted(model_of(with_categories({"a", "b"})))),
            "onnx: the model is a graph of operators, expected trees and what libraries put around "
            "them");
}

TEST(ConvertedFile, IsOneForestWhereAGraphWouldBeTooWide) {
  ForestBuilder builder({.feature_count = 1, .output_count = 60});
  for (std::size_t tree = 0; tree < 10'000; ++tree) {
    builder.start_tree(1);
    builder.leaf(0, std::vector<double>(60, 1.0));
  }
  const Model model = make_model(classes(1, 60), std::move(builder).build().value(), {}).value();
  EXPECT_NE(testing::converted(model).only_forest(), nullptr);
}

}  // namespace
}  // namespace ml_inference
