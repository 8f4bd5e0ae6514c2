// SPDX-License-Identifier: MIT
#include "model/reference_predict.h"

#include "base/assert.h"
#include "model/forest_walk.h"

#include <algorithm>
#include <vector>

namespace ml_inference {
namespace {

void add_leaf(const Forest& forest, const ForestNode& leaf, std::span<const double> row,
              std::span<double> sums) {
  const NumberType type = forest.shape().sum_type;
  const std::span<const double> values = forest.leaf_values(leaf.leaf());
  for (std::size_t index = 0; index < values.size(); ++index) {
    const double value = leaf.is_linear() ? linear_value(forest, leaf, row) : values[index];
    sums[index] = rounded(type, sums[index] + rounded(type, value));
  }
}

void add_trees(const Forest& forest, std::span<const double> row, std::span<double> sums) {
  for (std::size_t tree = 0; tree < forest.tree_count(); ++tree) {
    const ForestNode& leaf = leaf_reached(forest, forest.roots()[tree], row);
    add_leaf(forest, leaf, row, sums.subspan(forest.first_outputs()[tree], forest.leaf_width()));
  }
}

void sum_up(const Forest& forest, std::span<const double> row, std::span<double> sums) {
  const ForestShape& shape = forest.shape();
  const NumberType type = shape.sum_type;
  const bool has_base = !shape.base.empty();
  for (std::size_t output = 0; output < sums.size(); ++output) {
    sums[output] = has_base && !shape.base_last ? rounded(type, shape.base[output]) : 0.0;
  }
  add_trees(forest, row, sums);
  if (!has_base || !shape.base_last) return;
  for (std::size_t output = 0; output < sums.size(); ++output) {
    sums[output] = rounded(type, sums[output] + rounded(type, shape.base[output]));
  }
}

template <class T>
void round_row(const Forest& forest, std::span<const T> row, std::span<double> values) {
  std::ranges::transform(row, values.begin(), [type = forest.shape().feature_type](T value) {
    return rounded(type, static_cast<double>(value));
  });
}

template <class T>
void predict(const Forest& forest, MatrixView<const T> rows, std::span<double> out) {
  const std::size_t output_count = forest.output_count();
  ASSERT(rows.column_count() == forest.feature_count());
  ASSERT(out.size() == rows.row_count() * output_count);
  const ForestShape& shape = forest.shape();
  const std::vector<double> counts = divisors(forest);
  std::vector<double> values(forest.feature_count());
  for (std::size_t index = 0; index < rows.row_count(); ++index) {
    round_row(forest, rows.row(index), std::span(values));
    const std::span<double> sums = out.subspan(index * output_count, output_count);
    sum_up(forest, values, sums);
    for (std::size_t output = 0; output < output_count; ++output) {
      sums[output] = rounded(shape.sum_type, sums[output] / counts[output]);
    }
  }
}

}  // namespace

void reference_predict(const Forest& forest, MatrixView<const float> rows, std::span<double> out) {
  predict(forest, rows, out);
}

void reference_predict(const Forest& forest, MatrixView<const double> rows, std::span<double> out) {
  predict(forest, rows, out);
}

void reference_add(const Forest& forest, MatrixView<const double> rows, std::span<double> sums) {
  const std::size_t output_count = forest.output_count();
  ASSERT(rows.column_count() == forest.feature_count());
  ASSERT(sums.size() == rows.row_count() * output_count);
  ASSERT(forest.aggregation() == Aggregation::sum && forest.shape().base.empty());
  std::vector<double> values(forest.feature_count());
  for (std::size_t index = 0; index < rows.row_count(); ++index) {
    round_row(forest, rows.row(index), std::span(values));
    add_trees(forest, values, sums.subspan(index * output_count, output_count));
  }
}

}  // namespace ml_inference
