// SPDX-License-Identifier: MIT
#include "training/booster.h"

#include "training/early_stopping.h"
#include "training/random.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace ml_inference {
namespace {

// Rows that one worker takes at a time.
constexpr std::size_t kBlockSize = 4'096;

std::size_t block_count(std::size_t row_count) { return (row_count + kBlockSize - 1) / kBlockSize; }

// Calls work(block, begin, end) for blocks of rows.
template <class Work>
void for_each_block(WorkTeam& team, std::size_t row_count, const Work& work) {
  team.run(block_count(row_count), [&](std::size_t, std::size_t block) {
    const std::size_t begin = block * kBlockSize;
    work(block, begin, std::min(begin + kBlockSize, row_count));
  });
}

BoostedTreeLimits limits_of(const BoostingOptions& options, std::size_t feature_count) {
  const double features = std::floor(options.max_features * static_cast<double>(feature_count));
  return {.leaf_count_max = options.max_leaf_nodes.value_or(BoostedTreeLimits::kNone),
          .depth_max = options.max_depth.value_or(BoostedTreeLimits::kNone),
          .row_count_min = options.min_samples_leaf,
          .l2 = options.l2_regularization,
          .split_features = std::max(static_cast<std::size_t>(features), std::size_t{1})};
}

}  // namespace

Booster::Booster(BoostingLoss loss, std::size_t sum_count, Rows training, Rows validation,
                 const BoostingOptions& options, WorkTeam& team)
    : loss_(loss),
      sum_count_(sum_count),
      training_(std::move(training)),
      validation_(std::move(validation)),
      options_(options),
      team_(team),
      base_(base_of(loss, training_.targets, sum_count)),
      builder_({.feature_count = training_.bins.layout().feature_count(),
                .output_count = sum_count,
                .leaf_width = 1,
                .feature_type = NumberType::float64,
                .category_rule = CategoryRule::whole,
                .base = base_}),
      sums_(first_sums(training_.bins.row_count())),
      means_(sums_.size()),
      validation_sums_(first_sums(validation_.bins.row_count())),
      validation_means_(validation_sums_.size()),
      side_by_side_(team.size() > 1 && sum_count >= team.size()),
      growing_(side_by_side_ ? team.size() : 1),
      trees_(sum_count),
      importances_(training_.bins.layout().feature_count()) {
  for (Growing& growing : growing_) {
    if (side_by_side_) growing.alone = std::make_unique<WorkTeam>(1);
    WorkTeam& growers = side_by_side_ ? *growing.alone : team_;
    growing.grower = std::make_unique<BoostedTreeGrower>(
        training_.bins, limits_of(options, importances_.size()), growers);
    growing.gradients.resize(training_.bins.row_count());
    growing.maxima.resize(2 * block_count(training_.bins.row_count()));
  }
}

std::vector<double> Booster::first_sums(std::size_t row_count) const {
  std::vector<double> sums;
  for (const double base : base_) sums.insert(sums.end(), row_count, base);
  return sums;
}

Result<TrainedBoosting> Booster::train() && {
  const bool stops_early = validation_.bins.row_count() > 0;
  std::vector<double> losses;
  if (stops_early) losses.push_back(validation_loss());
  std::size_t round = 0;
  while (round < options_.max_iter && !builder_.has_fault()) {
    const bool has_split = grow_round(round++);
    if (options_.progress) options_.progress(round, options_.max_iter);
    if (stops_early) losses.push_back(validation_loss());
    if (stops_early && should_stop(losses, options_.n_iter_no_change, options_.tol)) break;
    // Every further round would be the same, unless chance gave it other features.
    if (!has_split && options_.max_features >= 1) break;
  }
  const double sum = std::accumulate(importances_.begin(), importances_.end(), 0.0);
  for (double& importance : importances_) importance = sum > 0 ? importance / sum : 0;
  if (stops_early) losses.erase(losses.begin());
  ASSIGN_OR_RETURN(Forest forest, std::move(builder_).build());
  return TrainedBoosting{.forest = std::move(forest),
                         .link = link_of(loss_),
                         .feature_importances = std::move(importances_),
                         .iteration_count = round,
                         .validation_losses = std::move(losses)};
}

