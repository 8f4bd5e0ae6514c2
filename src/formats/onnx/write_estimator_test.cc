// SPDX-License-Identifier: MIT
// Estimators that consist of others, and the steps before them, as graphs of operators.
#include "formats/onnx/write_estimator.h"

#include "formats/onnx/testing/same_answers.h"
#include "model/estimators/constant.h"
#include "model/estimators/ensemble.h"
#include "model/estimators/first_outputs.h"
#include "model/estimators/forest_estimator.h"
#include "model/estimators/guarded.h"
#include "model/estimators/isolation.h"
#include "model/estimators/linear.h"
#include "model/estimators/missing_value.h"
#include "model/estimators/pipeline.h"
#include "model/estimators/started_forest.h"
#include "model/testing/random_forest.h"
#include "model/transformers/column_affine.h"
#include "model/transformers/impute.h"
#include "model/transformers/rearrange.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<double> rows() { return testing::make_random_double_rows(120, 4, 21); }

// Rows of numbers that arithmetic leaves finite.
std::vector<double> tame_rows() {
  std::vector<double> made = rows();
  for (double& value : made) {
    if (!(std::abs(value) < 1e6)) value = kNan;
  }
  return made;
}

// The estimator's numbers, as outputs of a regression.
void expect_same_numbers(std::unique_ptr<Estimator> estimator, const std::vector<double>& rows,
                         double tolerance) {
  Schema schema;
  for (std::size_t index = 0; index < estimator->feature_count(); ++index) {
    schema.feature_names.push_back("f" + std::to_string(index));
  }
  schema.input = {.accepts_missing = true, .accepts_infinite = true, .type = NumberType::float64};
  schema.targets.assign(estimator->answer_width(), Target{.task = Task::regression});
  const Model model = make_model(std::move(schema), std::move(estimator), {}).value();
  testing::expect_same_answers(model, rows, tolerance);
}

std::unique_ptr<Estimator> forest(std::size_t output_count, std::uint64_t seed,
                                  std::size_t feature_count = 4) {
  return std::make_unique<ForestEstimator>(
      testing::make_random_forest({.feature_count = feature_count,
                                   .output_count = output_count,
                                   .tree_count = 3,
                                   .aggregation = Aggregation::average},
                                  seed),
      Link{.function = output_count > 1 ? LinkFunction::softmax : LinkFunction::identity}, false);
}

std::vector<Member> members(std::size_t output_count) {
  std::vector<Member> made(3);
  made[0].estimator = forest(output_count, 1);
  made[1].estimator = forest(output_count, 2, 2);
  made[1].columns = {3, 1};
  made[2].estimator = forest(output_count, 3);
  return made;
}

TEST(ConvertedEstimator, MeanOfMembersWithColumnsAndOutputsOfTheirOwn) {
  expect_same_numbers(std::make_unique<Mean>(4, 3, members(3)), rows(), 1e-14);
  std::vector<Member> some = members(2);
  some[0].outputs = {0, 2};
  some[1].outputs = {2, 1};
  some[2].outputs = {1, 2};
  expect_same_numbers(std::make_unique<Mean>(4, 3, std::move(some)), rows(), 1e-14);
}

TEST(ConvertedEstimator, IsolationOnItsBorderToo) {
  for (const bool is_a_score : {false, true}) {
    expect_same_numbers(std::make_unique<Isolation>(4, members(1), 2.5, -0.5, is_a_score), rows(),
                        1e-13);
    expect_same_numbers(std::make_unique<Isolation>(4, members(1), 0.0, -0.5, is_a_score), rows(),
                        1e-13);
  }
}

TEST(ConvertedEstimator, AdaBoostByEveryRule) {
  for (const auto rule :
       {BoostRule::weight_or_nothing, BoostRule::weight_or_share, BoostRule::log_probabilities}) {
    for (const std::size_t class_count : {2, 3}) {
      expect_same_numbers(std::make_unique<AdaBoostVote>(4, class_count, rule, members(class_count),
                                                         std::vector{0.5, 1.25, 0.75}, 2.5),
                          rows(), 1e-12);
    }
  }
}

TEST(ConvertedEstimator, WeightedMedian) {
  for (const auto& weights :
       {std::vector{1.0, 1.0, 1.0}, std::vector{0.1, 5.0, 0.2}, std::vector{0.5, 0.25, 0.25}}) {
    expect_same_numbers(std::make_unique<WeightedMedian>(4, members(1), weights), rows(), 0);
  }
}

TEST(ConvertedEstimator, StartedForestByEveryRule) {
  for (const auto rule : {StartRule::as_is, StartRule::logit, StartRule::half_logit, StartRule::log,
                          StartRule::centred_log}) {
    const bool is_wide = rule == StartRule::log || rule == StartRule::centred_log;
    const std::size_t sum_count = is_wide ? 3 : 1;
    Forest boosted = testing::make_random_forest(
        {.output_count = sum_count, .aggregation = Aggregation::sum, .leaf_width = 1}, 5);
    const Link link{.function = is_wide ? LinkFunction::softmax : LinkFunction::identity};
    std::unique_ptr<Estimator> first = forest(rule == StartRule::as_is ? 1 : is_wide ? 3 : 2, 6);
    expect_same_numbers(std::make_unique<StartedForest>(std::move(first), rule, 1e-7,
                                                        std::move(boosted), link, true),
                        rows(), 1e-12);
  }
}

