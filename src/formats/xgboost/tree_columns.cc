// SPDX-License-Identifier: MIT
#include "formats/xgboost/tree_columns.h"

#include "formats/format_error.h"

#include <vector>

namespace ml_inference {
namespace {

// XGBoost keeps a set of codes as bits and refuses larger codes; a float32 counts no further.
constexpr std::int32_t kCategoryMax = (1 << 24) - 1;

// Checks one tree's lists and makes the tree of them.
class Maker {
 public:
  Maker(const XgboostTreeColumns& columns, const std::string& where, XgboostMemory& memory)
      : columns_(columns), where_(where), memory_(memory), count_(columns.left_children.size()) {}

  XgboostTree make() {
    check_sizes();
    memory_.take(count_ * sizeof(XgboostNode));
    tree_.nodes.resize(count_);
    take_leaf_vectors();
    take_reachable_nodes();
    take_categories();
    return std::move(tree_);
  }

 private:
  void check_sizes() {
    if (count_ == 0) {
      refuse(Code::invalid_argument, "xgboost: {}: no nodes, expected one at least", where_);
    }
    if (columns_.num_nodes >= 0 && static_cast<std::size_t>(columns_.num_nodes) != count_) {
      refuse(Code::invalid_argument, "xgboost: {}: num_nodes is {}, left_children has {} values",
             where_, columns_.num_nodes, count_);
    }
    check_size("right_children", columns_.right_children.size());
    check_size("split_indices", columns_.split_indices.size());
    check_size("split_conditions", columns_.split_conditions.size());
    check_size("default_left", columns_.default_left.size());
    if (!columns_.split_type.empty()) check_size("split_type", columns_.split_type.size());
  }

  void check_size(const char* name, std::size_t size) {
    if (size == count_) return;
    refuse(Code::invalid_argument, "xgboost: {}: {} has {} values, expected {}, one a node", where_,
           name, size, count_);
  }

  // From the root down, so that what pruning has left behind is not looked at: XGBoost does not
  // either, and what stands there is no use.
  void take_reachable_nodes() {
    memory_.take(count_ * (sizeof(std::int32_t) + 1));
    std::vector<std::int32_t> open{0};
    open.reserve(count_);
    std::vector<bool> is_reached(count_);
    is_reached[0] = true;
    while (!open.empty()) {
      const std::int32_t node = open.back();
      open.pop_back();
      if (!take_node(node)) continue;
      const XgboostNode& taken = tree_.nodes[static_cast<std::size_t>(node)];
      for (const std::int32_t child : {taken.right, taken.left}) {
        if (is_reached[static_cast<std::size_t>(child)]) {
          refuse(Code::invalid_argument, "xgboost: {} node {}: child {} has two parents", where_,
                 node, child);
        }
        is_reached[static_cast<std::size_t>(child)] = true;
        open.push_back(child);
      }
    }
    memory_.give_back(count_ * (sizeof(std::int32_t) + 1));
  }

  // Returns whether it has children.
  bool take_node(std::int32_t number) {
    const auto at = static_cast<std::size_t>(number);
    XgboostNode& node = tree_.nodes[at];
    node.condition = columns_.split_conditions[at];
    const std::int32_t left = columns_.left_children[at];
    if (left == -1) {
      node.right = leaf_row(number);
      return false;
    }
    node.left = checked_child(number, "left", left);
    node.right = checked_child(number, "right", columns_.right_children[at]);
    node.split_index = columns_.split_indices[at];
    if (node.split_index < 0) {
      refuse(Code::invalid_argument, "xgboost: {} node {}: split index {}", where_, number,
             node.split_index);
    }
    node.default_left = columns_.default_left[at] != 0;
    node.is_categorical = !columns_.split_type.empty() && columns_.split_type[at] != 0;
    return true;
  }

  std::int32_t checked_child(std::int32_t node, const char* side, std::int32_t child) {
    if (child < 0 || static_cast<std::size_t>(child) >= count_) {
      refuse(Code::invalid_argument, "xgboost: {} node {}: {} child {} of {} nodes", where_, node,
             side, child, count_);
    }
    return child;
  }

