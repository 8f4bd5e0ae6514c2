// SPDX-License-Identifier: MIT
// The table against the specification, to the last bit, asked again and again: by rows in cells
// that are known and in others, in batches of all sizes, and by several threads at once.
#include "engines/table_engine.h"

#include "model/forest_builder.h"
#include "model/reference_predict.h"
#include "model/testing/random_forest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <random>
#include <span>
#include <thread>
#include <vector>

namespace ml_inference {
namespace {

template <class T>
bool answers_as_the_reference(const Forest& forest, const Engine& engine, std::span<const T> cells,
                              std::size_t batch) {
  const std::size_t width = forest.feature_count();
  const std::size_t row_count = cells.size() / width;
  for (std::size_t begin = 0; begin < row_count; begin += batch) {
    const std::size_t count = std::min(batch, row_count - begin);
    const MatrixView<const T> rows(cells.subspan(begin * width, count * width), count, width);
    std::vector<double> expected(count * forest.output_count());
    std::vector<double> got(expected.size(), -1);
    reference_predict(forest, rows, expected);
    engine.predict(rows, got);
    const auto bytes = [](const std::vector<double>& numbers) {
      return std::as_bytes(std::span(numbers));
    };
    if (!std::ranges::equal(bytes(expected), bytes(got))) return false;
  }
  return true;
}

// Values on, beside and far from thresholds: random rows, and the thresholds of the forest.
template <class T>
std::vector<T> rows_about(const Forest& forest, std::vector<T> cells, unsigned seed) {
  std::mt19937 random(seed);
  const auto nodes = forest.nodes();
  for (std::size_t index = 0; index < cells.size(); index += 2) {
    const ForestNode& node = nodes[random() % nodes.size()];
    if (node.is_leaf()) continue;
    const auto threshold = static_cast<T>(node.threshold());
    const T far = random() % 2 == 0 ? std::numeric_limits<T>::infinity()
                                    : -std::numeric_limits<T>::infinity();
    cells[index] = random() % 3 == 0 ? threshold : std::nextafter(threshold, far);
  }
  return cells;
}

TEST(TableEngine, EqualsTheReferenceHoweverOftenItIsAsked) {
  std::size_t taken_count = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const testing::RandomForestShape shape{
        .feature_count = 1 + seed % 4,
        .output_count = 1 + seed % 3,
        .tree_count = 1 + seed % 9,
        .depth = seed % 5,
        .feature_type = seed % 2 == 0 ? NumberType::float32 : NumberType::float64,
        .strict = seed % 3 == 0};
    const Forest forest = testing::make_random_forest(shape, seed);
    if (!table_engine_takes(forest)) continue;
    ++taken_count;
    const auto engine = make_table_engine(forest);
    const auto floats =
        rows_about(forest, testing::make_random_rows(300, shape.feature_count, seed), 1);
    const auto doubles =
        rows_about(forest, testing::make_random_double_rows(300, shape.feature_count, seed), 2);
    for (const std::size_t batch : {1U, 7U, 130U, 300U}) {
      ASSERT_TRUE(answers_as_the_reference<float>(forest, *engine, floats, batch)) << seed;
      ASSERT_TRUE(answers_as_the_reference<double>(forest, *engine, doubles, batch)) << seed;
    }
  }
  EXPECT_GT(taken_count, 100U);
}

TEST(TableEngine, IsFilledByManyThreadsAtOnce) {
  const testing::RandomForestShape shape{
      .feature_count = 3, .output_count = 2, .tree_count = 5, .depth = 3};
  const Forest forest = testing::make_random_forest(shape, 4);
  ASSERT_TRUE(table_engine_takes(forest));
  const auto engine = make_table_engine(forest);
  const auto rows = testing::make_random_rows(2'000, shape.feature_count, 1);
  std::vector<std::jthread> threads;
  std::atomic<int> right = 0;
  for (const std::size_t batch : {1U, 10U, 100U}) {
    threads.emplace_back([&, batch] {
      if (answers_as_the_reference<float>(forest, *engine, rows, batch)) ++right;
    });
  }
  threads.clear();
  EXPECT_EQ(right, 3);
}

TEST(TableEngine, LeavesToOthersWhatHasNoTable) {
  const auto is_taken = [](const testing::RandomForestShape& shape) {
    return table_engine_takes(testing::make_random_forest(shape, 1));
  };
  EXPECT_FALSE(is_taken({.categorical = true}));
  EXPECT_FALSE(is_taken({.zero_is_missing = true}));
  EXPECT_FALSE(is_taken({.leaf_width = 1, .linear = true}));
  EXPECT_FALSE(is_taken({.feature_count = 9, .tree_count = 100, .depth = 8}));
}

TEST(TableEngine, NamesItselfAndCountsItsTable) {
  const Forest forest = testing::make_random_forest(
      {.feature_count = 2, .output_count = 1, .tree_count = 2, .depth = 2}, 1);
  ASSERT_TRUE(table_engine_takes(forest));
  const auto engine = make_table_engine(forest);
  EXPECT_EQ(engine->name(), "table");
  EXPECT_GT(engine->memory_size(), make_engine(forest)->memory_size());
}

}  // namespace
}  // namespace ml_inference
