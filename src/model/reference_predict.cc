// SPDX-License-Identifier: MIT
#include "model/reference_predict.h"

#include "base/assert.h"

#include <algorithm>
#include <cmath>

namespace ml_inference {
namespace {

std::span<const double> leaf_reached(const Forest& forest, std::int32_t root,
                                     std::span<const float> row) {
  const ForestNode* node = &forest.nodes()[static_cast<std::size_t>(root)];
  while (!node->is_leaf()) {
    const float value = row[static_cast<std::size_t>(node->feature)];
    const bool goes_left =
        std::isnan(value) ? node->missing_goes_left : static_cast<double>(value) <= node->threshold;
    node = &forest.nodes()[static_cast<std::size_t>(goes_left ? node->left : node->right)];
  }
  return forest.leaf_values(node->leaf);
}

}  // namespace

void reference_predict(const Forest& forest, MatrixView<const float> rows, std::span<double> out) {
  const std::size_t output_count = forest.output_count();
  ASSERT(rows.column_count() == forest.feature_count());
  ASSERT(out.size() == rows.row_count() * output_count);
  std::ranges::fill(out, 0.0);
  for (std::size_t row = 0; row < rows.row_count(); ++row) {
    const std::span<double> sums = out.subspan(row * output_count, output_count);
    for (const std::int32_t root : forest.roots()) {
      const std::span<const double> leaf = leaf_reached(forest, root, rows.row(row));
      for (std::size_t output = 0; output < output_count; ++output) sums[output] += leaf[output];
    }
    if (forest.aggregation() == Aggregation::average) {
      for (double& sum : sums) sum /= static_cast<double>(forest.tree_count());
    }
  }
}

}  // namespace ml_inference
