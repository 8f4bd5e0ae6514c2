// SPDX-License-Identifier: MIT
#include "model/forest_builder.h"

#include "base/assert.h"
#include "model/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace ml_inference {
namespace {

// A number that is finite less itself is 0, any other is NaN: one question for all of them.
bool are_finite(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value - value;
  return sum == 0;
}

}  // namespace

ForestBuilder::ForestBuilder(ForestShape shape) {
  if (shape.leaf_width == 0) shape.leaf_width = shape.output_count;
  check_shape(shape);
  forest_.leaves_ = SharedLeaves(std::max<std::size_t>(shape.leaf_width, 1));
  forest_.shape_ = std::move(shape);
}

void ForestBuilder::check_shape(const ForestShape& shape) {
  const auto refuse = [this](std::string message) {
    fault(Code::invalid_argument, std::move(message));
  };
  if (shape.feature_count == 0 || shape.feature_count > kFeatureCountMax) {
    refuse(fmt::format("a forest takes 1 to {} features, got {}", kFeatureCountMax,
                       shape.feature_count));
  }
  if (shape.output_count == 0 || shape.output_count > kOutputCountMax) {
    refuse(
        fmt::format("a forest gives 1 to {} outputs, got {}", kOutputCountMax, shape.output_count));
  }
  if (shape.leaf_width > shape.output_count) {
    refuse(fmt::format("a leaf has {} values, expected at most the {} outputs", shape.leaf_width,
                       shape.output_count));
  }
  if (shape.base.empty()) return;
  if (shape.base.size() != shape.output_count) {
    refuse(fmt::format("the base has {} values, expected one for each of the {} outputs",
                       shape.base.size(), shape.output_count));
  }
  if (!shape.takes_any_leaf_value && !are_finite(shape.base)) {
    refuse("the base has a value that is not finite");
  }
  if (shape.aggregation == Aggregation::average) refuse("an average has no base");
}

// A tree has one leaf more than tests.
void ForestBuilder::expect(std::size_t tree_count, std::size_t node_count, Promise promise) {
  // A file may promise more than it has, so 80 MB each; beyond that the forest grows as it comes.
  const bool is_certain = promise == Promise::certain;
  const std::size_t node_max = is_certain ? kNodeCountMax : 5'000'000;
  const std::size_t leaf_value_max = is_certain ? kLeafValueCountMax : 10'000'000;
  if (fault_) return;
  tree_count = std::min(tree_count, kTreeCountMax);
  node_count = std::min(node_count, node_max);
  const std::size_t leaf_count = (node_count + tree_count) / 2;
  forest_.roots_.reserve(tree_count);
  forest_.first_outputs_.reserve(tree_count);
  forest_.nodes_.reserve(node_count);
  forest_.leaves_.reserve(std::min(leaf_count, leaf_value_max / forest_.leaf_width()));
}

void ForestBuilder::start_tree(std::size_t node_count, std::size_t first_output) {
  end_tree();
  if (fault_) return;
  if (node_count == 0) {
    fault(Code::invalid_argument, fmt::format("tree {} has no nodes", forest_.tree_count()));
    return;
  }
  if (first_output > forest_.output_count() - forest_.leaf_width()) {
    fault(Code::invalid_argument,
          fmt::format("tree {}: the first of {} outputs is {}, expected at most {}",
                      forest_.tree_count(), forest_.leaf_width(), first_output,
                      forest_.output_count() - forest_.leaf_width()));
    return;
  }
  if (forest_.tree_count() >= kTreeCountMax) {
    fault(Code::resource_exhausted, fmt::format("more than {} trees", kTreeCountMax));
    return;
  }
  if (node_count > kNodeCountMax - forest_.nodes_.size()) {
    fault(Code::resource_exhausted, fmt::format("more than {} nodes", kNodeCountMax));
    return;
  }
  tree_begin_ = forest_.nodes_.size();
  leaf_begin_ = forest_.leaf_count();
  forest_.roots_.push_back(static_cast<std::uint32_t>(tree_begin_));
  forest_.first_outputs_.push_back(static_cast<std::uint32_t>(first_output));
  forest_.nodes_.resize(tree_begin_ + node_count);
  placed_.assign(node_count, false);
  placed_count_ = 0;
  rights_.resize(node_count);
}

void ForestBuilder::numerical_test(std::size_t node, const NumericalTest& test) {
  const std::uint32_t flags = (test.is_strict ? ForestNode::strict_flag : 0U) |
                              (test.missing_goes_left ? ForestNode::missing_goes_left_flag : 0U) |
                              (test.zero_is_missing ? ForestNode::zero_is_missing_flag : 0U);
  if (!place_test(node, test.feature, test.left, test.right, flags)) return;
  if (std::isnan(test.threshold)) {
    fault_at(node, "the threshold is not a number");
    return;
  }
  forest_.nodes_[tree_begin_ + node].number_ = test.threshold;
}

