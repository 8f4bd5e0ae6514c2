// SPDX-License-Identifier: MIT
// What is written is read back unchanged. That others read it: golden_test.cc.
#include "formats/onnx/writer.h"

#include "formats/load_model.h"
#include "model/estimators/constant.h"
#include "model/estimators/ensemble.h"
#include "model/estimators/first_outputs.h"
#include "model/estimators/forest_estimator.h"
#include "model/forest_builder.h"
#include "model/testing/random_forest.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

Schema schema_of(std::size_t feature_count, std::size_t class_count) {
  Schema schema;
  for (std::size_t index = 0; index < feature_count; ++index) {
    schema.feature_names.push_back("f" + std::to_string(index));
  }
  for (std::size_t index = 0; index < class_count; ++index) {
    schema.targets[0].class_labels.emplace_back(static_cast<std::int64_t>(index) * 10);
  }
  schema.targets[0].task = class_count == 0 ? Task::regression : Task::classification;
  return schema;
}

void expect_unchanged(const Model& model) {
  const Result<std::string> bytes = write_onnx(model);
  ASSERT_TRUE(bytes) << bytes.error().message;
  const Result<Model> again = load_model(*bytes, "written");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(*again->only_forest() == *model.only_forest());
  EXPECT_TRUE(again->schema() == model.schema());
  EXPECT_EQ(again->provenance().producer, "ml-inference");
  EXPECT_EQ(write_onnx(*again).value(), *bytes);
}

Model model_of(Schema schema, Forest forest) {
  return make_model(std::move(schema), std::move(forest), {}).value();
}

TEST(OnnxWriter, LosesNothingOfRandomForests) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const std::size_t class_count = seed % 5 == 1 ? 0 : seed % 5;  // 0, 2, 3 or 4
    const testing::RandomForestShape shape{
        .feature_count = 1 + seed % 6,
        .output_count = class_count == 0 ? 1 : class_count,
        .tree_count = 1 + seed % 9,
        .depth = seed % 8,
        .aggregation = seed % 2 == 0 ? Aggregation::average : Aggregation::sum,
        .strict = seed % 3 == 0};
    SCOPED_TRACE(seed);
    expect_unchanged(model_of(schema_of(shape.feature_count, class_count),
                              testing::make_random_forest(shape, seed)));
  }
}

// Values that a decimal or a float32 would change, and leaves that were given in another order.
TEST(OnnxWriter, LosesNoBitOfAThresholdOrALeaf) {
  using Limits = std::numeric_limits<double>;
  ForestBuilder builder(
      {.feature_count = 1, .output_count = 1, .aggregation = Aggregation::average});
  const double thresholds[] = {0.1, -0.0, Limits::denorm_min(), Limits::infinity(), -1e300};
  for (const double threshold : thresholds) {
    builder.start_tree(3);
    builder.leaf(2, std::vector{Limits::max()});
    builder.leaf(1, std::vector{-1.0 / 3});
    builder.numerical_test(0, {.feature = 0,
                               .threshold = threshold,
                               .left = 2,
                               .right = 1,
                               .missing_goes_left = threshold < 0});
  }
  expect_unchanged(model_of(schema_of(1, 0), std::move(builder).build().value()));
}

TEST(OnnxWriter, KeepsEveryFieldOfTheSchema) {
  Schema schema = schema_of(2, 0);
  schema.feature_names = {"a \"b\" \\ \n", "\xE2\x82\xAC"};
  schema.targets[0].name = "price, in \xE2\x82\xAC";
  for (const bool accepts : {false, true}) {
    schema.input.accepts_missing = accepts;
    schema.input.accepts_infinite = !accepts;
    expect_unchanged(
        model_of(schema, testing::make_random_forest({.feature_count = 2, .output_count = 1}, 1)));
  }
}

