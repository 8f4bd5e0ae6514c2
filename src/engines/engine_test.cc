// SPDX-License-Identifier: MIT
// Every engine against the specification, to the last bit: random forests, and rows on, beside and
// far from the thresholds, missing and infinite.
#include "engines/engine.h"

#include "base/simd_targets.h"
#include "engines/packed_engine.h"
#include "engines/plain_engine.h"
#include "model/forest_builder.h"
#include "model/reference_predict.h"
#include "model/testing/random_forest.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

using MakeEngineFunction = std::function<std::unique_ptr<const Engine>(const Forest&)>;

struct EngineCase {
  std::string name;
  MakeEngineFunction make;
  std::string target = {};  // of limit_simd_targets()
};

std::unique_ptr<const Engine> make_plain(const Forest& forest) {
  return make_plain_engine(forest, "a test asks for it");
}

std::unique_ptr<const Engine> make_packed(const Forest& forest) {
  return make_packed_engine(forest).value();
}

// All engines, with all vectors that this machine has: a new one is tested by standing here.
std::vector<EngineCase> all_engines() {
  std::vector<EngineCase> engines{{"plain", make_plain}, {"chosen", make_engine}};
  for (const std::string_view target : simd_targets()) {
    engines.push_back({fmt::format("packed_{}", target), make_packed, std::string(target)});
  }
  return engines;
}

template <class T>
std::vector<double> reference_of(const Forest& forest, MatrixView<const T> rows) {
  std::vector<double> out(rows.row_count() * forest.output_count(), -1.0);
  reference_predict(forest, rows, out);
  return out;
}

class EveryEngine : public ::testing::TestWithParam<EngineCase> {
 protected:
  EveryEngine() { EXPECT_TRUE(limit_simd_targets(GetParam().target)); }
  ~EveryEngine() override { EXPECT_TRUE(limit_simd_targets("")); }

  // Engines answer the first rows of `rows`, in batches of every size up to what is there.
  template <class T>
  void expect_equal_in_all_batches(const Forest& forest, MatrixView<const T> rows) {
    const std::vector<double> expected = reference_of(forest, rows);
    const auto engine = GetParam().make(forest);
    for (std::size_t count = 1; count <= rows.row_count(); ++count) {
      std::vector<double> got(count * forest.output_count(), -2.0);
      engine->predict(MatrixView<const T>(rows.values().first(count * rows.column_count()), count,
                                          rows.column_count()),
                      got);
      ASSERT_EQ(std::memcmp(got.data(), expected.data(), got.size() * sizeof(double)), 0)
          << count << " rows";
    }
  }

  template <class T>
  void expect_equal(const Forest& forest, MatrixView<const T> rows) {
    const std::vector<double> expected = reference_of(forest, rows);
    std::vector<double> got(expected.size(), -2.0);
    GetParam().make(forest)->predict(rows, got);
    const auto bytes = [](const std::vector<double>& values) {
      return std::as_bytes(std::span(values));
    };
    ASSERT_TRUE(std::ranges::equal(bytes(expected), bytes(got)));
  }
};

TEST_P(EveryEngine, EqualsTheReferenceOnRandomForests) {
  constexpr std::size_t kRowCount = 64;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const testing::RandomForestShape shape{
        .feature_count = 1 + seed % 7,
        .output_count = 1 + seed % 4,
        .tree_count = 1 + seed % 21,
        .depth = seed % 9,
        .aggregation = seed % 2 == 0 ? Aggregation::sum : Aggregation::average};
    const Forest forest = testing::make_random_forest(shape, seed);
    const std::vector<float> rows =
        testing::make_random_rows(kRowCount, shape.feature_count, seed + 1);
    expect_equal(forest, MatrixView<const float>(rows, kRowCount, shape.feature_count));
  }
}