// Returns whether any tree has a split.
bool Booster::grow_round(std::size_t round) {
  const std::size_t row_count = training_.bins.row_count();
  for_each_block(team_, row_count, [&](std::size_t, std::size_t begin, std::size_t end) {
    means_of(loss_, sums_, row_count, begin, end, means_);
  });
  if (side_by_side_) {
    team_.run(sum_count_, [&](std::size_t worker, std::size_t sum) {
      grow_tree(growing_[worker], *growing_[worker].alone, round, sum);
    });
  } else {
    for (std::size_t sum = 0; sum < sum_count_; ++sum) grow_tree(growing_[0], team_, round, sum);
  }
  for (std::size_t sum = 0; sum < sum_count_; ++sum) add_to_forest(trees_[sum], sum);
  return std::ranges::any_of(trees_, [](const Tree& tree) { return tree.nodes.size() > 1; });
}

void Booster::grow_tree(Growing& growing, WorkTeam& team, std::size_t round, std::size_t sum) {
  Random random(options_.seed, round * sum_count_ + sum);
  const GradientUnits units = fill_gradients(growing, team, sum);
  const std::span<const BoostedNode> nodes = growing.grower->grow(growing.gradients, units, random);
  Tree& tree = trees_[sum];
  tree.nodes.assign(nodes.begin(), nodes.end());
  tree.gain_unit = units.gradient_unit() * units.gradient_unit() / units.hessian_unit();
  if (loss_ == BoostingLoss::absolute_error) refit_leaves(growing, tree);
  for (BoostedNode& node : tree.nodes) node.value *= options_.learning_rate;
  add_to_training(growing, team, tree, sum);
  add_to_validation(team, tree, sum);
}

// First as float64 in the bits of the words, until the largest are known; then in units of these.
GradientUnits Booster::fill_gradients(Growing& growing, WorkTeam& team, std::size_t sum) {
  const std::size_t row_count = training_.bins.row_count();
  const double* const means = means_.data() + sum * row_count;
  for_each_block(team, row_count, [&](std::size_t block, std::size_t begin, std::size_t end) {
    double gradient_max = 0;
    double hessian_max = 0;
    for (std::size_t row = begin; row < end; ++row) {
      const Derivatives of_row = derivatives(loss_, training_.targets, row, sum, means[row]);
      gradient_max = std::max(gradient_max, std::abs(of_row.gradient));
      hessian_max = std::max(hessian_max, of_row.hessian);
      growing.gradients[row] = {std::bit_cast<std::uint64_t>(of_row.gradient),
                                std::bit_cast<std::uint64_t>(of_row.hessian)};
    }
    growing.maxima[2 * block] = gradient_max;
    growing.maxima[2 * block + 1] = hessian_max;
  });
  double gradient_max = 0;
  double hessian_max = 0;
  for (std::size_t block = 0; block < block_count(row_count); ++block) {
    gradient_max = std::max(gradient_max, growing.maxima[2 * block]);
    hessian_max = std::max(hessian_max, growing.maxima[2 * block + 1]);
  }
  const GradientUnits units(row_count, gradient_max, hessian_max);
  for_each_block(team, row_count, [&](std::size_t, std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      GradientSum& of_row = growing.gradients[row];
      of_row = units.row(std::bit_cast<double>(of_row.gradient),
                         std::bit_cast<double>(of_row.hessian_and_count));
    }
  });
  return units;
}

