// SPDX-License-Identifier: MIT
#include "training/train_forest.h"

#include "base/assert.h"
#include "model/forest_builder.h"
#include "model/limits.h"
#include "training/criteria.h"
#include "training/growth_plan.h"
#include "training/limits.h"
#include "training/node_search.h"
#include "training/out_of_bag.h"
#include "training/parallel.h"
#include "training/random.h"
#include "training/random_search.h"
#include "training/ranked_rows.h"
#include "training/training_rows.h"
#include "training/tree_grower.h"
#include "training/whole_criteria.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <utility>

namespace ml_inference {
namespace {

struct GrownTrees {
  std::vector<GrownTree> trees;
  Bags bags;  // empty unless the out-of-bag score is asked for
};

// What all trees together may take before ForestBuilder, which has the same limits, sees them.
class Budget {
 public:
  [[nodiscard]] bool is_left() const {
    return node_count_ <= kNodeCountMax && leaf_value_count_ <= kLeafValueCountMax;
  }

  void take(const GrownTree& tree) {
    node_count_ += tree.nodes.size();
    leaf_value_count_ += tree.leaf_values.size();
  }

 private:
  std::atomic<std::size_t> node_count_ = 0;
  std::atomic<std::size_t> leaf_value_count_ = 0;
};

// How often the tree sees each row. The caller's `random` goes on from here to choose features.
void draw_rows(const ForestOptions& options, std::size_t sample_count, Random& random,
               std::span<double> counts) {
  std::ranges::fill(counts, options.bootstrap ? 0.0 : 1.0);
  if (!options.bootstrap) return;
  const auto row_count = static_cast<std::uint32_t>(counts.size());
  for (std::size_t draw = 0; draw < sample_count; ++draw) counts[random.below(row_count)] += 1;
}

// row_weights  one a row, or empty where every row counts the same.
template <class Search>
Result<GrownTrees> grow_trees(const Search& search, std::size_t row_count,
                              std::span<const double> row_weights, const ForestOptions& options,
                              const GrowthPlan& plan) {
  GrownTrees grown;
  grown.trees.resize(options.tree_count);
  if (options.out_of_bag_score) grown.bags.resize(options.tree_count);
  Budget budget;
  std::atomic<std::size_t> grown_count = 0;
  for_each_index(options.tree_count, options.thread_count, [&] {
    return [&, grower = TreeGrower<Search>(search, plan.limits),
            weights = std::vector<double>(row_count)](std::size_t tree) mutable {
      if (!budget.is_left()) return;
      Random random(options.seed, tree);
      draw_rows(options, plan.sample_count, random, weights);
      if (options.out_of_bag_score) {
        for (const double count : weights) grown.bags[tree].push_back(count > 0);
      }
      for (std::size_t row = 0; row < row_weights.size(); ++row) weights[row] *= row_weights[row];
      grown.trees[tree] = grower.grow(weights, random);
      budget.take(grown.trees[tree]);
      if (options.progress) options.progress(++grown_count, options.tree_count);
    };
  });
  if (budget.is_left()) return grown;
  return fail(Code::resource_exhausted,
              fmt::format("the forest needs more than {} nodes or {} leaf values, expected fewer "
                          "trees or smaller ones",
                          kNodeCountMax, kLeafValueCountMax));
}

template <class Criterion>
Result<GrownTrees> search_and_grow(MatrixView<const float> rows, const Criterion& criterion,
                                   std::span<const double> row_weights,
                                   const ForestOptions& options, const GrowthPlan& plan) {
  const std::size_t min_samples_leaf = plan.limits.min_samples_leaf;
  if (options.splitter == Splitter::random) {
    const ColumnRows columns(rows);
    return grow_trees(RandomSearch<Criterion>(columns, criterion, min_samples_leaf),
                      rows.row_count(), row_weights, options, plan);
  }
  const RankedRows ranked(rows, options.thread_count);
  return grow_trees(NodeSearch<Criterion>(ranked, criterion, min_samples_leaf), rows.row_count(),
                    row_weights, options, plan);
}

// Where rows count as often as they were drawn, whole numbers give the same trees sooner.
Result<GrownTrees> grow_class_trees(MatrixView<const float> rows,
                                    std::span<const std::int32_t> classes, std::size_t class_count,
                                    std::span<const double> row_weights,
                                    const ForestOptions& options, const GrowthPlan& plan) {
  const auto grow = [&](const auto& criterion) {
    return search_and_grow(rows, criterion, row_weights, options, plan);
  };
  const std::size_t weight_max = std::max(plan.sample_count, rows.row_count());
  const bool is_whole = row_weights.empty() && weight_max <= kWholeWeightMax;
  if (options.criterion == ClassCriterion::gini) {
    return is_whole ? grow(WholeGini(classes, class_count))
                    : grow(GiniCriterion(classes, class_count));
  }
  return is_whole ? grow(WholeEntropy(classes, class_count, weight_max))
                  : grow(EntropyCriterion(classes, class_count));
}

void add_tree(ForestBuilder& builder, const GrownTree& tree, std::size_t output_count) {
  builder.start_tree(tree.nodes.size());
  for (std::size_t number = 0; number < tree.nodes.size(); ++number) {
    const GrownNode& node = tree.nodes[number];
    if (node.feature < 0) {
      builder.leaf(number,
                   std::span(tree.leaf_values).subspan(node.left * output_count, output_count));
    } else {
      builder.numerical_test(number, {.feature = static_cast<std::size_t>(node.feature),
                                      .threshold = node.threshold,
                                      .left = node.left,
                                      .right = std::size_t{node.left} + 1,
                                      .missing_goes_left = node.missing_goes_left});
    }
  }
}

// Every tree counts the same, whatever the impurity of its rows was.
void add_importances(const GrownTree& tree, std::span<double> importances) {
  double sum = 0;
  for (const GrownNode& node : tree.nodes) sum += node.decrease;
  if (sum == 0) return;
  for (const GrownNode& node : tree.nodes) {
    if (node.feature >= 0) {
      importances[static_cast<std::size_t>(node.feature)] += node.decrease / sum;
    }
  }
}

// Takes the trees apart one by one, so that memory holds few nodes twice.
Result<TrainedForest> assemble(std::vector<GrownTree> trees, std::size_t feature_count,
                               std::size_t output_count) {
  ForestBuilder builder({.feature_count = feature_count,
                         .output_count = output_count,
                         .aggregation = Aggregation::average});
  std::vector<double> importances(feature_count);
  for (GrownTree& grown : trees) {
    const GrownTree tree = std::move(grown);
    add_tree(builder, tree, output_count);
    add_importances(tree, importances);
  }
  double sum = 0;
  for (const double importance : importances) sum += importance;
  if (sum > 0) {
    for (double& importance : importances) importance /= sum;
  }
  ASSIGN_OR_RETURN(Forest forest, std::move(builder).build());
  return TrainedForest{std::move(forest), std::move(importances), std::nullopt};
}

}  // namespace

Result<TrainedForest> train_classifier(MatrixView<const float> rows,
                                       std::span<const std::int32_t> classes,
                                       std::size_t class_count, const ForestOptions& options) {
  ASSERT(classes.size() == rows.row_count());
  RETURN_IF_ERROR(check_training_rows(rows));
  RETURN_IF_ERROR(check_training_classes(classes, class_count));
  ASSIGN_OR_RETURN(const GrowthPlan plan, make_growth_plan(options, Task::classification,
                                                           rows.row_count(), rows.column_count()));
  ASSIGN_OR_RETURN(const std::vector<double> class_weights,
                   weights_of_classes(options.class_weights, classes, class_count));
  std::vector<double> row_weights;
  if (!class_weights.empty()) {
    for (const std::int32_t row_class : classes) {
      row_weights.push_back(class_weights[static_cast<std::size_t>(row_class)]);
    }
  }
  ASSIGN_OR_RETURN(GrownTrees grown,
                   grow_class_trees(rows, classes, class_count, row_weights, options, plan));
  ASSIGN_OR_RETURN(TrainedForest trained,
                   assemble(std::move(grown.trees), rows.column_count(), class_count));
  if (options.out_of_bag_score) {
    trained.out_of_bag =
        evaluate_out_of_bag(trained.forest, rows, classes, grown.bags, options.thread_count);
  }
  return trained;
}

Result<TrainedForest> train_regressor(MatrixView<const float> rows, std::span<const double> targets,
                                      const ForestOptions& options) {
  ASSERT(targets.size() == rows.row_count());
  RETURN_IF_ERROR(check_training_rows(rows));
  RETURN_IF_ERROR(check_training_targets(targets));
  ASSIGN_OR_RETURN(const GrowthPlan plan, make_growth_plan(options, Task::regression,
                                                           rows.row_count(), rows.column_count()));
  ASSIGN_OR_RETURN(GrownTrees grown,
                   search_and_grow(rows, SquaredErrorCriterion(targets), {}, options, plan));
  ASSIGN_OR_RETURN(TrainedForest trained, assemble(std::move(grown.trees), rows.column_count(), 1));
  if (options.out_of_bag_score) {
    trained.out_of_bag =
        evaluate_out_of_bag(trained.forest, rows, targets, grown.bags, options.thread_count);
  }
  return trained;
}

}  // namespace ml_inference
