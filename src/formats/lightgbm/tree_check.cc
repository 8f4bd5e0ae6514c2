// SPDX-License-Identifier: MIT
#include "formats/lightgbm/tree_check.h"

#include "formats/format_error.h"

#include <fmt/format.h>

#include <cmath>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

class Check {
 public:
  Check(const LightgbmTree& tree, std::size_t number, std::uint32_t max_feature_idx)
      : tree_(tree), number_(number), max_feature_idx_(max_feature_idx) {}

  void nodes() const {
    for (std::size_t node = 0; node < tree_.nodes.size(); ++node) {
      const LightgbmNode& test = tree_.nodes[node];
      if (test.split_feature < 0 || std::uint32_t(test.split_feature) > max_feature_idx_) {
        refuse(Code::invalid_argument, "lightgbm: {}: split_feature is {}, expected 0 to {}",
               where(node), test.split_feature, max_feature_idx_);
      }
      constexpr std::uint8_t kDecisionTypeMax = 11;  // missing type NaN, default left, categorical
      if (test.decision_type > kDecisionTypeMax) {
        refuse(Code::invalid_argument, "lightgbm: {}: decision_type is {}, expected 0 to {}",
               where(node), test.decision_type, kDecisionTypeMax);
      }
      if (test.is_categorical()) category_set(node, test.threshold);
    }
  }

  void linear_leaves() const {
    for (const std::uint32_t feature : tree_.leaf_features) {
      if (feature > max_feature_idx_) {
        refuse(Code::invalid_argument, "lightgbm: tree {}: leaf_features has {}, expected 0 to {}",
               number_, feature, max_feature_idx_);
      }
    }
  }

  // Goes down from the root. What is met twice has two parents, or is its own ancestor; when
  // nothing is, one link for each node but the root and for each leaf means that all are met.
  void children() {
    node_met_.assign(tree_.nodes.size(), false);
    leaf_met_.assign(tree_.num_leaves(), false);
    if (tree_.nodes.empty()) return;
    node_met_[0] = true;
    open_.push_back(0);
    while (!open_.empty()) {
      const std::uint32_t node = open_.back();
      open_.pop_back();
      child(node, tree_.nodes[node].right_child, "right");
      child(node, tree_.nodes[node].left_child, "left");
    }
  }

 private:
  [[nodiscard]] std::string where(std::size_t node) const {
    return fmt::format("tree {} node {}", number_, node);
  }

  void category_set(std::size_t node, double set) const {
    if (set >= 0 && set < static_cast<double>(tree_.num_cat()) && std::trunc(set) == set) return;
    refuse(Code::invalid_argument,
           "lightgbm: {}: threshold is {}, expected one of {} category sets", where(node), set,
           tree_.num_cat());
  }

  void child(std::uint32_t node, std::int32_t child, const char* side) {
    const bool is_leaf = child < 0;
    const auto index = static_cast<std::uint32_t>(is_leaf ? ~child : child);
    std::vector<bool>& met = is_leaf ? leaf_met_ : node_met_;
    if (index >= met.size()) {
      refuse(Code::invalid_argument, "lightgbm: {}: {} child is {} {} of {}", where(node), side,
             is_leaf ? "leaf" : "node", index, met.size());
    }
    if (met[index]) {
      refuse(Code::invalid_argument, "lightgbm: {}: {} child is {} {}, which has a parent already",
             where(node), side, is_leaf ? "leaf" : "node", index);
    }
    met[index] = true;
    if (!is_leaf) open_.push_back(index);
  }

  const LightgbmTree& tree_;
  std::size_t number_;
  std::uint32_t max_feature_idx_;
  std::vector<bool> node_met_;
  std::vector<bool> leaf_met_;
  std::vector<std::uint32_t> open_;
};

}  // namespace

void check_lightgbm_tree(const LightgbmTree& tree, std::size_t number,
                         std::uint32_t max_feature_idx, LightgbmMemory& memory) {
  // Two bits, and a place in open_, which holds at most half the nodes and doubles as it grows.
  const std::size_t scratch =
      tree.nodes.size() / 4 + 3 * sizeof(std::uint32_t) * (tree.nodes.size() / 2 + 1);
  memory.take(scratch);
  Check check(tree, number, max_feature_idx);
  check.nodes();
  check.linear_leaves();
  check.children();
  memory.give_back(scratch);
}

}  // namespace ml_inference
