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

// A depth that no node has: the node was not reached from the root yet.
constexpr std::uint32_t kUnreached = ~0U;

}  // namespace

ForestBuilder::ForestBuilder(std::size_t feature_count, std::size_t output_count,
                             Aggregation aggregation) {
  if (feature_count == 0 || feature_count > kFeatureCountMax) {
    fault(Code::invalid_argument,
          fmt::format("a forest takes 1 to {} features, got {}", kFeatureCountMax, feature_count));
  }
  if (output_count == 0 || output_count > kOutputCountMax) {
    fault(Code::invalid_argument,
          fmt::format("a forest gives 1 to {} outputs, got {}", kOutputCountMax, output_count));
  }
  forest_.feature_count_ = feature_count;
  forest_.output_count_ = output_count;
  forest_.aggregation_ = aggregation;
}

void ForestBuilder::start_tree(std::size_t node_count) {
  end_tree();
  if (fault_) return;
  if (node_count == 0) {
    fault(Code::invalid_argument, fmt::format("tree {} has no nodes", forest_.tree_count()));
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
  forest_.roots_.push_back(static_cast<std::int32_t>(tree_begin_));
  forest_.nodes_.resize(tree_begin_ + node_count);
  placed_.assign(node_count, false);
}

void ForestBuilder::numerical_test(std::size_t node, const NumericalTest& test) {
  ForestNode* const placed = place(node);
  if (placed == nullptr) return;
  if (test.feature >= forest_.feature_count_) {
    fault_at(node, fmt::format("feature {} does not exist, there are {}", test.feature,
                               forest_.feature_count_));
    return;
  }
  if (std::isnan(test.threshold)) {
    fault_at(node, "the threshold is not a number");
    return;
  }
  check_child(node, test.left, "left");
  check_child(node, test.right, "right");
  if (fault_) return;
  placed->feature = static_cast<std::int32_t>(test.feature);
  placed->threshold = test.threshold;
  placed->left = static_cast<std::int32_t>(tree_begin_ + test.left);
  placed->right = static_cast<std::int32_t>(tree_begin_ + test.right);
  placed->missing_goes_left = test.missing_goes_left;
}

void ForestBuilder::leaf(std::size_t node, std::span<const double> values) {
  ForestNode* const placed = place(node);
  if (placed == nullptr) return;
  if (values.size() != forest_.output_count_) {
    fault_at(node, fmt::format("the leaf has {} values, expected {}", values.size(),
                               forest_.output_count_));
    return;
  }
  if (!std::ranges::all_of(values, [](double value) { return std::isfinite(value); })) {
    fault_at(node, "the leaf has a value that is not finite");
    return;
  }
  if (forest_.leaf_values_.size() + values.size() > kLeafValueCountMax) {
    fault(Code::resource_exhausted, fmt::format("more than {} leaf values", kLeafValueCountMax));
    return;
  }
  placed->leaf = static_cast<std::int32_t>(forest_.leaf_count());
  forest_.leaf_values_.insert(forest_.leaf_values_.end(), values.begin(), values.end());
}

Result<Forest> ForestBuilder::build() && {
  end_tree();
  if (!fault_ && forest_.roots_.empty()) fault(Code::invalid_argument, "the forest has no trees");
  if (fault_) return std::unexpected(*std::move(fault_));
  return std::move(forest_);
}

// Every node was placed; walking down from the root, every node is met exactly once. Children lie
// below their parents (check_child), so one pass in ascending order reaches parents first.
void ForestBuilder::end_tree() {
  if (fault_ || forest_.roots_.empty()) return;
  const std::size_t node_count = placed_.size();
  depths_.assign(node_count, kUnreached);
  depths_[0] = 0;
  for (std::size_t node = 0; node < node_count && !fault_; ++node) {
    if (!placed_[node]) return fault_at(node, "the node was not given");
    if (depths_[node] == kUnreached) return fault_at(node, "no parent leads to the node");
    forest_.depth_ = std::max<std::size_t>(forest_.depth_, depths_[node]);
    const ForestNode& parent = forest_.nodes_[tree_begin_ + node];
    if (parent.is_leaf()) continue;
    for (const std::int32_t child : {parent.left, parent.right}) {
      const std::size_t number = static_cast<std::size_t>(child) - tree_begin_;
      if (depths_[number] != kUnreached) return fault_at(number, "the node has two parents");
      depths_[number] = depths_[node] + 1;
    }
  }
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
  return &forest_.nodes_[tree_begin_ + node];
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
