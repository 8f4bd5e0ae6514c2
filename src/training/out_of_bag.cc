// SPDX-License-Identifier: MIT
#include "training/out_of_bag.h"

#include "model/forest_walk.h"
#include "training/parallel.h"

#include <algorithm>

namespace ml_inference {
namespace {

// Rows that a thread takes at a time: enough that taking them costs nothing.
constexpr std::size_t kBlockRowCount = 256;

// Calls found(row, sums, tree_count) for every row that some tree did not see, with the leaf values
// of those trees added up in tree order. Different rows come on different threads.
template <class Found>
void for_each_row_out_of_bag(const Forest& forest, MatrixView<const float> rows, const Bags& bags,
                             std::size_t thread_count, const Found& found) {
  const auto do_row = [&](std::size_t row, std::span<double> sums) {
    std::ranges::fill(sums, 0.0);
    std::size_t tree_count = 0;
    for (std::size_t tree = 0; tree < bags.size(); ++tree) {
      if (bags[tree][row]) continue;
      const ForestNode& reached = leaf_reached(forest, forest.roots()[tree], rows.row(row));
      const std::span<const double> leaf = forest.leaf_values(reached.leaf());
      for (std::size_t output = 0; output < sums.size(); ++output) sums[output] += leaf[output];
      ++tree_count;
    }
    if (tree_count > 0) found(row, std::span<const double>(sums), tree_count);
  };
  const std::size_t block_count = (rows.row_count() + kBlockRowCount - 1) / kBlockRowCount;
  for_each_index(block_count, thread_count, [&] {
    return [&, sums = std::vector<double>(forest.output_count())](std::size_t block) mutable {
      const std::size_t end = std::min((block + 1) * kBlockRowCount, rows.row_count());
      for (std::size_t row = block * kBlockRowCount; row < end; ++row) do_row(row, sums);
    };
  });
}

}  // namespace

std::optional<double> out_of_bag_accuracy(const Forest& forest, MatrixView<const float> rows,
                                          std::span<const std::int32_t> classes, const Bags& bags,
                                          std::size_t thread_count) {
  constexpr std::int32_t kNone = -1;
  std::vector<std::int32_t> predicted(rows.row_count(), kNone);
  for_each_row_out_of_bag(
      forest, rows, bags, thread_count,
      [&](std::size_t row, std::span<const double> sums, std::size_t /*tree_count*/) {
        predicted[row] = static_cast<std::int32_t>(std::ranges::max_element(sums) - sums.begin());
      });
  std::size_t row_count = 0;
  std::size_t right_count = 0;
  for (std::size_t row = 0; row < predicted.size(); ++row) {
    if (predicted[row] == kNone) continue;
    ++row_count;
    if (predicted[row] == classes[row]) ++right_count;
  }
  if (row_count == 0) return std::nullopt;
  return static_cast<double>(right_count) / static_cast<double>(row_count);
}

std::optional<double> out_of_bag_r_squared(const Forest& forest, MatrixView<const float> rows,
                                           std::span<const double> targets, const Bags& bags,
                                           std::size_t thread_count) {
  std::vector<std::optional<double>> predicted(rows.row_count());
  for_each_row_out_of_bag(
      forest, rows, bags, thread_count,
      [&](std::size_t row, std::span<const double> sums, std::size_t tree_count) {
        predicted[row] = sums.front() / static_cast<double>(tree_count);
      });
  double sum = 0;
  std::size_t row_count = 0;
  for (std::size_t row = 0; row < predicted.size(); ++row) {
    if (!predicted[row]) continue;
    sum += targets[row];
    ++row_count;
  }
  if (row_count == 0) return std::nullopt;
  const double mean = sum / static_cast<double>(row_count);
  double squared_error = 0;
  double squared_deviation = 0;
  for (std::size_t row = 0; row < predicted.size(); ++row) {
    if (!predicted[row]) continue;
    const double error = targets[row] - *predicted[row];
    squared_error += error * error;
    squared_deviation += (targets[row] - mean) * (targets[row] - mean);
  }
  if (squared_error == 0) return 1.0;
  if (squared_deviation == 0) return 0.0;
  return 1 - squared_error / squared_deviation;
}

}  // namespace ml_inference