TEST(ConvertedEstimator, LinearSumsOfWhatIsThere) {
  for (const auto& link :
       {std::optional<Link>{},
        std::optional<Link>{{.function = LinkFunction::logistic, .type = NumberType::float32}}}) {
    expect_same_numbers(
        std::make_unique<Linear>(4,
                                 std::vector{0.5F, -1.25F, 2.0F, 0.0625F, 1.0F, 3.0F, -4.0F, 8.0F},
                                 std::vector{0.25F, -1.0F}, link),
        std::vector{1.0, 2.0, kNan, 4.0, kNan, kNan, kNan, kNan, -1.0, 0.5, 3.0, -8.0}, 1e-6);
  }
}

TEST(ConvertedEstimator, OneNumberThatStandsForAMissingValue) {
  expect_same_numbers(std::make_unique<MissingValue>(forest(1, 8), -1.0F), rows(), 1e-14);
  expect_same_numbers(std::make_unique<MissingValue>(forest(1, 8), 0.0F), rows(), 1e-14);
}

TEST(ConvertedEstimator, ConstantsAndFirstOutputsAndWhatIsGuarded) {
  expect_same_numbers(std::make_unique<Constant>(4, std::vector{0.1, -2.0}), rows(), 0);
  expect_same_numbers(std::make_unique<FirstOutputs>(forest(3, 9), 2), rows(), 1e-14);
  expect_same_numbers(std::make_unique<Guarded>(forest(3, 9), InputRules{}), rows(), 1e-14);
}

void expect_same_behind(std::unique_ptr<const Transformer> step, const std::vector<double>& rows) {
  const std::size_t width = step->output_width();
  std::vector<std::unique_ptr<const Transformer>> steps;
  steps.push_back(std::move(step));
  // A forest that sees float64 shows what the step gives to the last bit.
  auto last = std::make_unique<ForestEstimator>(
      testing::make_random_forest({.feature_count = width,
                                   .output_count = 1,
                                   .aggregation = Aggregation::sum,
                                   .feature_type = NumberType::float64},
                                  10),
      Link{}, false);
  expect_same_numbers(std::make_unique<Pipeline>(std::move(steps), std::move(last), InputRules{}),
                      rows, 0);
}

TEST(ConvertedTransformer, Scalers) {
  const std::vector<double> some = {0.1, -2, 1.0 / 3, 5};
  const std::vector<double> others = {3, 0.7, 1, 1e-3};
  expect_same_behind(std::make_unique<ShiftAndDivide>(4, some, others), tame_rows());
  expect_same_behind(std::make_unique<ShiftAndDivide>(4, some, std::vector<double>{}), tame_rows());
  expect_same_behind(std::make_unique<ShiftAndDivide>(4, std::vector<double>{}, others),
                     tame_rows());
  expect_same_behind(std::make_unique<MultiplyAndShift>(others, some, std::nullopt), tame_rows());
  expect_same_behind(std::make_unique<MultiplyAndShift>(others, some, std::pair{-1.0, 1.0}),
                     tame_rows());
}

TEST(ConvertedTransformer, ImputersWithIndicatorsAndDroppedColumns) {
  for (const double missing : {kNan, -1.0}) {
    expect_same_behind(
        std::make_unique<Impute>(Impute::Options{
            .values = {1.5, kNan, -2.0, 0.0}, .missing = missing, .indicators = {3, 0}}),
        rows());
  }
}

TEST(ConvertedTransformer, ColumnsInAnotherOrderWithCodes) {
  using Column = Rearrange::Column;
  std::vector<Column> columns = {
      {.from = 2, .is_recoded = true, .categories = {3.0, 0.0, kNan, -1.0, 2.5}},
      {.from = 0},
      {.from = 3, .is_recoded = true, .categories = {kNan}},
      {.from = 1}};
  expect_same_behind(std::make_unique<Rearrange>(4, InputRules{}, std::move(columns)), rows());
}

class Unheard final : public Transformer {
 public:
  [[nodiscard]] std::size_t input_width() const override { return 1; }
  [[nodiscard]] std::size_t output_width() const override { return 1; }
  [[nodiscard]] InputRules input_rules() const override { return {}; }
  void transform(MatrixView<const double>, MatrixView<double>) const override {}
};

TEST(ConvertedTransformer, IsRefusedWhenItIsNotKnown) {
  std::vector<std::unique_ptr<const Transformer>> steps;
  steps.push_back(std::make_unique<Unheard>());
  const Schema schema{.feature_names = {"x"}, .targets = {{.task = Task::regression}}};
  auto last = std::make_unique<Constant>(1, std::vector{1.0});
  const Model model =
      make_model(schema,
                 std::make_unique<Pipeline>(std::move(steps), std::move(last), InputRules{}), {})
          .value();
  EXPECT_EQ(testing::refusal_to_convert(model),
            "onnx: the model has a step for which there are no words here, expected "
            "StandardScaler, MinMaxScaler, SimpleImputer or categories");
}

}  // namespace
}  // namespace ml_inference
