// SPDX-License-Identifier: MIT
#include "formats/xgboost/testing/xgboost_oracle.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

namespace ml_inference::testing {
namespace {

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

// The base score in the space of margins.
float to_margin(const XgboostFile& file, float base_score) {
  constexpr std::array<std::string_view, 2> kLogit{"binary:logistic", "reg:logistic"};
  constexpr std::array<std::string_view, 5> kLog{"count:poisson", "reg:gamma", "reg:tweedie",
                                                 "survival:cox", "survival:aft"};
  const bool is_old_logitraw = file.objective == "binary:logitraw" && !file.is_since(1, 3, 0);
  if (is_one_of(file.objective, kLogit) || is_old_logitraw) {
    if (file.is_since(3, 2, 0)) base_score = std::min(std::max(base_score, 1e-6F), 1.0F - 1e-6F);
    return -std::log(1.0F / base_score - 1.0F);
  }
  return is_one_of(file.objective, kLog) ? std::log(base_score) : base_score;
}

float softplus_inverse(float value) {
  if (value > 20.0F) return value;
  return std::log(std::max(std::exp(value) - 1.0F, std::numeric_limits<float>::min()));
}

std::vector<float> base_margins(const XgboostFile& file) {
  std::vector<float> margins(file.output_count());
  // Not trained, and nobody gave a base score: it stays as it is.
  if (file.is_since(3, 1, 0) && file.boosts_from_average && file.trees.empty() &&
      file.weights.empty()) {
    for (std::size_t output = 0; output < margins.size(); ++output) {
      margins[output] = file.base_score[file.base_score.size() > 1 ? output : 0];
    }
    return margins;
  }
  for (std::size_t output = 0; output < margins.size(); ++output) {
    const bool is_vector = file.base_score.size() > 1;
    margins[output] = to_margin(file, file.base_score[is_vector ? output : 0]);
  }
  // Expectiles are kept apart: those behind the first are steps, which softplus makes positive.
  if (file.objective == "reg:expectileerror") {
    for (std::size_t output = margins.size(); output-- > 1;) {
      margins[output] = softplus_inverse(margins[output] - margins[output - 1] - 1e-6F);
    }
  }
  return margins;
}

bool goes_left(const XgboostTree& tree, std::int32_t number, float value) {
  const XgboostNode& node = tree.nodes[static_cast<std::size_t>(number)];
  if (std::isnan(value)) return node.default_left;
  if (!node.is_categorical) return value < node.condition;
  if (value < 0 || value >= 0x1p24F) return true;
  const auto set = tree.category_set(number);
  return std::ranges::find(set, static_cast<std::int32_t>(value)) == set.end();
}

std::int32_t leaf_of(const XgboostTree& tree, std::span<const float> row) {
  std::int32_t number = 0;
  while (true) {
    const XgboostNode& node = tree.nodes[static_cast<std::size_t>(number)];
    if (node.is_leaf()) return number;
    const float value = row[static_cast<std::size_t>(node.split_index)];
    number = goes_left(tree, number, value) ? node.left : node.right;
  }
}

std::vector<float> linear_margins(const XgboostFile& file, std::span<const float> row) {
  const std::vector<float> bases = base_margins(file);
  std::vector<float> margins = bases;
  const std::size_t outputs = margins.size();
  for (std::size_t output = 0; output < outputs; ++output) {
    // Since 3.1 every output begins at the first base score.
    const float base = bases[file.is_since(3, 1, 0) ? 0 : output];
    float sum = file.weights[row.size() * outputs + output] + base;
    for (std::size_t feature = 0; feature < row.size(); ++feature) {
      if (std::isnan(row[feature])) continue;
      sum += row[feature] * file.weights[feature * outputs + output];
    }
    margins[output] = sum;
  }
  return margins;
}

void add_tree(const XgboostFile& file, std::size_t number, std::span<const float> row,
              std::vector<float>& sums) {
  const XgboostTree& tree = file.trees[number];
  const float weight = file.booster == XgboostBooster::dart ? file.weight_drop[number] : 1.0F;
  const std::int32_t leaf = leaf_of(tree, row);
  if (tree.size_leaf_vector == 1) {
    const auto output = static_cast<std::size_t>(file.tree_info[number]);
    sums[output] += weight * tree.nodes[static_cast<std::size_t>(leaf)].condition;
    return;
  }
  const std::span<const float> values = tree.leaf_vector(leaf);
  for (std::size_t output = 0; output < values.size(); ++output) {
    sums[output] += weight * values[output];
  }
}

}  // namespace

std::vector<float> xgboost_margins(const XgboostFile& file, std::span<const float> row,
                                   std::size_t trees) {
  const bool is_linear = file.booster == XgboostBooster::gblinear && !file.weights.empty();
  if (is_linear) return linear_margins(file, row);
  const std::vector<float> base = base_margins(file);
  const bool is_base_first =
      file.booster == XgboostBooster::dart ? file.is_since(1, 4, 0) : file.is_since(1, 3, 0);
  std::vector<float> sums = is_base_first ? base : std::vector<float>(base.size());
  for (std::size_t number = 0; number < trees; ++number) add_tree(file, number, row, sums);
  if (is_base_first) return sums;
  for (std::size_t output = 0; output < sums.size(); ++output) sums[output] += base[output];
  return sums;
}

}  // namespace ml_inference::testing
