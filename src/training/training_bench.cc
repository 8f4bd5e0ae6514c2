// SPDX-License-Identifier: MIT
// What training costs: the built-in model, which every start of the program pays for, and a set of
// 100 000 rows and 50 features.
#include "base/assert.h"
#include "data/matrix.h"
#include "training/random.h"
#include "training/train_forest.h"
#include "training/train_model.h"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

namespace ml_inference {
namespace {

void BuiltInModel(benchmark::State& state) {
  for (auto _ : state) {
    const Result<Model> model = train_builtin_model(1);
    ASSERT(model.has_value());
    benchmark::DoNotOptimize(model->only_forest()->nodes().data());
  }
}
BENCHMARK(BuiltInModel)->Unit(benchmark::kMillisecond);

struct LargeSet {
  static constexpr std::size_t kRowCount = 100'000;
  static constexpr std::size_t kFeatureCount = 50;
  std::vector<float> values;
  std::vector<std::int32_t> classes;
  std::vector<double> targets;
};

// The sum of five features decides, with noise beside it, so that trees grow deep.
LargeSet large_set() {
  LargeSet set;
  Random random(1, 0);
  const auto uniform = [&random] { return static_cast<float>(random.below(1U << 24)) / 0x1p24F; };
  for (std::size_t row = 0; row < LargeSet::kRowCount; ++row) {
    float sum = 0;
    for (std::size_t feature = 0; feature < LargeSet::kFeatureCount; ++feature) {
      set.values.push_back(uniform());
      if (feature < 5) sum += set.values.back();
    }
    set.targets.push_back(sum + uniform());
    set.classes.push_back(set.targets.back() > 3 ? 1 : 0);
  }
  return set;
}

void LargeClassification(benchmark::State& state) {
  const LargeSet set = large_set();
  const MatrixView<const float> rows(set.values, LargeSet::kRowCount, LargeSet::kFeatureCount);
  for (auto _ : state) {
    ASSERT(train_classifier(rows, set.classes, 2, {.tree_count = 10}).has_value());
  }
}
BENCHMARK(LargeClassification)->Unit(benchmark::kMillisecond)->Iterations(1);

void LargeRegression(benchmark::State& state) {
  const LargeSet set = large_set();
  const MatrixView<const float> rows(set.values, LargeSet::kRowCount, LargeSet::kFeatureCount);
  for (auto _ : state) {
    const ForestOptions options{.tree_count = 2, .min_samples_leaf = 5};
    ASSERT(train_regressor(rows, set.targets, options).has_value());
  }
}
BENCHMARK(LargeRegression)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
}  // namespace ml_inference
