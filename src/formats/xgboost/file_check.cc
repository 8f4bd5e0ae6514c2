// SPDX-License-Identifier: MIT
#include "formats/xgboost/file_check.h"

#include "formats/format_error.h"
#include "model/limits.h"

#include <algorithm>
#include <cstdint>

namespace ml_inference {
namespace {

// Lists that a file may leave out.
void check_size_if_any(const char* name, std::size_t size, std::size_t expected,
                       const char* expected_name) {
  if (size == 0 || size == expected) return;
  refuse(Code::invalid_argument, "xgboost: {} has {} values, expected {}, as {} says", name, size,
         expected, expected_name);
}

void check_size(const char* name, std::size_t size, std::size_t expected,
                const char* expected_name) {
  if (size == expected) return;
  refuse(Code::invalid_argument, "xgboost: {} has {} values, expected {}: {}", name, size, expected,
         expected_name);
}

// Everything that is there once for each of them takes memory, however small the file is.
void check_most(const char* name, std::uint32_t count, std::size_t most) {
  if (count <= most) return;
  refuse(Code::resource_exhausted, "xgboost: {} is {}, expected at most {}", name, count, most);
}

void check_learner(const XgboostFile& file) {
  if (file.objective.empty()) refuse_missing_xgboost_key("learner.objective.name");
  if (file.version[0] < 1) {
    refuse(Code::invalid_argument, "xgboost: the version is {}.{}.{}, expected 1.0.0 or later",
           file.version[0], file.version[1], file.version[2]);
  }
  if (file.num_feature == 0) {
    refuse(Code::invalid_argument, "xgboost: num_feature is missing or 0, expected a number");
  }
  check_most("num_feature", file.num_feature, kFeatureCountMax);
  check_most("num_class", file.num_class, kOutputCountMax);
  check_most("num_target", file.num_target, kTargetCountMax);
  if (file.num_class > 1 && file.num_target > 1) {
    refuse(Code::invalid_argument,
           "xgboost: num_class is {} and num_target is {}, expected one only", file.num_class,
           file.num_target);
  }
  check_size_if_any("feature_names", file.feature_names.size(), file.num_feature, "num_feature");
  check_size_if_any("feature_types", file.feature_types.size(), file.num_feature, "num_feature");
  check_size_if_any("cats.enc", file.categories.size(), file.num_feature, "num_feature");
  if (file.base_score.size() > 1) {
    check_size("base_score", file.base_score.size(), file.output_count(), "the number of outputs");
  }
}

void check_tree(const XgboostFile& file, std::size_t number) {
  const XgboostTree& tree = file.trees[number];
  if (tree.size_leaf_vector > 1 && tree.size_leaf_vector != file.output_count()) {
    refuse(Code::invalid_argument, "xgboost: tree {}: size_leaf_vector is {}, of {} outputs",
           number, tree.size_leaf_vector, file.output_count());
  }
  for (std::size_t node = 0; node < tree.nodes.size(); ++node) {
    const XgboostNode& test = tree.nodes[node];
    if (test.is_leaf() || static_cast<std::uint32_t>(test.split_index) < file.num_feature) continue;
    refuse(Code::invalid_argument, "xgboost: tree {} node {}: split index {} of {} features",
           number, node, test.split_index, file.num_feature);
  }
  const std::int32_t output = file.tree_info[number];
  if (output < 0 || static_cast<std::size_t>(output) >= file.output_count()) {
    refuse(Code::invalid_argument, "xgboost: tree_info has output {} for tree {}, of {} outputs",
           output, number, file.output_count());
  }
}

void check_rounds(const XgboostFile& file) {
  const std::vector<std::int32_t>& rounds = file.iteration_indptr;
  if (rounds.empty()) return;
  if (rounds.front() != 0 || !std::ranges::is_sorted(rounds) ||
      static_cast<std::size_t>(rounds.back()) != file.trees.size()) {
    refuse(Code::invalid_argument,
           "xgboost: iteration_indptr does not go up from 0 to {}, the number of trees",
           file.trees.size());
  }
}

void check_trees(const XgboostFile& file) {
  check_size("tree_info", file.tree_info.size(), file.trees.size(), "the number of trees");
  for (std::size_t number = 0; number < file.trees.size(); ++number) check_tree(file, number);
  check_rounds(file);
  if (file.booster == XgboostBooster::dart) {
    check_size("weight_drop", file.weight_drop.size(), file.trees.size(), "the number of trees");
  }
}

}  // namespace

void refuse_missing_xgboost_key(std::string_view path) {
  refuse(Code::invalid_argument, "xgboost: there is no {}", path);
}

XgboostBooster xgboost_booster(std::string_view name, const XgboostFile& file) {
  if (name.empty()) refuse_missing_xgboost_key("learner.gradient_booster.name");
  if (name == "gblinear") return XgboostBooster::gblinear;
  if (name == "dart") return XgboostBooster::dart;
  if (name == "gbtree") {
    return file.weight_drop.empty() ? XgboostBooster::gbtree : XgboostBooster::dart;
  }
  refuse(Code::unimplemented, "xgboost: the booster is {}, expected gbtree, dart or gblinear",
         quoted_text(name));
}

void check_xgboost_file(const XgboostFile& file) {
  check_learner(file);
  if (file.booster != XgboostBooster::gblinear) return check_trees(file);
  if (file.weights.empty()) return;  // before the first round
  check_size("weights", file.weights.size(),
             (std::size_t{file.num_feature} + 1) * file.output_count(),
             "a weight for each feature and output, and a bias for each output");
}

}  // namespace ml_inference