// The best value of a leaf under the absolute error is the median of what is missing in its rows.
void Booster::refit_leaves(Growing& growing, Tree& tree) {
  for (BoostedNode& node : tree.nodes) {
    if (!node.is_leaf()) continue;
    growing.residuals.clear();
    for (const std::uint32_t row :
         growing.grower->rows().subspan(node.begin, node.end - node.begin)) {
      growing.residuals.push_back(training_.targets.values[row] - sums_[row]);
    }
    node.value = median_of(growing.residuals);
  }
}

void Booster::add_to_training(const Growing& growing, WorkTeam& team, const Tree& tree,
                              std::size_t sum) {
  double* const sums = sums_.data() + sum * training_.bins.row_count();
  const std::span<const std::uint32_t> rows = growing.grower->rows();
  team.run(tree.nodes.size(), [&](std::size_t, std::size_t index) {
    const BoostedNode& node = tree.nodes[index];
    if (!node.is_leaf()) return;
    for (const std::uint32_t row : rows.subspan(node.begin, node.end - node.begin)) {
      sums[row] += node.value;
    }
  });
}

void Booster::add_to_validation(WorkTeam& team, const Tree& tree, std::size_t sum) {
  const BinnedRows& rows = validation_.bins;
  const BinLayout& layout = rows.layout();
  double* const sums = validation_sums_.data() + sum * rows.row_count();
  for_each_block(team, rows.row_count(), [&](std::size_t, std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      const BoostedNode* node = tree.nodes.data();
      while (!node->is_leaf()) {
        const std::size_t feature = node->split.feature;
        const std::size_t missing_bin = layout.feature(feature).missing_bin();
        const bool goes_left = node->split.goes_left(rows.bin(row, feature), missing_bin);
        node = &tree.nodes[goes_left ? node->left : node->right];
      }
      sums[row] += node->value;
    }
  });
}

void Booster::add_to_forest(const Tree& tree, std::size_t sum) {
  builder_.start_tree(tree.nodes.size(), sum);
  for (std::size_t number = 0; number < tree.nodes.size(); ++number) {
    const BoostedNode& node = tree.nodes[number];
    if (node.is_leaf()) {
      builder_.leaf(number, {&node.value, 1});
    } else {
      importances_[node.split.feature] += node.split.gain * tree.gain_unit;
      add_test(number, node);
    }
  }
}

void Booster::add_test(std::size_t number, const BoostedNode& node) {
  const HistogramSplit& split = node.split;
  const FeatureBins& bins = training_.bins.layout().feature(split.feature);
  if (!split.is_categorical) {
    // A cut behind the last value bin tells present values from missing ones.
    const bool is_last = split.bin + 1 == bins.value_bin_count();
    builder_.numerical_test(number, {.feature = split.feature,
                                     .threshold = is_last ? std::numeric_limits<double>::infinity()
                                                          : bins.threshold(split.bin),
                                     .left = node.left,
                                     .right = node.right,
                                     .missing_goes_left = split.missing_goes_left});
    return;
  }
  // Codes that training never saw, behind the last bin, go where missing values go.
  std::vector<std::uint32_t> words((bins.value_bin_count() + 31) / 32);
  for (std::size_t code = 0; code < 32 * words.size(); ++code) {
    const std::size_t bin = std::min(code, bins.missing_bin());
    if (split.goes_left(bin, bins.missing_bin())) words[code / 32] |= 1U << (code % 32);
  }
  builder_.categorical_test(number, {.feature = split.feature,
                                     .set = builder_.category_set(words),
                                     .left = node.left,
                                     .right = node.right,
                                     .strangers_go_left = split.missing_goes_left,
                                     .missing_goes_left = split.missing_goes_left});
}

double Booster::validation_loss() {
  const std::size_t row_count = validation_.bins.row_count();
  for_each_block(team_, row_count, [&](std::size_t, std::size_t begin, std::size_t end) {
    means_of(loss_, validation_sums_, row_count, begin, end, validation_means_);
  });
  return mean_loss(loss_, validation_.targets, validation_sums_, validation_means_);
}

}  // namespace ml_inference
