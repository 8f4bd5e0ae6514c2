// SPDX-License-Identifier: MIT
// Decision trees and forests of them.
#include "formats/format_error.h"
#include "formats/python/arrays.h"
#include "formats/sklearn/part.h"
#include "formats/sklearn/trees.h"
#include "model/estimators/forest_estimator.h"
#include "model/limits.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ml_inference {
namespace {

// Criteria with which the trees know what to do with a missing value, up to 1.8.
constexpr std::array<std::string_view, 7> kMissingCriteria{
    "gini", "log_loss", "entropy", "squared_error", "friedman_mse", "poisson", "mse"};

// Extremely randomized trees that look for the best threshold, since 1.6. There a slip lets the
// regressor through.
bool refuses_missing_when_best(const SklearnObject& tree) {
  if (!tree.name.starts_with("ExtraTree")) return false;
  const bool is_classifier = tree.name == "ExtraTreeClassifier";
  return tree.version >= (is_classifier ? SklearnVersion{1, 6} : SklearnVersion{1, 7});
}

// Source: scikit-learn 1.7, sklearn/tree/_classes.py, _support_missing_values and
// __sklearn_tags__.
bool tree_accepts_missing(const SklearnObject& tree) {
  if (tree.version < SklearnVersion{1, 3}) return false;
  const bool is_best = tree.text("splitter", "best") == "best";
  if (!is_best && tree.version < SklearnVersion{1, 6}) return false;
  if (is_best && refuses_missing_when_best(tree)) return false;
  if (tree.version >= SklearnVersion{1, 9}) return true;
  if (tree.find("monotonic_cst")) return false;
  return std::ranges::count(kMissingCriteria, tree.text("criterion", "gini")) > 0;
}

bool is_classifier(const SklearnObject& object) { return object.name.ends_with("Classifier"); }

// Outputs of a tree: all classes of all targets, or one number a target.
struct Outputs {
  std::vector<Target> targets;
  std::size_t count = 0;
  LeafRule leaf;
};

Outputs outputs_of(const SklearnObject& object) {
  Outputs outputs;
  if (is_classifier(object)) {
    outputs.targets = class_targets(object);
    std::vector<std::size_t> counts;
    for (const Target& target : outputs.targets) counts.push_back(target.class_labels.size());
    if (counts.empty() || std::ranges::max(counts) == 0) {
      refuse(Code::data_loss, "{} has no classes", object.where);
    }
    outputs.leaf = class_shares(std::move(counts), object.version);
  } else {
    const std::int64_t count = integer_of(object.get("n_outputs_"), object.path("n_outputs_"));
    if (count < 1 || static_cast<std::size_t>(count) > kTargetCountMax) {
      refuse(Code::data_loss, "{} has {} targets, expected 1 to {}", object.where, count,
             kTargetCountMax);
    }
    outputs.targets.assign(static_cast<std::size_t>(count), {.task = Task::regression});
    outputs.leaf = numbers();
  }
  for (const Target& target : outputs.targets) outputs.count += target.output_count();
  return outputs;
}

SklearnPart finished(const SklearnObject& object, ForestBuilder builder, Outputs outputs,
                     bool accepts_missing) {
  Result<Forest> forest = std::move(builder).build();
  if (!forest) refuse(forest.error().code, "{}: {}", object.where, forest.error().message);
  return {.estimator = std::make_unique<ForestEstimator>(*std::move(forest), Link{}, false),
          .rules = {.accepts_missing = accepts_missing},
          .targets = std::move(outputs.targets)};
}

std::vector<SklearnObject> trees_of(const SklearnObject& forest) {
  const PyItems items(forest.get("estimators_"), forest.path("estimators_"));
  if (items.size() == 0) refuse(Code::data_loss, "{} has no trees", forest.where);
  if (items.size() > kTreeCountMax) {
    refuse(Code::resource_exhausted, "{} has {} trees, expected at most {}", forest.where,
           items.size(), kTreeCountMax);
  }
  std::vector<SklearnObject> trees;
  for (std::size_t index = 0; index < items.size(); ++index) {
    trees.push_back(sklearn_object(
        items[index], fmt::format("{}[{}]", forest.path("estimators_"), index), forest.version));
  }
  return trees;
}

void expect_all(std::span<const SklearnObject> trees, ForestBuilder& builder) {
  std::size_t node_count = 0;
  for (const SklearnObject& tree : trees) {
    node_count += node_count_of(tree.get("tree_"), tree.path("tree_"));
  }
  builder.expect(trees.size(), node_count);
}

}  // namespace

SklearnPart read_tree_part(const SklearnObject& object) {
  Outputs outputs = outputs_of(object);
  ForestBuilder builder({.feature_count = feature_count_of(object), .output_count = outputs.count});
  SklearnTreeScratch scratch;
  add_sklearn_tree(object.get("tree_"), object.path("tree_"),
                   {.leaf_width = outputs.count, .leaf = outputs.leaf}, builder, scratch);
  return finished(object, std::move(builder), std::move(outputs), tree_accepts_missing(object));
}

SklearnPart read_forest_part(const SklearnObject& object) {
  Outputs outputs = outputs_of(object);
  ForestBuilder builder({.feature_count = feature_count_of(object),
                         .output_count = outputs.count,
                         .aggregation = Aggregation::average});
  const std::vector<SklearnObject> trees = trees_of(object);
  const bool accepts_missing =
      object.version >= SklearnVersion{1, 4} && tree_accepts_missing(trees.front());
  expect_all(trees, builder);
  SklearnTreeScratch scratch;
  for (const SklearnObject& tree : trees) {
    add_sklearn_tree(tree.get("tree_"), tree.path("tree_"),
                     {.leaf_width = outputs.count, .leaf = outputs.leaf}, builder, scratch);
  }
  return finished(object, std::move(builder), std::move(outputs), accepts_missing);
}

}  // namespace ml_inference