  void take_categories() {
    const std::size_t sets = columns_.categories_nodes.size();
    if (columns_.categories_segments.size() != sets || columns_.categories_sizes.size() != sets) {
      refuse(Code::invalid_argument,
             "xgboost: {}: {} categories_nodes, {} categories_segments, {} categories_sizes",
             where_, sets, columns_.categories_segments.size(), columns_.categories_sizes.size());
    }
    for (const std::int32_t category : columns_.categories.values()) {
      if (category < 0 || category > kCategoryMax) {
        refuse(Code::invalid_argument, "xgboost: {}: category {}, expected 0 to {}", where_,
               category, kCategoryMax);
      }
    }
    memory_.take(sets * sizeof(XgboostCategorySet) +
                 columns_.categories.size() * sizeof(std::int32_t));
    tree_.category_sets.reserve(sets);
    for (std::size_t index = 0; index < sets; ++index) take_category_set(index);
    const auto categories = columns_.categories.values();
    tree_.categories.assign(categories.begin(), categories.end());
  }

  // XGBoost reads the sets in the order of the nodes and writes them one behind the other; what
  // overlaps could make much out of few bytes.
  void take_category_set(std::size_t index) {
    const XgboostCategorySet set{.node = columns_.categories_nodes[index],
                                 .begin = columns_.categories_segments[index],
                                 .size = columns_.categories_sizes[index]};
    const XgboostCategorySet before =
        index == 0 ? XgboostCategorySet{.node = -1} : tree_.category_sets.back();
    if (set.node <= before.node || static_cast<std::size_t>(set.node) >= count_) {
      refuse(Code::invalid_argument, "xgboost: {}: categories_nodes has {} behind {}, of {} nodes",
             where_, set.node, before.node, count_);
    }
    const auto size = static_cast<std::int64_t>(columns_.categories.size());
    if (set.size <= 0 || set.begin < before.begin + before.size ||
        std::int64_t{set.begin} + set.size > size) {
      refuse(Code::invalid_argument,
             "xgboost: {} node {}: {} categories from {} on, of {} in the tree, behind those up to "
             "{}",
             where_, set.node, set.size, set.begin, size, before.begin + before.size);
    }
    tree_.category_sets.push_back(set);
  }

  // Trees of one value have none. The vectors belong to all nodes until 3.1, to the leaves alone
  // since 3.2.
  void take_leaf_vectors() {
    if (columns_.size_leaf_vector <= 1) return;  // 0 before 2.0
    tree_.size_leaf_vector = static_cast<std::size_t>(columns_.size_leaf_vector);
    is_by_leaf_ = !columns_.leaf_weights.empty();
    const auto values =
        is_by_leaf_ ? columns_.leaf_weights.values() : columns_.base_weights.values();
    rows_ = values.size() / tree_.size_leaf_vector;
    if (values.size() % tree_.size_leaf_vector != 0 || (!is_by_leaf_ && rows_ != count_)) {
      refuse(Code::invalid_argument, "xgboost: {}: {} has {} values, expected {} for each {}",
             where_, is_by_leaf_ ? "leaf_weights" : "base_weights", values.size(),
             tree_.size_leaf_vector, is_by_leaf_ ? "leaf" : "node");
    }
    memory_.take(values.size_bytes());
    tree_.leaf_vectors.assign(values.begin(), values.end());
  }

  // The row of leaf_vectors that belongs to a leaf, and -1 where there are none.
  std::int32_t leaf_row(std::int32_t node) {
    if (tree_.size_leaf_vector == 1) return -1;
    const std::int32_t row =
        is_by_leaf_ ? columns_.right_children[static_cast<std::size_t>(node)] : node;
    if (row < 0 || static_cast<std::size_t>(row) >= rows_) {
      refuse(Code::invalid_argument, "xgboost: {} node {}: leaf {} of {} in leaf_weights", where_,
             node, row, rows_);
    }
    return row;
  }

  const XgboostTreeColumns& columns_;
  const std::string& where_;
  XgboostMemory& memory_;
  std::size_t count_;        // nodes
  std::size_t rows_ = 0;     // of leaf vectors
  bool is_by_leaf_ = false;  // what a row belongs to
  XgboostTree tree_;
};

}  // namespace

void XgboostTreeColumns::clear() {
  id = -1;
  num_nodes = -1;
  size_leaf_vector = -1;
  for (auto* column : {&left_children, &right_children, &split_indices, &categories,
                       &categories_nodes, &categories_segments, &categories_sizes}) {
    column->clear();
  }
  for (auto* column : {&split_conditions, &base_weights, &leaf_weights}) column->clear();
  for (auto* column : {&default_left, &split_type}) column->clear();
}

XgboostTree make_xgboost_tree(const XgboostTreeColumns& columns, const std::string& where,
                              XgboostMemory& memory) {
  return Maker(columns, where, memory).make();
}

}  // namespace ml_inference
