// SPDX-License-Identifier: MIT
// The inner loops of the select engine, for the widest vectors that the machine has.
//
// Select asks every test of the top of a tree of all rows of a block, one byte a row, and carries
// where each row leaves the top up from below: the result of a test is, row by row, that of its
// left or of its right child. Nothing is gathered and nothing branches: 64 rows through one test
// take about as long as one row through one test of a walk.
#pragma once

#include "engines/key_kernels.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace ml_inference {

/// Ways out of the top of a tree, at most: each has a number of one byte.
inline constexpr std::size_t kExitCountMax = 256;

/// A test, 8 bytes. Columns and places are counted in eights: a count times an eighth of a block's
/// rows is the offset in bytes. Places below kExitCountMax are exits, by number; from there on they
/// are results of tests before this one.
struct SelectTest {
  std::uint16_t column = 0;  ///< of byte keys
  std::uint16_t left = 0;    ///< place
  std::uint16_t right = 0;   ///< place
  std::uint8_t result = 0;   ///< place, less kExitCountMax
  std::int8_t key = 0;       ///< left when the row's byte key is at most this
};
static_assert(sizeof(SelectTest) == 8);

/// What SelectTest counts by.
inline constexpr std::size_t kPlaceUnit = 8;

/// Places of results that a tree can need: children come before parents, the larger one first, so
/// the logarithm of the exits and one more.
inline constexpr std::size_t kResultCountMax = 10;

/// What stands at the places: kBlockRowCount bytes each.
inline constexpr std::size_t kPlacesSize = (kExitCountMax + kResultCountMax) * kBlockRowCount;

/// Writes the exits' own numbers to their places.
void fill_exit_places(std::uint8_t* places);

/// The exit that each row takes.
/// tests    of one tree, children before parents; at least one.
/// columns  [column_count, kBlockRowCount] byte keys
/// places   kPlacesSize bytes, as filled by fill_exit_places()
/// exits    out: by row. All three aligned to 64 bytes.
void select_exits(std::span<const SelectTest> tests, const std::int8_t* columns, std::size_t rows,
                  std::uint8_t* places, std::uint8_t* exits);

/// A test of a complete tree, 8 bytes.
struct PathTest {
  std::uint32_t keys = 0;    ///< four times its byte key: right when the row's is greater
  std::uint32_t column = 0;  ///< of byte keys, as an offset in bytes
};
static_assert(sizeof(PathTest) == 8);

/// Deepest complete trees, in tests on a way.
inline constexpr std::size_t kPathDepthMax = 6;

/// The path that each row takes through a complete tree: one bit for each test on it, 1 where it
/// goes right, that of the root the highest. Results stay in registers, and a result is chosen by
/// the sign of a difference: a test costs less than half of one in select_exits().
/// tests    parents before children, everything below the left child before the right one: 2^depth
/// - 1
///          of them, depth at most kPathDepthMax.
/// columns  [column_count, kBlockRowCount] byte keys
/// paths    out: by row. Both aligned to 64 bytes.
void select_paths(std::span<const PathTest> tests, const std::int8_t* columns, std::size_t rows,
                  std::uint8_t* paths);

/// The values of a tree's leaves: [count, width]. Owns nothing.
template <class Sum>
struct LeafValues {
  const Sum* first;
  std::size_t count;
  std::size_t width;
};

/// Adds the values of each row's leaf to its sums.
/// leaves  by row, aligned to 64.
/// sums    [width, kBlockRowCount]; aligned to 64.
void add_selected(const std::uint8_t* leaves, std::size_t rows, const LeafValues<float>& values,
                  float* sums);
void add_selected(const std::uint8_t* leaves, std::size_t rows, const LeafValues<double>& values,
                  double* sums);

}  // namespace ml_inference
