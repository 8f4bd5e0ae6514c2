// SPDX-License-Identifier: MIT
// The nodes of a forest as the scalar engine walks them: one form for float32 features and one for
// float64. Both number nodes as the Forest does, and let a walk that is longer than the way to a
// leaf stay there, so that trees of different depths can be walked in step.
#pragma once

#include "model/forest.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace ml_inference {

/// The largest T, float or double, for which the test holds: for any x of this type the test is
/// x <= largest_that_passes(test). NaN when none does, since no x is at most NaN.
template <class T>
[[nodiscard]] T largest_that_passes(const ForestNode& test) {
  constexpr T kInfinity = std::numeric_limits<T>::infinity();
  const double threshold = test.threshold();
  const auto nearest = static_cast<T>(threshold);
  const auto passes = [&](T value) {
    const auto wide = static_cast<double>(value);
    return test.is_strict() ? wide < threshold : wide <= threshold;
  };
  if (passes(nearest)) return nearest;
  return nearest == -kInfinity ? std::numeric_limits<T>::quiet_NaN()
                               : std::nextafter(nearest, -kInfinity);
}

/// 12 bytes a node for every step and 4 that few steps look at.
class Float32Nodes {
 public:
  using Feature = float;

  explicit Float32Nodes(const Forest& forest) {
    nodes_.reserve(forest.nodes().size());
    details_.reserve(forest.nodes().size());
    for (const ForestNode& node : forest.nodes()) add(node);
  }

  /// The node that a row goes to from this one; kMayMiss: whether the row may hold NaN.
  template <bool kMayMiss>
  [[nodiscard]] std::uint32_t step(std::uint32_t index, const float* row) const {
    const Node& node = nodes_[index];
    const float value = row[node.feature];
    bool goes_left = value <= node.threshold;
    if constexpr (kMayMiss) {
      const bool is_leaf = node.children == index;
      goes_left |= std::isnan(value) && (is_leaf || details_[index] != 0);
    }
    return node.children + static_cast<std::uint32_t>(!goes_left);
  }

  /// Which leaf a node is that is one.
  [[nodiscard]] std::uint32_t leaf(std::uint32_t index) const { return details_[index]; }

  [[nodiscard]] std::size_t memory_size() const {
    return std::span(nodes_).size_bytes() + std::span(details_).size_bytes();
  }

 private:
  // A test, or a leaf. The children of a test lie side by side, so one index names both: the right
  // child is children + 1. A leaf is its own left child, under a threshold that every number meets.
  struct Node {
    float threshold;
    std::uint32_t feature;
    std::uint32_t children;
  };

  void add(const ForestNode& node) {
    if (node.is_leaf()) {
      nodes_.push_back({.threshold = std::numeric_limits<float>::infinity(),
                        .feature = 0,
                        .children = static_cast<std::uint32_t>(nodes_.size())});
      details_.push_back(static_cast<std::uint32_t>(node.leaf()));
      return;
    }
    nodes_.push_back({.threshold = largest_that_passes<float>(node),
                      .feature = static_cast<std::uint32_t>(node.feature()),
                      .children = static_cast<std::uint32_t>(node.left())});
    details_.push_back(node.missing_goes_left() ? 1 : 0);
  }

  std::vector<Node> nodes_;
  // By node, and apart from it, since few steps look: of a leaf, which one it is; of a test, 1 when
  // a missing value goes left.
  std::vector<std::uint32_t> details_;
};

/// 16 bytes a node, all of them for every step.
class Float64Nodes {
 public:
  using Feature = double;

  explicit Float64Nodes(const Forest& forest) {
    nodes_.reserve(forest.nodes().size());
    for (const ForestNode& node : forest.nodes()) add(node);
  }

  template <bool kMayMiss>
  [[nodiscard]] std::uint32_t step(std::uint32_t index, const double* row) const {
    const Node& node = nodes_[index];
    const double value = row[node.feature & kFeatureMask];
    bool goes_left = value <= node.threshold;
    if constexpr (kMayMiss) {
      goes_left |= std::isnan(value) && (node.feature & kMissingGoesLeft) != 0;
    }
    const std::uint32_t child = node.link + static_cast<std::uint32_t>(!goes_left);
    // Without a branch: all bits of a leaf's own index, or of the child's.
    const std::uint32_t leaf_bits = 0U - (node.feature >> kLeafShift);
    return (index & leaf_bits) | (child & ~leaf_bits);
  }

  [[nodiscard]] std::uint32_t leaf(std::uint32_t index) const { return nodes_[index].link; }

  [[nodiscard]] std::size_t memory_size() const { return std::span(nodes_).size_bytes(); }

 private:
  static constexpr int kLeafShift = 31;
  static constexpr std::uint32_t kMissingGoesLeft = 1U << 30;
  static constexpr std::uint32_t kFeatureMask = kMissingGoesLeft - 1;

  struct Node {
    double threshold;
    std::uint32_t feature;  // and two flags: kMissingGoesLeft, and the highest bit of a leaf
    std::uint32_t link;     // of a test, the left child; of a leaf, which one it is
  };

  void add(const ForestNode& node) {
    if (node.is_leaf()) {
      nodes_.push_back({.threshold = 0,
                        .feature = 1U << kLeafShift,
                        .link = static_cast<std::uint32_t>(node.leaf())});
      return;
    }
    nodes_.push_back({.threshold = largest_that_passes<double>(node),
                      .feature = static_cast<std::uint32_t>(node.feature()) |
                                 (node.missing_goes_left() ? kMissingGoesLeft : 0),
                      .link = static_cast<std::uint32_t>(node.left())});
  }

  std::vector<Node> nodes_;
};

}  // namespace ml_inference
