// SPDX-License-Identifier: MIT
#include "engines/scalar_engine.h"

#include "base/assert.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace ml_inference {
namespace {

// How many trees are walked at once. Their loads do not depend on one another, so the processor
// overlaps them; beyond eight the indices no longer fit the registers.
constexpr std::size_t kLaneCount = 8;

// A test, or a leaf. The children of a test lie side by side, so one index names both: the right
// child is children + 1. A leaf is its own left child, under a threshold that every number meets,
// so a walk that is longer than the way to the leaf stays there.
struct PackedNode {
  float threshold;
  std::uint32_t feature;
  std::uint32_t children;
  bool missing_goes_left;
};

// The largest float32 that is not above `threshold`: for a float32 x, x <= threshold just when
// x <= floor32(threshold), so the nodes need only half of the threshold's bytes.
float floor32(double threshold) {
  const float nearest = static_cast<float>(threshold);
  if (static_cast<double>(nearest) <= threshold) return nearest;
  return std::nextafter(nearest, -std::numeric_limits<float>::infinity());
}

class ScalarEngine final : public Engine {
 public:
  explicit ScalarEngine(const Forest& forest);

  [[nodiscard]] std::string_view name() const override { return "scalar"; }
  void predict(MatrixView<const float> rows, std::span<double> out) const override;

 private:
  // Trees that are walked together.
  struct Group {
    std::array<std::uint32_t, kLaneCount> roots;
    std::size_t tree_count;  // how many of the lanes are in use
    std::size_t depth;       // of the deepest of them
  };

  std::size_t add_tree(const Forest& forest, std::int32_t root);
  template <bool kMayMiss>
  void predict_row(const float* row, double* sums) const;
  template <bool kMayMiss>
  [[nodiscard]] std::uint32_t step(std::uint32_t index, const float* row) const;

  std::size_t feature_count_;
  std::size_t output_count_;
  double divisor_;  // the number of trees where the forest averages, else 1
  std::vector<Group> groups_;
  std::vector<PackedNode> nodes_;
  std::vector<std::uint32_t> leaves_;  // by node: which leaf it is, 0 for a test
  std::vector<double> leaf_values_;    // [leaf_count, output_count]
};

ScalarEngine::ScalarEngine(const Forest& forest)
    : feature_count_(forest.feature_count()),
      output_count_(forest.output_count()),
      divisor_(forest.aggregation() == Aggregation::average
                   ? static_cast<double>(forest.tree_count())
                   : 1.0) {
  nodes_.reserve(forest.nodes().size());
  leaves_.reserve(forest.nodes().size());
  leaf_values_.reserve(forest.leaf_count() * output_count_);
  for (std::size_t tree = 0; tree < forest.tree_count(); ++tree) {
    const std::size_t lane = tree % kLaneCount;
    if (lane == 0) groups_.push_back({});
    Group& group = groups_.back();
    // Lanes not in use walk the group's first tree again; their leaves are not added.
    const auto packed_root = static_cast<std::uint32_t>(nodes_.size());
    std::fill(group.roots.begin() + static_cast<std::ptrdiff_t>(lane), group.roots.end(),
              packed_root);
    group.tree_count = lane + 1;
    group.depth = std::max(group.depth, add_tree(forest, forest.roots()[tree]));
  }
}

// Packs one tree level by level, which puts siblings side by side, and returns its depth.
std::size_t ScalarEngine::add_tree(const Forest& forest, std::int32_t root) {
  struct Pending {
    std::int32_t node;
    std::size_t depth;
  };
  const std::size_t begin = nodes_.size();
  std::vector<Pending> level_order{{root, 0}};
  for (std::size_t next = 0; next < level_order.size(); ++next) {
    const Pending pending = level_order[next];
    const ForestNode& node = forest.nodes()[static_cast<std::size_t>(pending.node)];
    if (node.is_leaf()) {
      nodes_.push_back({.threshold = std::numeric_limits<float>::infinity(),
                        .feature = 0,
                        .children = static_cast<std::uint32_t>(begin + next),
                        .missing_goes_left = true});
      const std::span<const double> values = forest.leaf_values(node.leaf);
      leaves_.push_back(static_cast<std::uint32_t>(leaf_values_.size() / output_count_));
      leaf_values_.insert(leaf_values_.end(), values.begin(), values.end());
      continue;
    }
    nodes_.push_back({.threshold = floor32(node.threshold),
                      .feature = static_cast<std::uint32_t>(node.feature),
                      .children = static_cast<std::uint32_t>(begin + level_order.size()),
                      .missing_goes_left = node.missing_goes_left});
    leaves_.push_back(0);
    level_order.push_back({node.left, pending.depth + 1});
    level_order.push_back({node.right, pending.depth + 1});
  }
  return level_order.back().depth;
}

void ScalarEngine::predict(MatrixView<const float> rows, std::span<double> out) const {
  ASSERT(rows.column_count() == feature_count_);
  ASSERT(out.size() == rows.row_count() * output_count_);
  for (std::size_t index = 0; index < rows.row_count(); ++index) {
    const std::span<const float> row = rows.row(index);
    double* const sums = out.data() + index * output_count_;
    const bool misses = std::ranges::any_of(row, [](float value) { return std::isnan(value); });
    misses ? predict_row<true>(row.data(), sums) : predict_row<false>(row.data(), sums);
  }
}

template <bool kMayMiss>
void ScalarEngine::predict_row(const float* row, double* sums) const {
  std::fill_n(sums, output_count_, 0.0);
  for (const Group& group : groups_) {
    std::array<std::uint32_t, kLaneCount> nodes = group.roots;
    for (std::size_t level = 0; level < group.depth; ++level) {
      for (std::uint32_t& node : nodes) node = step<kMayMiss>(node, row);
    }
    for (std::size_t lane = 0; lane < group.tree_count; ++lane) {
      const double* const leaf = &leaf_values_[leaves_[nodes[lane]] * output_count_];
      for (std::size_t output = 0; output < output_count_; ++output) sums[output] += leaf[output];
    }
  }
  for (std::size_t output = 0; output < output_count_; ++output) sums[output] /= divisor_;
}

template <bool kMayMiss>
std::uint32_t ScalarEngine::step(std::uint32_t index, const float* row) const {
  const PackedNode& node = nodes_[index];
  const float value = row[node.feature];
  bool goes_left = value <= node.threshold;
  if constexpr (kMayMiss) goes_left |= std::isnan(value) && node.missing_goes_left;
  return node.children + static_cast<std::uint32_t>(!goes_left);
}

}  // namespace

std::unique_ptr<const Engine> make_scalar_engine(const Forest& forest) {
  return std::make_unique<ScalarEngine>(forest);
}

}  // namespace ml_inference
