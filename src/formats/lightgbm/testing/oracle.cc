// SPDX-License-Identifier: MIT
#include "formats/lightgbm/testing/oracle.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ml_inference::testing {
namespace {

bool category_goes_left(const LightgbmTree& tree, const LightgbmNode& node, double value) {
  if (!(value > -1 && value < 2147483648.0)) return false;
  const auto category = static_cast<std::size_t>(value);
  const std::span<const std::uint32_t> words = tree.category_set(node);
  return category / 32 < words.size() && (words[category / 32] >> (category % 32) & 1) != 0;
}

bool goes_left(const LightgbmTree& tree, const LightgbmNode& node, double value) {
  if (node.is_categorical()) return category_goes_left(tree, node, value);
  if (std::isnan(value) && node.missing_type() != LightgbmMissing::nan) value = 0;
  const bool is_missing =
      (node.missing_type() == LightgbmMissing::zero && value == 0) || std::isnan(value);
  return is_missing ? node.is_default_left() : value <= node.threshold;
}

std::size_t leaf_of(const LightgbmTree& tree, std::span<const double> row) {
  if (tree.nodes.empty()) return 0;
  std::int32_t at = 0;
  while (at >= 0) {
    const LightgbmNode& node = tree.nodes[static_cast<std::size_t>(at)];
    const double value = row[static_cast<std::size_t>(node.split_feature)];
    at = goes_left(tree, node, value) ? node.left_child : node.right_child;
  }
  return static_cast<std::size_t>(~at);
}

double value_of(const LightgbmTree& tree, std::span<const double> row) {
  const std::size_t leaf = leaf_of(tree, row);
  if (!tree.is_linear) return tree.leaf_value[leaf];
  const LightgbmLinearLeaf linear = tree.linear_leaf(leaf);
  double sum = linear.leaf_const;
  for (std::size_t term = 0; term < linear.leaf_features.size(); ++term) {
    const double value = row[linear.leaf_features[term]];
    if (std::isnan(value)) return tree.leaf_value[leaf];
    sum += linear.leaf_coeff[term] * value;
  }
  return sum;
}

bool is_category(const LightgbmCategory& category, const boost::json::value& value) {
  if (value.is_string()) return category == LightgbmCategory(std::string(value.get_string()));
  if (value.is_bool()) return category == LightgbmCategory(value.get_bool());
  if (value.is_int64()) return category == LightgbmCategory(value.get_int64());
  return value.is_double() && category == LightgbmCategory(value.get_double());
}

}  // namespace

std::vector<double> lightgbm_raw_scores(const LightgbmFile& file, std::span<const double> row) {
  // A dense row reaches the trees without its zeros, and what is left out is 0.
  std::vector<double> seen(row.begin(), row.end());
  const double magnitude = file.zero_magnitude();
  const auto is_zero = [magnitude](double value) { return std::abs(value) <= magnitude; };
  std::ranges::replace_if(seen, is_zero, 0.0);
  std::vector<double> sums(file.num_tree_per_iteration, 0.0);
  for (std::size_t tree = 0; tree < file.trees.size(); ++tree) {
    sums[tree % sums.size()] += value_of(file.trees[tree], seen);
  }
  return sums;
}

double lightgbm_category_code(const std::vector<LightgbmCategory>& categories,
                              const boost::json::value& value) {
  for (std::size_t code = 0; code < categories.size(); ++code) {
    if (is_category(categories[code], value)) return static_cast<double>(code);
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace ml_inference::testing
