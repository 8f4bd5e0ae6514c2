// SPDX-License-Identifier: MIT
#include "formats/lightgbm/lightgbm_model.h"

#include "formats/format_error.h"
#include "formats/lightgbm/reader.h"
#include "formats/lightgbm/testing/lightgbm_files.h"
#include "formats/lightgbm/testing/oracle.h"
#include "model/reference_predict.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

using ::testing::HasSubstr;
using testing::lightgbm_of_tree;
using testing::small_lightgbm;
using testing::with;

// The message of the refusal; empty when there is none.
std::string refusal_of(const std::string& bytes) {
  try {
    static_cast<void>(read_lightgbm(bytes));
  } catch (const FormatError& refusal) {
    return refusal.error.message;
  }
  return "";
}

Link link_of(const std::string& bytes) { return *read_lightgbm(bytes).link(); }

std::string with_objective(std::string_view objective) {
  return with(small_lightgbm(), "objective=binary sigmoid:0.5", objective);
}

std::string without_trees(const std::string& bytes) {
  return bytes.substr(0, bytes.find("tree_sizes")) + bytes.substr(bytes.find("end of trees"));
}

std::string of_one_test(std::string_view threshold, int decision, std::string_view leaves) {
  return lightgbm_of_tree(
      fmt::format("num_leaves=2\nnum_cat=0\nsplit_feature=0\nthreshold={}\ndecision_type={}\n"
                  "left_child=-1\nright_child=-2\nleaf_value={}\n",
                  threshold, decision, leaves));
}

double sum_of(const Model& model, const std::vector<double>& row) {
  double sum = 0;
  reference_predict(*model.only_forest(), MatrixView<const double>(row, 1, row.size()), {&sum, 1});
  return sum;
}

// Every number that any rule of a test is about.
std::vector<double> telling_numbers(double threshold) {
  const double infinity = std::numeric_limits<double>::infinity();
  std::vector<double> numbers{std::numeric_limits<double>::quiet_NaN(), infinity, 1e300, 0.5,
                              5e-324};
  for (const double number : {threshold, 1e-35, static_cast<double>(1e-35F), 1.1e-35, 0.0}) {
    numbers.push_back(number);
    numbers.push_back(std::nextafter(number, infinity));
    numbers.push_back(std::nextafter(number, -infinity));
  }
  const std::size_t count = numbers.size();
  for (std::size_t at = 0; at < count; ++at) numbers.push_back(-numbers[at]);
  return numbers;
}

TEST(LightgbmModel, TestsAsTheOracleDoesForEveryDecisionAndThresholdBesideZero) {
  for (const char* threshold :
       {"0", "-0", "1.0000000180025095e-35", "-1.0000000180025095e-35", "1e-35", "-1e-35",
        "4.9406564584124654e-324", "-4.9406564584124654e-324", "1.1e-35", "-1.1e-35", "2.5", "-2.5",
        "inf", "-inf", "nan"}) {
    for (int decision = 0; decision < 12; decision += 2) {
      const std::string bytes = of_one_test(threshold, decision, "1 2");
      const LightgbmFile file = read_lightgbm_file(bytes);
      const Model model = make_lightgbm_model(file);
      for (const double number : telling_numbers(file.trees[0].nodes[0].threshold)) {
        const std::vector<double> row{number, 0, 0};
        EXPECT_EQ(sum_of(model, row), testing::lightgbm_raw_scores(file, row).front())
            << number << " at " << threshold << ", decision " << decision;
      }
    }
  }
}

TEST(LightgbmModel, TakesLargerNumbersForZerosInAFileWithoutAVersion) {
  for (const char* const threshold : {"9.9999996826552254e-21", "-9.9999996826552254e-21"}) {
    for (const int decision : {2, 6, 10}) {
      const std::string bytes = with(of_one_test(threshold, decision, "1 2"), "version=v4\n", "");
      const LightgbmFile file = read_lightgbm_file(bytes);
      const Model model = make_lightgbm_model(file);
      for (const double number : {0.0, 1e-20, 2e-20, 1e-15, static_cast<double>(1e-15F), 1.1e-15,
                                  -2e-20, -static_cast<double>(1e-15F), -1.1e-15}) {
        const bool is_zero = std::abs(number) <= static_cast<double>(1e-15F);
        const std::vector<double> row{number, 0, 0};
        EXPECT_EQ(sum_of(model, row), testing::lightgbm_raw_scores(file, row).front())
            << number << " at " << threshold << ", decision " << decision;
        EXPECT_EQ(sum_of(model, row), sum_of(model, {is_zero ? 0.0 : number, 0, 0}))
            << number << " at " << threshold << ", decision " << decision;
      }
    }
  }
}

TEST(LightgbmModel, SumsUpCategoriesSingleLeavesAndLinearLeavesAsTheOracleDoes) {
  const LightgbmFile file = read_lightgbm_file(small_lightgbm());
  const Model model = make_lightgbm_model(file);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double first : {-1.0, 0.0, 1.0, nan}) {
    for (const double second : {-1.0, -0.5, 0.0, 1.0, 2.9, 31.0, 32.0, 63.0, 64.0, 3e9, nan}) {
      for (const double third : {2.5, 2.6, nan}) {
        const std::vector<double> row{first, second, third};
        const double sum = sum_of(model, row);
        const double expected = testing::lightgbm_raw_scores(file, row).front();
        EXPECT_TRUE(sum == expected || (std::isnan(sum) && std::isnan(expected)))
            << sum << " and " << expected;
      }
    }
  }
}