TEST(OnnxWriter, KeepsLabelsOfEitherKind) {
  Schema schema = schema_of(4, 0);
  schema.targets[0].task = Task::classification;
  using Limits = std::numeric_limits<std::int64_t>;
  for (const std::int64_t label : {Limits::min(), std::int64_t{0}, Limits::max()}) {
    schema.targets[0].class_labels.emplace_back(label);
  }
  expect_unchanged(model_of(schema, testing::make_random_forest({}, 2)));
  schema.targets[0].class_labels.clear();
  for (const char* label : {"1", "two", "\xE2\x82\xAC"})
    schema.targets[0].class_labels.emplace_back(label);
  expect_unchanged(model_of(schema, testing::make_random_forest({}, 2)));
}

TEST(OnnxWriter, RefusesAClassifierOfOneClass) {
  const Model model = model_of(
      schema_of(4, 1), testing::make_random_forest({.feature_count = 4, .output_count = 1}, 3));
  EXPECT_EQ(write_onnx(model).error(),
            (Error{Code::unimplemented, "onnx: the model has 1 class, expected at least 2"}));
}

TEST(OnnxWriter, RefusesLabelsThatOnnxHasNoWordsFor) {
  const auto refusal = [](const Label& first, const Label& second) {
    Schema schema = schema_of(4, 2);
    schema.targets[0].class_labels = {first, second};
    return write_onnx(model_of(schema, testing::make_random_forest(
                                           {.feature_count = 4, .output_count = 2}, 3)))
        .error()
        .message;
  };
  EXPECT_EQ(refusal(false, true),
            "onnx: the model has the class false, expected labels that are whole numbers or text");
  EXPECT_EQ(refusal(0.5, 1.5),
            "onnx: the model has the class 0.5, expected labels that are whole numbers or text");
}

TEST(OnnxWriter, SaysWhatAModelIsThatIsNotOneForest) {
  const Schema schema{.feature_names = {"x"}, .targets = {{.task = Task::regression}}};
  const Model constant =
      make_model(schema, std::make_unique<Constant>(1, std::vector{1.0}), {}).value();
  EXPECT_EQ(write_onnx(constant).error().message,
            "onnx: the model has no trees, expected one forest");
  const auto forest = [] {
    return std::make_unique<ForestEstimator>(
        testing::make_random_forest({.feature_count = 1, .output_count = 1}, 3), Link{}, false);
  };
  const Model first = make_model(schema, std::make_unique<FirstOutputs>(forest(), 1), {}).value();
  EXPECT_EQ(write_onnx(first).error().message,
            "onnx: the model has steps around its forest, expected the forest alone");
  std::vector<Member> members(2);
  for (Member& member : members) member.estimator = forest();
  const Model mean =
      make_model(schema, std::make_unique<Mean>(1, 1, std::move(members)), {}).value();
  EXPECT_EQ(write_onnx(mean).error().message, "onnx: the model has 2 forests, expected one");
}

TEST(OnnxWriter, RefusesWhatTheGraphCannotSay) {
  const auto refusal = [](testing::RandomForestShape shape, const Link& link = {}) {
    shape.aggregation = Aggregation::sum;
    Forest forest = testing::make_random_forest(shape, 1);
    const Model model = make_model(schema_of(4, 3), std::move(forest), {}, link).value();
    return write_onnx(model).error().message;
  };
  EXPECT_EQ(refusal({}, {.function = LinkFunction::softmax}),
            "onnx: the model has the link softmax, expected identity");
  EXPECT_EQ(refusal({.feature_type = NumberType::float64}),
            "onnx: the model has float64 features, expected float32");
  EXPECT_EQ(refusal({.sum_type = NumberType::float32}),
            "onnx: the model has float32 sums of numbers that float32 cannot hold");
  EXPECT_EQ(refusal({.has_base = true}),
            "onnx: the model has a base, expected sums that begin with 0");
  EXPECT_EQ(refusal({.leaf_width = 1}),
            "onnx: the model has leaves of 1 values, expected one for each of the 3 outputs");
  const std::string plain =
      "onnx: the model has linear leaves or tests of categories or of zeros, expected plain ones";
  EXPECT_EQ(refusal({.zero_is_missing = true}), plain);
  EXPECT_EQ(refusal({.categorical = true}), plain);
}

}  // namespace
}  // namespace ml_inference
