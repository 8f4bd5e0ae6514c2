// SPDX-License-Identifier: MIT
#include "training/growth_plan.h"

#include "model/limits.h"
#include "training/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <string_view>
#include <variant>

namespace ml_inference {
namespace {

Result<void> check_count(std::string_view name, std::size_t count, std::size_t least,
                         std::size_t most) {
  if (count >= least && count <= most) return {};
  return fail(Code::invalid_argument,
              fmt::format("{}: expected {} to {}, got {}", name, least, most, count));
}

Result<void> check_at_least(std::string_view name, std::size_t count, std::size_t least) {
  if (count >= least) return {};
  return fail(Code::invalid_argument,
              fmt::format("{}: expected at least {}, got {}", name, least, count));
}

Result<void> check_fraction(std::string_view name, double fraction) {
  if (fraction > 0 && fraction <= 1) return {};
  return fail(Code::invalid_argument,
              fmt::format("{}: expected a fraction above 0 and at most 1, got {}", name, fraction));
}

Result<void> check_numbers(const ForestOptions& options) {
  RETURN_IF_ERROR(check_count("tree_count", options.tree_count, 1, kTreeCountMax));
  RETURN_IF_ERROR(check_count("thread_count", options.thread_count, 1, kTrainingThreadCountMax));
  RETURN_IF_ERROR(check_at_least("max_depth", options.max_depth.value_or(1), 1));
  RETURN_IF_ERROR(check_at_least("min_samples_split", options.min_samples_split, 2));
  RETURN_IF_ERROR(check_at_least("min_samples_leaf", options.min_samples_leaf, 1));
  RETURN_IF_ERROR(check_at_least("max_leaf_nodes", options.max_leaf_nodes.value_or(2), 2));
  if (options.min_impurity_decrease >= 0 && std::isfinite(options.min_impurity_decrease)) return {};
  return fail(Code::invalid_argument,
              fmt::format("min_impurity_decrease: expected a number from 0, got {}",
                          options.min_impurity_decrease));
}

// Options that make no sense together would be ignored silently otherwise.
Result<void> check_combinations(const ForestOptions& options, Task task) {
  if (!options.bootstrap && options.max_samples) {
    return fail(Code::invalid_argument, "max_samples: expected bootstrap with it, got none");
  }
  if (!options.bootstrap && options.out_of_bag_score) {
    return fail(Code::invalid_argument, "out_of_bag_score: expected bootstrap with it, got none");
  }
  if (task == Task::classification) return {};
  if (options.class_weights != ForestOptions{}.class_weights) {
    return fail(Code::invalid_argument, "class_weights: expected none for a regression");
  }
  if (options.criterion != ClassCriterion::gini) {
    return fail(Code::invalid_argument,
                "criterion: expected none for a regression, which takes the squared error");
  }
  return {};
}

// The greatest whole number whose square is at most `number`, without the C library's rounding.
std::size_t whole_root(std::size_t number) {
  std::size_t root = 0;
  while ((root + 1) * (root + 1) <= number) ++root;
  return root;
}

Result<std::size_t> features_of(const ForestOptions& options, Task task, std::size_t count) {
  if (const auto* const chosen = std::get_if<std::size_t>(&options.max_features)) {
    RETURN_IF_ERROR(check_count("max_features", *chosen, 1, count));
    return *chosen;
  }
  if (const auto* const fraction = std::get_if<double>(&options.max_features)) {
    RETURN_IF_ERROR(check_fraction("max_features", *fraction));
    const double exact = *fraction * static_cast<double>(count);
    return std::max<std::size_t>(1, static_cast<std::size_t>(exact));
  }
  switch (std::get<FeatureRule>(options.max_features)) {
    case FeatureRule::automatic: return task == Task::classification ? whole_root(count) : count;
    case FeatureRule::square_root: return whole_root(count);
    case FeatureRule::logarithm:
      return std::max<std::size_t>(1, static_cast<std::size_t>(std::bit_width(count)) - 1);
    case FeatureRule::all: return count;
  }
  return fail(Code::invalid_argument, "max_features: the rule is unknown");
}

Result<std::size_t> samples_of(const ForestOptions& options, std::size_t row_count) {
  if (!options.max_samples) return row_count;
  if (const auto* const chosen = std::get_if<std::size_t>(&*options.max_samples)) {
    RETURN_IF_ERROR(check_count("max_samples", *chosen, 1, row_count));
    return *chosen;
  }
  const double fraction = std::get<double>(*options.max_samples);
  RETURN_IF_ERROR(check_fraction("max_samples", fraction));
  const double exact = fraction * static_cast<double>(row_count);
  // nearbyint() rounds a half to the even neighbour, as Python's round() does.
  return std::max<std::size_t>(1, static_cast<std::size_t>(std::nearbyint(exact)));
}

}  // namespace

Result<GrowthPlan> make_growth_plan(const ForestOptions& options, Task task, std::size_t row_count,
                                    std::size_t feature_count) {
  RETURN_IF_ERROR(check_numbers(options));
  RETURN_IF_ERROR(check_combinations(options, task));
  GrowthPlan plan;
  ASSIGN_OR_RETURN(plan.limits.max_features, features_of(options, task, feature_count));
  ASSIGN_OR_RETURN(plan.sample_count, samples_of(options, row_count));
  plan.limits.max_depth = options.max_depth.value_or(plan.limits.max_depth);
  plan.limits.max_leaf_nodes = options.max_leaf_nodes.value_or(plan.limits.max_leaf_nodes);
  plan.limits.best_first = options.max_leaf_nodes.has_value();
  plan.limits.min_samples_split = options.min_samples_split;
  plan.limits.min_samples_leaf = options.min_samples_leaf;
  plan.limits.min_impurity_decrease = options.min_impurity_decrease;
  return plan;
}

}  // namespace ml_inference
