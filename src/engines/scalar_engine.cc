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
// overlaps them, the better the more there are: over the Iris rows 8 lanes take 640 ns, 12 and 16
// take 570, although their indices no longer fit the registers.
constexpr std::size_t kLaneCount = 16;

// A test, or a leaf. The children of a test lie side by side, so one index names both: the right
// child is children + 1. A leaf is its own left child, under a threshold that every number meets,
// so a walk that is longer than the way to the leaf stays there.
struct PackedNode {
  float threshold;
  std::uint32_t feature;
  std::uint32_t children;
};

// The largest float32 that is not above `threshold`: for a float32 x, x <= threshold just when
// x <= floor32(threshold), so the nodes need only half of the threshold's bytes.
float floor32(double threshold) {
  const float nearest = static_cast<float>(threshold);
  if (static_cast<double>(nearest) <= threshold) return nearest;
  return std::nextafter(nearest, -std::numeric_limits<float>::infinity());
}

// Adds kCount outputs of the leaves, in their order, to `sums`. In registers: through memory, each
// addition would wait for the store of the one before.
template <std::size_t kCount>
void add_outputs(std::span<const double* const> leaves, std::size_t first, double* sums) {
  std::array<double, kCount> partial;
  for (std::size_t output = 0; output < kCount; ++output) partial[output] = sums[first + output];
  for (const double* const leaf : leaves) {
    for (std::size_t output = 0; output < kCount; ++output) partial[output] += leaf[first + output];
  }
  for (std::size_t output = 0; output < kCount; ++output) sums[first + output] = partial[output];
}

void add_leaves(std::span<const double* const> leaves, std::size_t output_count, double* sums) {
  std::size_t first = 0;
  for (; output_count - first >= 4; first += 4) add_outputs<4>(leaves, first, sums);
  switch (output_count - first) {
    case 3: return add_outputs<3>(leaves, first, sums);
    case 2: return add_outputs<2>(leaves, first, sums);
    case 1: return add_outputs<1>(leaves, first, sums);
    default: return;
  }
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
  };

  void add_tree(const Forest& forest, std::int32_t root);
  template <bool kMayMiss>
  void predict_row(const float* row, double* sums) const;
  template <bool kMayMiss>
  [[nodiscard]] std::uint32_t step(std::uint32_t index, const float* row) const;

  std::size_t feature_count_;
  std::size_t output_count_;
  double divisor_;  // the number of trees where the forest averages, else 1
  std::vector<Group> groups_;
  std::vector<PackedNode> nodes_;
  // By node, and apart from it, since few steps look: of a leaf, which one it is; of a test, 1 when
  // a missing value goes left.
  std::vector<std::uint32_t> details_;
  std::vector<double> leaf_values_;  // [leaf_count, output_count]
};

ScalarEngine::ScalarEngine(const Forest& forest)
    : feature_count_(forest.feature_count()),
      output_count_(forest.output_count()),
      divisor_(forest.aggregation() == Aggregation::average
                   ? static_cast<double>(forest.tree_count())
                   : 1.0) {
  nodes_.reserve(forest.nodes().size());
  details_.reserve(forest.nodes().size());
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
    add_tree(forest, forest.roots()[tree]);
  }
}

// Packs one tree level by level, which puts siblings side by side.
void ScalarEngine::add_tree(const Forest& forest, std::int32_t root) {
  const std::size_t begin = nodes_.size();
  std::vector<std::int32_t> level_order{root};
  for (std::size_t next = 0; next < level_order.size(); ++next) {
    const ForestNode& node = forest.nodes()[static_cast<std::size_t>(level_order[next])];
    if (node.is_leaf()) {
      nodes_.push_back({.threshold = std::numeric_limits<float>::infinity(),
                        .feature = 0,
                        .children = static_cast<std::uint32_t>(begin + next)});
      const std::span<const double> values = forest.leaf_values(node.leaf);
      details_.push_back(static_cast<std::uint32_t>(leaf_values_.size() / output_count_));
      leaf_values_.insert(leaf_values_.end(), values.begin(), values.end());
      continue;
    }
    nodes_.push_back({.threshold = floor32(node.threshold),
                      .feature = static_cast<std::uint32_t>(node.feature),
                      .children = static_cast<std::uint32_t>(begin + level_order.size())});
    details_.push_back(node.missing_goes_left ? 1 : 0);
    level_order.push_back(node.left);
    level_order.push_back(node.right);
  }
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
    // Most rows reach a leaf long before the deepest one: the group ends with its last lane.
    for (bool moved = true; moved;) {
      std::uint32_t changed_bits = 0;
      for (std::uint32_t& node : nodes) {
        const std::uint32_t next = step<kMayMiss>(node, row);
        changed_bits |= next ^ node;
        node = next;
      }
      moved = changed_bits != 0;
    }
    std::array<const double*, kLaneCount> leaves;
    for (std::size_t lane = 0; lane < group.tree_count; ++lane) {
      leaves[lane] = &leaf_values_[details_[nodes[lane]] * output_count_];
    }
    add_leaves({leaves.data(), group.tree_count}, output_count_, sums);
  }
  for (std::size_t output = 0; output < output_count_; ++output) sums[output] /= divisor_;
}

template <bool kMayMiss>
std::uint32_t ScalarEngine::step(std::uint32_t index, const float* row) const {
  const PackedNode& node = nodes_[index];
  const float value = row[node.feature];
  bool goes_left = value <= node.threshold;
  if constexpr (kMayMiss) {
    const bool is_leaf = node.children == index;
    goes_left |= std::isnan(value) && (is_leaf || details_[index] != 0);
  }
  return node.children + static_cast<std::uint32_t>(!goes_left);
}

}  // namespace

std::unique_ptr<const Engine> make_scalar_engine(const Forest& forest) {
  return std::make_unique<ScalarEngine>(forest);
}

}  // namespace ml_inference