void ForestBuilder::categorical_test(std::size_t node, const CategoricalTest& test) {
  const std::uint32_t flags = ForestNode::categorical_flag |
                              (test.strangers_go_left ? ForestNode::strangers_go_left_flag : 0U) |
                              (test.missing_goes_left ? ForestNode::missing_goes_left_flag : 0U);
  if (!place_test(node, test.feature, test.left, test.right, flags)) return;
  if (test.set >= forest_.category_set_count()) {
    fault_at(node, fmt::format("category set {} does not exist, there are {}", test.set,
                               forest_.category_set_count()));
    return;
  }
  forest_.nodes_[tree_begin_ + node].number_ = static_cast<double>(test.set);
}

std::size_t ForestBuilder::category_set(std::span<const std::uint32_t> words) {
  if (words.size() > kCategoryWordCountMax - forest_.set_words_.size() ||
      forest_.category_set_count() >= kNodeCountMax) {
    fault(Code::resource_exhausted,
          fmt::format("more than {} words of category sets", kCategoryWordCountMax));
  }
  const std::size_t set = forest_.category_set_count();
  if (fault_) return set;
  forest_.set_words_.insert(forest_.set_words_.end(), words.begin(), words.end());
  forest_.set_ends_.push_back(forest_.set_words_.size());
  return set;
}

void ForestBuilder::leaf(std::size_t node, std::span<const double> values) {
  ForestNode* const placed = place(node);
  if (placed == nullptr) return;
  if (values.size() != forest_.leaf_width()) {
    fault_at(node, fmt::format("the leaf has {} values, expected {}", values.size(),
                               forest_.leaf_width()));
    return;
  }
  if (!forest_.shape_.takes_any_leaf_value && !are_finite(values)) {
    fault_at(node, "the leaf has a value that is not finite");
    return;
  }
  if ((forest_.leaf_count() + 1) * values.size() > kLeafValueCountMax) {
    fault(Code::resource_exhausted, fmt::format("more than {} leaf values", kLeafValueCountMax));
    return;
  }
  placed->bits_ = ForestNode::leaf_flag;
  placed->link_ = static_cast<std::uint32_t>(forest_.leaf_count());
  forest_.leaves_.add(values);
}

void ForestBuilder::linear_leaf(std::size_t node, const LinearLeaf& linear, double fallback) {
  leaf(node, {&fallback, 1});
  if (fault_) return;
  if (linear.features.size() != linear.coefficients.size()) {
    return fault_at(node, fmt::format("the linear leaf has {} features and {} coefficients",
                                      linear.features.size(), linear.coefficients.size()));
  }
  for (const std::uint32_t feature : linear.features) {
    if (feature < forest_.feature_count()) continue;
    return fault_at(node, fmt::format("feature {} does not exist, there are {}", feature,
                                      forest_.feature_count()));
  }
  if (forest_.term_features_.size() + linear.features.size() > kLeafValueCountMax) {
    return fault(Code::resource_exhausted,
                 fmt::format("more than {} terms of linear leaves", kLeafValueCountMax));
  }
  ForestNode& placed = forest_.nodes_[tree_begin_ + node];
  placed.bits_ |= ForestNode::linear_flag;
  placed.number_ = static_cast<double>(forest_.linear_leaf_count());
  forest_.constants_.push_back(linear.constant);
  forest_.term_features_.insert(forest_.term_features_.end(), linear.features.begin(),
                                linear.features.end());
  forest_.term_coefficients_.insert(forest_.term_coefficients_.end(), linear.coefficients.begin(),
                                    linear.coefficients.end());
  forest_.term_ends_.push_back(forest_.term_features_.size());
}

Result<Forest> ForestBuilder::build() && {
  end_tree();
  if (!fault_) check_outputs();
  if (fault_) return std::unexpected(*std::move(fault_));
  forest_.leaves_.finish();
  return std::move(forest_);
}

// An average of nothing is no number.
void ForestBuilder::check_outputs() {
  if (forest_.roots_.empty()) return fault(Code::invalid_argument, "the forest has no trees");
  if (forest_.aggregation() == Aggregation::sum) return;
  std::vector<bool> is_added_to(forest_.output_count(), false);
  for (const std::uint32_t first : forest_.first_outputs_) {
    std::fill_n(is_added_to.begin() + first, forest_.leaf_width(), true);
  }
  const auto unmet = std::ranges::find(is_added_to, false);
  if (unmet == is_added_to.end()) return;
  fault(Code::invalid_argument,
        fmt::format("no tree adds to output {}, of which the forest gives the average",
                    unmet - is_added_to.begin()));
}

void ForestBuilder::end_tree() {
  if (fault_ || forest_.roots_.empty()) return;
  if (placed_count_ < placed_.size()) {
    const auto missing = std::ranges::find(placed_, false);
    return fault_at(static_cast<std::size_t>(missing - placed_.begin()), "the node was not given");
  }
  order_nodes();
  if (fault_) return;
  move_nodes();
  order_leaves();
}