TEST_P(EveryEngine, TakesAtMostSixteenBytesANodeAndItsLeaves) {
  const testing::RandomForestShape shape{
      .feature_count = 5, .output_count = 3, .tree_count = 64, .depth = 8};
  const Forest forest = testing::make_random_forest(shape, 1);
  const std::size_t leaves = forest.leaf_count() * forest.leaf_width() * sizeof(double);
  const std::size_t trees = forest.tree_count() * 2 * sizeof(std::uint64_t);
  EXPECT_LE(GetParam().make(forest)->memory_size(), 16 * forest.nodes().size() + leaves + trees);
}

// Every kind of forest that ForestBuilder knows: each combination of two number types and seven
// questions, with rows of both types.
TEST_P(EveryEngine, EqualsTheReferenceOnForestsOfEveryKind) {
  constexpr std::size_t kRowCount = 48;
  for (std::uint64_t kind = 0; kind < 512; ++kind) {
    const auto is = [kind](unsigned bit) { return (kind >> bit & 1) != 0; };
    const auto type = [&is](unsigned bit) {
      return is(bit) ? NumberType::float32 : NumberType::float64;
    };
    const testing::RandomForestShape shape{
        .feature_count = 1 + kind % 5,
        .output_count = 1 + kind % 3,
        .tree_count = 3 + kind % 37,
        .depth = kind % 7,
        .aggregation = is(5) ? Aggregation::sum : Aggregation::average,
        .leaf_width = is(3) || is(4) ? 1U : 0U,
        .feature_type = type(0),
        .sum_type = type(1),
        .category_rule = static_cast<CategoryRule>(kind % 3),
        .has_base = is(5),
        .base_last = is(2),
        .strict = is(6),
        .zero_is_missing = is(7),
        .categorical = is(8),
        .linear = is(4)};
    const Forest forest = testing::make_random_forest(shape, kind);
    const auto floats = testing::make_random_rows(kRowCount, shape.feature_count, kind);
    expect_equal(forest, MatrixView<const float>(floats, kRowCount, shape.feature_count));
    const auto doubles = testing::make_random_double_rows(kRowCount, shape.feature_count, kind);
    expect_equal(forest, MatrixView<const double>(doubles, kRowCount, shape.feature_count));
  }
}

// Forests whose trees are asked whole and such as are walked, of each kind of test and leaf.
TEST_P(EveryEngine, EqualsTheReferenceInBatchesOfEverySize) {
  constexpr std::size_t kRowCount = 130;
  for (std::uint64_t kind = 0; kind < 16; ++kind) {
    const bool is_wide = (kind & 1) != 0;
    const bool is_boosted = (kind & 2) != 0;
    const testing::RandomForestShape shape{
        .feature_count = 5,
        .output_count = kind < 8 ? 3U : 5U,
        .tree_count = 5,
        .depth = (kind & 4) != 0 ? 14U : 5U,
        .aggregation = is_boosted ? Aggregation::sum : Aggregation::average,
        .leaf_width = is_boosted ? 1U : 0U,
        .feature_type = is_wide ? NumberType::float64 : NumberType::float32,
        .sum_type = is_boosted && !is_wide ? NumberType::float32 : NumberType::float64,
        .has_base = is_boosted,
        .zero_is_missing = is_wide,
        .categorical = is_wide && !is_boosted,
        .linear = is_wide && is_boosted && kind < 8};
    const Forest forest = testing::make_random_forest(shape, kind + 1);
    const auto rows = testing::make_random_double_rows(kRowCount, shape.feature_count, kind);
    expect_equal_in_all_batches(forest, MatrixView<const double>(rows, kRowCount, 5));
    const auto floats = testing::make_random_rows(kRowCount, shape.feature_count, kind);
    expect_equal_in_all_batches(forest, MatrixView<const float>(floats, kRowCount, 5));
  }
}

