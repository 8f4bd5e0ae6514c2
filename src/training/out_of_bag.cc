// SPDX-License-Identifier: MIT
#include "training/out_of_bag.h"

#include "model/forest_walk.h"
#include "training/parallel.h"

#include <algorithm>

namespace ml_inference {
namespace {

// Rows that a thread takes at a time: enough that taking them costs nothing.
constexpr std::size_t kBlockRowCount = 256;

// Answers of trees that did not see the row, for the rows that have such trees.
struct OutOfBagAnswers {
  std::vector<std::size_t> rows;  // ascending
  std::vector<double> outputs;    // [rows.size(), output_count]
};

// The average of the trees that did not see the row, in tree order; false where there is none.
bool answer(const Forest& forest, std::span<const float> values, std::size_t row, const Bags& bags,
            std::span<double> out) {
  std::size_t tree_count = 0;
  for (std::size_t tree = 0; tree < bags.size(); ++tree) {
    if (bags[tree][row]) continue;
    const ForestNode& reached = leaf_reached(forest, forest.roots()[tree], values);
    const std::span<const double> leaf = forest.leaf_values(reached.leaf());
    for (std::size_t output = 0; output < out.size(); ++output) out[output] += leaf[output];
    ++tree_count;
  }
  for (double& value : out) value /= static_cast<double>(std::max(tree_count, std::size_t{1}));
  return tree_count > 0;
}

// Moves what the answered rows have to the front.
void drop_unanswered(const std::vector<char>& is_answered, std::size_t width,
                     OutOfBagAnswers& answers) {
  for (std::size_t row = 0; row < is_answered.size(); ++row) {
    if (is_answered[row] == 0) continue;
    std::copy_n(answers.outputs.begin() + static_cast<std::ptrdiff_t>(row * width), width,
                answers.outputs.begin() + static_cast<std::ptrdiff_t>(answers.rows.size() * width));
    answers.rows.push_back(row);
  }
  answers.outputs.resize(answers.rows.size() * width);
}

OutOfBagAnswers answers_out_of_bag(const Forest& forest, MatrixView<const float> rows,
                                   const Bags& bags, std::size_t thread_count) {
  const std::size_t width = forest.output_count();
  OutOfBagAnswers answers{.outputs = std::vector<double>(rows.row_count() * width)};
  std::vector<char> is_answered(rows.row_count());  // no bits: threads write side by side
  const std::size_t block_count = (rows.row_count() + kBlockRowCount - 1) / kBlockRowCount;
  for_each_index(block_count, thread_count, [&] {
    return [&](std::size_t block) {
      const std::size_t end = std::min((block + 1) * kBlockRowCount, rows.row_count());
      for (std::size_t row = block * kBlockRowCount; row < end; ++row) {
        const std::span<double> out = std::span(answers.outputs).subspan(row * width, width);
        is_answered[row] = answer(forest, rows.row(row), row, bags, out) ? 1 : 0;
      }
    };
  });
  drop_unanswered(is_answered, width, answers);
  return answers;
}

template <class T>
std::vector<T> chosen(std::span<const T> values, std::span<const std::size_t> rows) {
  std::vector<T> result;
  result.reserve(rows.size());
  for (const std::size_t row : rows) result.push_back(values[row]);
  return result;
}

}  // namespace

std::optional<Evaluation> evaluate_out_of_bag(const Forest& forest, MatrixView<const float> rows,
                                              std::span<const std::int32_t> classes,
                                              const Bags& bags, std::size_t thread_count) {
  const OutOfBagAnswers answers = answers_out_of_bag(forest, rows, bags, thread_count);
  if (answers.rows.empty()) return std::nullopt;
  return evaluate(
      chosen(classes, answers.rows),
      MatrixView<const double>(answers.outputs, answers.rows.size(), forest.output_count()));
}

std::optional<Evaluation> evaluate_out_of_bag(const Forest& forest, MatrixView<const float> rows,
                                              std::span<const double> targets, const Bags& bags,
                                              std::size_t thread_count) {
  const OutOfBagAnswers answers = answers_out_of_bag(forest, rows, bags, thread_count);
  if (answers.rows.empty()) return std::nullopt;
  return evaluate(chosen(targets, answers.rows), std::span<const double>(answers.outputs));
}

}  // namespace ml_inference
