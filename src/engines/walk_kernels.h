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
  std::uint32_t depth;  ///< of the deepest tree, in tests
  bool has_categories;
};

/// Trees are walked in groups of this many.
inline constexpr std::size_t kWalkGroupSize = 64;

/// One row through many trees.
/// keys     of the row, column_count numbers, and room for kWalkGroupSize.
/// roots    indices of nodes; more of them, valid ones, follow up to a multiple of kWalkGroupSize.
/// entries  of the leaves reached, by tree: room for as many.
void walk_trees(const WalkForest& forest, const std::int32_t* keys,
                std::span<const std::uint32_t> roots, std::int32_t* entries);

/// The rows of a block through one tree, each from where it left the top of the tree.
/// keys     [column_count, kBlockRowCount]
/// exits    by row, numbers of exits; as many as `rows`, 64 or 128.
/// starts   by exit, indices of nodes.
/// entries  out: by row, of the leaves reached. Room for kBlockRowCount.
void walk_block(const WalkForest& forest, const std::int32_t* keys, const std::uint8_t* exits,
                std::size_t rows, const std::uint32_t* starts, std::int32_t* entries);

/// The values of leaves: [entry, stride]. Owns nothing.
template <class Sum>
struct LeafRows {
  const Sum* first;
  std::size_t stride;
};

/// Adds to each row's sums the values of its leaf.
/// entries  by row.
/// sums     [row, sum_stride], of which the first leaves.stride are added to.
void add_leaf_rows(const LeafRows<float>& leaves, const std::int32_t* entries, std::size_t rows,
                   std::size_t sum_stride, float* sums);
void add_leaf_rows(const LeafRows<double>& leaves, const std::int32_t* entries, std::size_t rows,
                   std::size_t sum_stride, double* sums);

}  // namespace ml_inference
