// SPDX-License-Identifier: MIT
// The nodes of a forest as they are walked.
#pragma once

#include "base/result.h"
#include "engines/aligned_array.h"
#include "engines/walk_kernels.h"
#include "model/forest.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace ml_inference {

template <class Feature>
class KeyColumns;
class TreeTops;

/// A forest's nodes, 8 bytes each, and nothing else of it.
/// Threads: immutable.
class WalkNodes {
 public:
  /// columns   of this forest.
  /// entry_of  by leaf, what its node holds.
  /// tops      of this forest: their exits are nodes of this afterwards.
  /// Errors: resource_exhausted, when some child lies so far from its parent, with so many columns,
  /// that its distance has no room in a node: with 1000 columns the limit is a level of two million
  /// nodes.
  template <class Feature>
  [[nodiscard]] static Result<WalkNodes> make(
      const Forest& forest, const KeyColumns<Feature>& columns,
      const std::function<std::uint32_t(std::size_t)>& entry_of, TreeTops& tops);

  /// By tree; behind them the last one again and again, for walk_trees().
  [[nodiscard]] std::span<const std::uint32_t> roots() const {
    return std::span(roots_).first(tree_count_);
  }

  /// Asks for a part of a tree's nodes, one of `part_count`, before they are needed; nothing when
  /// there is no such tree.
  void prefetch(std::size_t tree, std::size_t part, std::size_t part_count) const;

  /// set_words  of the columns.
  [[nodiscard]] WalkForest view(const std::uint32_t* set_words) const {
    return {.nodes = nodes_.data(),
            .set_words = set_words,
            .first_categorical = first_categorical_,
            .column_count = column_count_,
            .delta_bits = delta_bits_,
            .depth = depth_,
            .has_categories = first_categorical_ < column_count_};
  }

  [[nodiscard]] std::size_t memory_size() const {
    return nodes_.span().size_bytes() + std::span(roots_).size_bytes();
  }

 private:
  AlignedArray<WalkNode> nodes_;
  std::size_t tree_count_ = 0;
  std::vector<std::uint32_t> roots_;  // a multiple of kWalkGroupSize
  std::uint32_t first_categorical_ = 0;
  std::uint32_t column_count_ = 0;
  std::uint32_t delta_bits_ = 0;
  std::uint32_t depth_ = 0;
};

}  // namespace ml_inference