// Walks down from the root, level by level, and writes down the nodes as it meets them: siblings
// come to lie side by side. Every node is met exactly once, or it is no tree.
void ForestBuilder::order_nodes() {
  std::vector<bool>& is_reached = placed_;
  is_reached.assign(is_reached.size(), false);
  is_reached[0] = true;
  order_.resize(is_reached.size());
  order_[0] = 0;
  std::size_t count = 1;
  std::size_t depth = 0;
  std::size_t level_end = 1;
  for (std::size_t next = 0; next < count; ++next) {
    if (next == level_end) {
      ++depth;
      level_end = count;
    }
    const std::uint32_t number = order_[next];
    ForestNode& node = forest_.nodes_[tree_begin_ + number];
    if (node.is_leaf()) continue;
    for (const std::uint32_t child : {node.link_, rights_[number]}) {
      if (is_reached[child]) return fault_at(child, "the node has two parents");
      is_reached[child] = true;
      order_[count++] = child;
    }
    node.link_ = static_cast<std::uint32_t>(tree_begin_ + count - 2);
  }
  forest_.depth_ = std::max(forest_.depth_, depth);
  if (count == is_reached.size()) return;
  const auto lost = std::ranges::find(is_reached, false);
  fault_at(static_cast<std::size_t>(lost - is_reached.begin()), "no parent leads to the node");
}

// Puts the nodes into the order of order_. Those of a large tree where they lie, ring by ring; a
// second copy of it would be the most memory that a forest ever takes.
void ForestBuilder::move_nodes() {
  constexpr std::size_t kCopiedCountMax = std::size_t{1} << 16;  // 1 MiB
  const std::span nodes = std::span(forest_.nodes_).subspan(tree_begin_);
  if (nodes.size() <= kCopiedCountMax) {
    given_nodes_.assign(nodes.begin(), nodes.end());
    std::ranges::transform(order_, nodes.begin(),
                           [this](std::uint32_t number) { return given_nodes_[number]; });
    return;
  }
  for (std::uint32_t start = 0; start < order_.size(); ++start) {
    if (order_[start] == start) continue;
    const ForestNode first = nodes[start];
    std::uint32_t hole = start;
    while (order_[hole] != start) {
      const std::uint32_t from = std::exchange(order_[hole], hole);
      nodes[hole] = nodes[from];
      hole = from;
    }
    nodes[hole] = first;
    order_[hole] = hole;
  }
}

void ForestBuilder::order_leaves() {
  leaf_order_.clear();
  auto leaf = static_cast<std::uint32_t>(leaf_begin_);
  for (ForestNode& node : std::span(forest_.nodes_).subspan(tree_begin_)) {
    if (node.is_leaf()) leaf_order_.push_back(std::exchange(node.link_, leaf++));
  }
  forest_.leaves_.reorder(leaf_begin_, leaf_order_);
}

// The node to fill, or null when there is a fault already or now.
ForestNode* ForestBuilder::place(std::size_t node) {
  if (fault_) return nullptr;
  ASSERT(!forest_.roots_.empty());  // start_tree() comes first
  if (node >= placed_.size()) {
    fault_at(node, fmt::format("the tree has only {} nodes", placed_.size()));
    return nullptr;
  }
  if (placed_[node]) {
    fault_at(node, "the node was given twice");
    return nullptr;
  }
  placed_[node] = true;
  ++placed_count_;
  return &forest_.nodes_[tree_begin_ + node];
}

bool ForestBuilder::place_test(std::size_t node, std::size_t feature, std::size_t left,
                               std::size_t right, std::uint32_t flags) {
  static_assert(kFeatureCountMax < std::size_t{1} << (32 - ForestNode::kFlagCount));
  ForestNode* const placed = place(node);
  if (placed == nullptr) return false;
  if (feature >= forest_.feature_count()) {
    fault_at(node, fmt::format("feature {} does not exist, there are {}", feature,
                               forest_.feature_count()));
    return false;
  }
  check_child(node, left, "left");
  check_child(node, right, "right");
  if (fault_) return false;
  placed->bits_ = static_cast<std::uint32_t>(feature) << ForestNode::kFlagCount | flags;
  placed->link_ = static_cast<std::uint32_t>(left);
  rights_[node] = static_cast<std::uint32_t>(right);
  return true;
}

void ForestBuilder::check_child(std::size_t node, std::size_t child, const char* side) {
  if (child <= node) {
    fault_at(node, fmt::format("{} child {} does not lie below its parent", side, child));
  } else if (child >= placed_.size()) {
    fault_at(node, fmt::format("{} child {} does not exist, the tree has {} nodes", side, child,
                               placed_.size()));
  }
}

void ForestBuilder::fault(Code code, std::string message) {
  if (!fault_) fault_ = Error{code, std::move(message)};
}

void ForestBuilder::fault_at(std::size_t node, std::string message) {
  fault(Code::invalid_argument,
        fmt::format("tree {} node {}: {}", forest_.tree_count() - 1, node, message));
}

}  // namespace ml_inference