// Each tree of at most two tests over two features and three thresholds, as an output of its own.
Forest every_small_tree(NumberType feature_type) {
  std::vector<NumericalTest> tests;
  for (std::size_t code = 0; code < 24; ++code) {
    tests.push_back({.feature = code % 2,
                     .threshold = static_cast<double>(code / 2 % 3) - 1,
                     .is_strict = code / 6 % 2 == 1,
                     .missing_goes_left = code / 12 == 1});
  }
  ForestBuilder builder({.feature_count = 2,
                         .output_count = tests.size() * (1 + 2 * tests.size()),
                         .leaf_width = 1,
                         .feature_type = feature_type});
  std::size_t output = 0;
  const auto add = [&builder](std::size_t node, NumericalTest test, std::size_t left) {
    test.left = left;
    test.right = left + 1;
    builder.numerical_test(node, test);
  };
  const auto leaf = [&builder](std::size_t node) {
    builder.leaf(node, std::vector{static_cast<double>(node)});
  };
  for (const NumericalTest& root : tests) {
    builder.start_tree(3, output++);
    add(0, root, 1);
    leaf(1);
    leaf(2);
    for (const NumericalTest& child : tests) {
      for (const std::size_t side : {1U, 2U}) {
        builder.start_tree(5, output++);
        add(0, root, 1);
        add(side, child, 3);
        leaf(3 - side);
        leaf(3);
        leaf(4);
      }
    }
  }
  return std::move(builder).build().value();
}

TEST_P(EveryEngine, EqualsTheReferenceOnEverySmallTree) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::vector<double> values{-kInfinity,
                                   -1,
                                   -1e-40,
                                   -0.0,
                                   0.0,
                                   1e-320,
                                   0x1p-149,
                                   0.5,
                                   1,
                                   1.0000001,
                                   3e38,
                                   kInfinity,
                                   std::numeric_limits<double>::quiet_NaN()};
  std::vector<double> rows;
  for (const double first : values) {
    for (const double second : values) {
      rows.push_back(first);
      rows.push_back(second);
    }
  }
  for (const NumberType type : {NumberType::float32, NumberType::float64}) {
    expect_equal(every_small_tree(type), MatrixView<const double>(rows, rows.size() / 2, 2));
  }
}

// More thresholds of a feature than a byte can tell apart.
TEST_P(EveryEngine, EqualsTheReferenceWithThousandsOfThresholds) {
  std::mt19937_64 random(5);
  ForestBuilder builder({.feature_count = 2, .output_count = 1});
  for (int tree = 0; tree < 60; ++tree) {
    constexpr std::size_t kTestCount = 31;
    builder.start_tree(2 * kTestCount + 1);
    for (std::size_t node = 0; node < kTestCount; ++node) {
      builder.numerical_test(node, {.feature = random() % 2,
                                    .threshold = static_cast<double>(random() % 4000),
                                    .left = 2 * node + 1,
                                    .right = 2 * node + 2});
    }
    for (std::size_t node = kTestCount; node < 2 * kTestCount + 1; ++node) {
      builder.leaf(node, std::vector{static_cast<double>(random() % 1000) / 7});
    }
  }
  const Forest forest = std::move(builder).build().value();
  std::vector<double> rows(2 * 1000);
  for (double& value : rows) value = static_cast<double>(random() % 8004) / 2 - 1;
  expect_equal(forest, MatrixView<const double>(rows, 1000, 2));
}

TEST(MakeEngine, NamesWhatItMadeAndSaysWhy) {
  const auto engine_of = [](const testing::RandomForestShape& shape) {
    return make_engine(testing::make_random_forest(shape, 1));
  };
  EXPECT_EQ(engine_of({.depth = 4})->name(), "select");
  EXPECT_EQ(engine_of({.depth = 4, .categorical = true})->name(), "select");
  const auto walk = engine_of({.tree_count = 3, .depth = 14});
  EXPECT_EQ(walk->name(), "walk");
  EXPECT_THAT(walk->reason(), ::testing::HasSubstr("more than 256 leaves"));
}