TEST(LightgbmModel, TakesAChildWithASmallerNumberThanItsParent) {
  const LightgbmFile file = read_lightgbm_file(
      lightgbm_of_tree("num_leaves=4\nnum_cat=0\nsplit_feature=0 0 0\nthreshold=3 1 2\n"
                       "decision_type=2 2 2\nleft_child=2 -1 1\nright_child=-4 -2 -3\n"
                       "leaf_value=1 2 3 4\n"));
  const Model model = make_lightgbm_model(file);
  for (const double value : {1.0, 1.5, 2.5, 4.0}) {
    const std::vector<double> row{value, 0, 0};
    EXPECT_EQ(sum_of(model, row), testing::lightgbm_raw_scores(file, row).front()) << value;
  }
}

TEST(LightgbmModel, AnswersZeroWhenThereAreNoTrees) {
  EXPECT_EQ(sum_of(read_lightgbm(without_trees(small_lightgbm())), {1, 2, 3}), 0);
}

TEST(LightgbmModel, KnowsTheTransformOfEveryObjective) {
  const auto function = [](std::string_view objective) {
    return link_of(with_objective(objective)).function;
  };
  EXPECT_EQ(function("objective=regression"), LinkFunction::identity);
  EXPECT_EQ(function("objective=tweedie"), LinkFunction::exponential);
  EXPECT_EQ(function("objective=xentropy"), LinkFunction::logistic);
  EXPECT_EQ(function("objective=cross_entropy_lambda"), LinkFunction::softplus);
  EXPECT_EQ(function("o=x"), LinkFunction::identity);
}

// Of huber LightGBM leaves the word out, and does not take the root either.
TEST(LightgbmModel, SquaresTheSumOfEveryObjectiveThatTookTheRoot) {
  for (const char* name : {"regression", "regression_l1", "fair", "quantile", "mape"}) {
    EXPECT_EQ(link_of(with_objective(fmt::format("objective={} sqrt", name))).function,
              LinkFunction::signed_square)
        << name;
  }
}

TEST(LightgbmModel, ScalesTheSumOfABinaryObjectiveAndGivesTwoClasses) {
  const Link expected{.function = LinkFunction::logistic, .two_classes = true, .scale = 0.5};
  EXPECT_EQ(link_of(small_lightgbm()), expected);
}

TEST(LightgbmModel, TakesTheLogarithmOfCrossEntropyLambdaAsTheVersionDid) {
  const auto function = [](std::string_view version, std::string_view parameter) {
    const std::string bytes =
        with(with_objective("objective=cross_entropy_lambda"), "version=v4", version);
    return link_of(with(bytes, "[boosting: gbdt]", parameter)).function;
  };
  EXPECT_EQ(function("version=v2", "[boosting: gbdt]"), LinkFunction::log_one_plus);
  EXPECT_EQ(function("version=v3", "[boosting: gbdt]"), LinkFunction::log_one_plus);
  EXPECT_EQ(function("version=v3", "[precise_float_parser: 0]"), LinkFunction::softplus);
  EXPECT_EQ(function("version=v4", "[boosting: gbdt]"), LinkFunction::softplus);
}

TEST(LightgbmModel, DividesTheSumOfARandomForest) {
  const Link expected{
      .function = LinkFunction::logistic, .two_classes = true, .divisor = 3, .scale = 0.5};
  EXPECT_EQ(link_of(with(small_lightgbm(), "label_index=0", "average_output")), expected);
}

TEST(LightgbmModel, LeavesTheMeanOfAnOldRandomForestAsItIs) {
  const std::string old = with(
      with(with(small_lightgbm(), "label_index=0", "average_output"), "version=v4", "version=v2"),
      "end of trees\n\nfeature_importances:", "feature importances:");
  const Link expected{.two_classes = true, .divisor = 3};  // and no scale by the sigmoid
  EXPECT_EQ(link_of(old), expected);
}

// 2.2.0 wrote probabilities where 2.2.1 wrote log-odds, and nothing else tells them apart.
TEST(LightgbmModel, TakesLeavesFromZeroToOneForThoseOfVersionTwoTwoZero) {
  const auto function = [](std::string_view version, std::string_view leaves) {
    const std::string bytes = with(of_one_test("1", 2, leaves), "label_index=0", "average_output");
    return link_of(with(bytes, "version=v4", version)).function;
  };
  EXPECT_EQ(function("version=v2", "-0 1.0000000000000002"), LinkFunction::identity);
  EXPECT_EQ(function("version=v2", "-0.1 1"), LinkFunction::logistic);
  EXPECT_EQ(function("version=v3", "0 1"), LinkFunction::logistic);
}

TEST(LightgbmModel, RefusesAnObjectiveThatItDoesNotKnow) {
  EXPECT_THAT(refusal_of(with_objective("objective=hinge a:1")),
              HasSubstr("lightgbm: the objective is 'hinge', expected one of binary, "));
}

TEST(LightgbmModel, RefusesClassesThatContradictThemselves) {
  EXPECT_EQ(refusal_of(with_objective("objective=multiclass num_class:3")),
            "lightgbm: the objective has '3' classes, expected 1");
  EXPECT_EQ(
      refusal_of(with(small_lightgbm(), "num_tree_per_iteration=1", "num_tree_per_iteration=3")),
      "lightgbm: the objective binary has 3 trees an iteration, expected 1");
}

}  // namespace
}  // namespace ml_inference
