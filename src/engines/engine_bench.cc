// SPDX-License-Identifier: MIT
// One row through each kind of forest: what a prediction costs beside everything around it.
#include "engines/engine.h"
#include "model/testing/random_forest.h"

#include <benchmark/benchmark.h>

#include <random>
#include <vector>

namespace ml_inference {
namespace {

constexpr std::size_t kRowCount = 1024;
constexpr std::size_t kFeatureCount = 16;

// Numbers around the thresholds, none missing.
template <class T>
std::vector<T> make_rows() {
  std::mt19937_64 random(7);
  std::vector<T> rows(kRowCount * kFeatureCount);
  for (T& value : rows) value = static_cast<T>(random() % 1000) / 100 - 4;
  return rows;
}

template <class T>
void predict(benchmark::State& state, testing::RandomForestShape shape) {
  shape.feature_count = kFeatureCount;
  shape.tree_count = static_cast<std::size_t>(state.range(0));
  shape.depth = static_cast<std::size_t>(state.range(1));
  const auto engine = make_engine(testing::make_random_forest(shape, 1));
  const std::vector<T> rows = make_rows<T>();
  std::vector<double> out(shape.output_count);
  std::size_t row = 0;
  for (auto _ : state) {
    const std::span<const T> values = std::span(rows).subspan(row * kFeatureCount, kFeatureCount);
    engine->predict(MatrixView<const T>(values, 1, kFeatureCount), out);
    benchmark::DoNotOptimize(out.data());
    row = (row + 1) % kRowCount;
  }
}

void plain_forest(benchmark::State& state) {
  predict<float>(state, {.output_count = static_cast<std::size_t>(state.range(2))});
}
BENCHMARK(plain_forest)
    ->ArgNames({"trees", "depth", "outputs"})
    ->ArgsProduct({{100}, {4, 12}, {1, 3, 10}})
    ->Args({1000, 8, 2});

// As XGBoost's: float32 throughout, a tree for each class in turn.
void float32_boosting(benchmark::State& state) {
  const auto output_count = static_cast<std::size_t>(state.range(2));
  predict<float>(state, {.output_count = output_count,
                         .aggregation = Aggregation::sum,
                         .leaf_width = 1,
                         .sum_type = NumberType::float32,
                         .has_base = true,
                         .strict = true});
}
BENCHMARK(float32_boosting)
    ->ArgNames({"trees", "depth", "outputs"})
    ->ArgsProduct({{100}, {6}, {1, 3}});

// As LightGBM's and HistGradientBoosting's; categorical: in the plain engine.
void float64_boosting(benchmark::State& state) {
  const auto output_count = static_cast<std::size_t>(state.range(2));
  predict<double>(state, {.output_count = output_count,
                          .aggregation = Aggregation::sum,
                          .leaf_width = 1,
                          .feature_type = NumberType::float64,
                          .has_base = true,
                          .categorical = state.range(3) == 1});
}
BENCHMARK(float64_boosting)
    ->ArgNames({"trees", "depth", "outputs", "categorical"})
    ->ArgsProduct({{100}, {6}, {1, 3}, {0, 1}});

}  // namespace
}  // namespace ml_inference
