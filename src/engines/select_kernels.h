// SPDX-License-Identifier: MIT
// The inner loops of the select engine, for the widest vectors that the machine has.
//
// Select answers rows in blocks of 64. It asks every test of a tree of all 64 rows, one byte a row,
// and carries the leaf that each row reaches up from below: the result of a test is, row by row,
// that of its left or of its right child. Nothing is gathered and nothing branches, and for trees
// of up to 256 leaves that is less work than walking.
#pragma once

#include "engines/key_kernels.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace ml_inference {

/// Leaves of a tree, at most: each has a number of one byte.
inline constexpr std::size_t kSelectLeafCountMax = 256;

/// A test, 8 bytes. Columns and places are counted in eights, so that eight of one is the offset of
/// its 64 bytes. Places below kSelectLeafCountMax are leaves, by number; from there on they are
/// results of tests before this one.
struct SelectTest {
  std::uint16_t column = 0;  ///< of byte keys
  std::uint16_t left = 0;    ///< place
  std::uint16_t right = 0;   ///< place
  std::uint8_t result = 0;   ///< place, less kSelectLeafCountMax
  std::int8_t key = 0;       ///< left when the row's byte key is at most this
};
static_assert(sizeof(SelectTest) == 8);

/// Places of results that a tree can need: children come before parents, the larger one first, so
/// the logarithm of the leaves and one more.
inline constexpr std::size_t kSelectResultCountMax = 10;

/// What stands at the places: 64 bytes each.
inline constexpr std::size_t kSelectPlacesSize =
    (kSelectLeafCountMax + kSelectResultCountMax) * kBlockRowCount;

/// Writes the leaves' own numbers to the places of leaves.
void fill_leaf_places(std::uint8_t* places);

/// What select works on for one block of rows. All aligned to 64 bytes. Owns nothing.
struct SelectBlock {
  const std::int8_t* columns;  ///< [column_count, kBlockRowCount] byte keys
  std::uint8_t* places;        ///< kSelectPlacesSize bytes, as filled by fill_leaf_places()
  std::uint8_t* leaves;        ///< out: kBlockRowCount numbers
};

/// The leaf of each row.
/// tests   of one tree, children before parents; at least one.
/// blocks  one or two of them: two at once cost less than one after the other.
void select_leaves(std::span<const SelectTest> tests, std::span<const SelectBlock> blocks);

/// Adds the value of each row's leaf to its sum.
/// values  [leaf_count, width]; sums  [width, kBlockRowCount]; aligned to 64.
void add_selected(const std::uint8_t* leaves, const float* values, std::size_t width, float* sums);
void add_selected(const std::uint8_t* leaves, const double* values, std::size_t width,
                  double* sums);

}  // namespace ml_inference
