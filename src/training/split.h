// SPDX-License-Identifier: MIT
// What TreeGrower and the searches for splits say to each other.
//
// A search knows the rows of one node at a time and looks at one feature after another. All share
// one shape, which TreeGrower uses:
//
//   Search::Split             a test, derived from SplitBase
//   feature_count()
//   set_weights(weights)      by row, 0 for rows that the tree does not see
//   enter(rows)               from now on this node; rows ascending, at least one, which outlive
//                             what is asked about them
//   node()                    what the criterion knows of the node, see criteria.h
//   consider(feature, random, best)
//                             replaces `best` when a cut of this feature scores higher; false when
//                             the feature is constant among the rows, and so below this node
//   kMayStopEarly             whether features need no looking at once no score can be higher
//   partition(rows, split)    brings the rows that go left before those that go right, both still
//                             ascending; returns how many go left
//   threshold(split)
//   append_leaf(rows, out)    the values of a leaf of these rows
//
// NodeSearch takes the best cut of a feature, RandomSearch one at random.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace ml_inference {

/// A test of a node, and what it is worth. The first one with the highest score is taken.
struct SplitBase {
  double score = -std::numeric_limits<double>::infinity();  ///< of both sides, see criteria.h
  std::size_t feature = 0;
  bool missing_goes_left = false;

  [[nodiscard]] bool exists() const { return score != SplitBase{}.score; }
};

/// Partitions rows without a branch that the processor has to guess.
/// goes_left  a function of a row.
/// scratch    grows to the number of rows.
template <class GoesLeft>
std::size_t partition_rows(std::span<std::uint32_t> rows, std::vector<std::uint32_t>& scratch,
                           const GoesLeft& goes_left) {
  scratch.resize(std::max(scratch.size(), rows.size()));
  std::size_t left_count = 0;
  std::size_t right_count = 0;
  for (const std::uint32_t row : rows) {
    const bool is_left = goes_left(row);
    rows[left_count] = row;
    scratch[right_count] = row;
    left_count += is_left ? 1 : 0;
    right_count += is_left ? 0 : 1;
  }
  std::ranges::copy(std::span(scratch).first(right_count), rows.subspan(left_count).begin());
  return left_count;
}

}  // namespace ml_inference
