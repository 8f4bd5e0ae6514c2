// SPDX-License-Identifier: MIT
// The inner loops of the walk engine, for the widest vectors that the machine has.
#pragma once

#include "engines/key_kernels.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace ml_inference {

/// A test or a leaf, in 8 bytes. Siblings lie side by side, and the left child of a test `delta`
/// nodes behind it. A leaf has delta 0 and looks at column 0, where every row goes left: a walk
/// that is longer than the way to a leaf stays there, so that many are walked in step.
struct WalkNode {
  std::int32_t key;    ///< KeyTest::key; of a leaf, its entry in the LeafTable
  std::uint32_t link;  ///< column << delta_bits | delta
};

/// What a walk needs to know. Owns nothing.
struct WalkForest {
  const WalkNode* nodes;
  const std::uint32_t* set_words;  ///< KeyColumns::set_words()
  std::uint32_t first_categorical;
  std::uint32_t column_count;
  std::uint32_t delta_bits;
  bool has_categories;
};

/// Walks go together in groups of this many.
inline constexpr std::size_t kWalkGroupSize = kBlockRowCount;

/// One row through many trees.
/// keys     of the row, column_count numbers.
/// roots    indices of nodes; at least one.
/// entries  of the leaves reached, by tree: room for as many as roots, rounded up to
///          kWalkGroupSize.
void walk_trees(const WalkForest& forest, const std::int32_t* keys,
                std::span<const std::uint32_t> roots, std::int32_t* entries);

/// Blocks of rows through one tree.
/// keys     [block_count, column_count, kBlockRowCount].
/// entries  by row: block_count * kBlockRowCount.
void walk_rows(const WalkForest& forest, const std::int32_t* keys, std::size_t block_count,
               std::uint32_t root, std::int32_t* entries);

}  // namespace ml_inference