TEST(MakeEngine, LeavesAForestWithTooFarChildrenToThePlainEngine) {
  // 100 000 columns take 17 bits of a link: children lie at most 32 767 nodes behind their parents.
  constexpr std::size_t kFeatureCount = 100'000;
  constexpr std::size_t kLevelCount = 17;
  ForestBuilder builder({.feature_count = kFeatureCount, .output_count = 1});
  builder.start_tree((2U << kLevelCount) - 1);
  std::size_t node = 0;
  for (; node < (1U << kLevelCount) - 1; ++node) {
    builder.numerical_test(node, {.feature = node % kFeatureCount,
                                  .threshold = 1,
                                  .left = 2 * node + 1,
                                  .right = 2 * node + 2});
  }
  for (; node < (2U << kLevelCount) - 1; ++node) builder.leaf(node, std::vector{1.0});
  const auto engine = make_engine(std::move(builder).build().value());
  EXPECT_EQ(engine->name(), "plain");
  EXPECT_THAT(engine->reason(), ::testing::HasSubstr("behind its parent"));
}

TEST(SimdTargets, RefusesOneThatTheMachineDoesNotHave) {
  EXPECT_EQ(limit_simd_targets("AVX9").error().code, Code::invalid_argument);
  const auto targets = simd_targets();
  ASSERT_TRUE(limit_simd_targets(targets.back()));
  EXPECT_EQ(simd_target(), targets.back());
  ASSERT_TRUE(limit_simd_targets(""));
  EXPECT_EQ(simd_target(), targets.front());
}

// Each of these makes its own tree go differently in float64 than in a careless float32.
TEST_P(EveryEngine, ComparesAFloat32FeatureWithAFloat64Threshold) {
  const float feature = 0.1F;  // 0.10000000149011612
  for (const double threshold :
       {0.1, 0.10000000149011611, 0.10000000149011612, 0.2, 1e300, -1e300, 1e-320,
        std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}) {
    ForestBuilder builder({.feature_count = 1, .output_count = 1});
    for (const bool is_strict : {false, true}) {
      builder.start_tree(3);
      builder.numerical_test(
          0, {.feature = 0, .threshold = threshold, .left = 1, .right = 2, .is_strict = is_strict});
      builder.leaf(1, std::vector{is_strict ? 4.0 : 1.0});
      builder.leaf(2, std::vector{is_strict ? 8.0 : 2.0});
    }
    const Forest forest = std::move(builder).build().value();
    const std::vector<float> rows{feature,
                                  0.0F,
                                  -0.0F,
                                  3.4e38F,
                                  -3.4e38F,
                                  std::numeric_limits<float>::infinity(),
                                  -std::numeric_limits<float>::infinity(),
                                  std::numeric_limits<float>::quiet_NaN(),
                                  1e-45F};
    expect_equal(forest, MatrixView<const float>(rows, rows.size(), 1));
  }
}

TEST_P(EveryEngine, AnswersAForestOfSingleLeaves) {
  ForestBuilder builder(
      {.feature_count = 2, .output_count = 2, .aggregation = Aggregation::average});
  for (int tree = 0; tree < 3; ++tree) {
    builder.start_tree(1);
    builder.leaf(0, std::vector{0.25, 0.75});
  }
  const Forest forest = std::move(builder).build().value();
  const std::vector<float> rows{1.0F, std::numeric_limits<float>::quiet_NaN()};
  expect_equal(forest, MatrixView<const float>(rows, 1, 2));
}

TEST_P(EveryEngine, TakesNoRows) {
  const Forest forest = testing::make_random_forest({}, 1);
  expect_equal(forest, MatrixView<const float>({}, 0, forest.feature_count()));
  expect_equal(forest, MatrixView<const double>({}, 0, forest.feature_count()));
}

INSTANTIATE_TEST_SUITE_P(Engines, EveryEngine, ::testing::ValuesIn(all_engines()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace ml_inference
