// SPDX-License-Identifier: MIT
// The tops of a forest's trees as lists of tests that are asked of blocks of rows.
#pragma once

#include "engines/select_kernels.h"
#include "model/forest.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace ml_inference {

template <class Feature>
class KeyColumns;

/// The tops are the whole trees where all of them have few enough leaves, else the tests with the
/// most others below them.
/// Rows leave a top by exits: leaves, or tests from which they are walked on.
///
/// Tests compare bytes. A numerical column of keys has as many different values as the tests of the
/// tops can tell apart: its ranks. Byte columns hold 255 ranks each, so a column with more tests
/// than that has several, each of which says least or greatest where another one decides. A
/// categorical test has a byte column of its own, which says 0 where it goes left.
/// Threads: immutable.
class TreeTops {
 public:
  /// columns  of this forest.
  template <class Feature>
  TreeTops(const Forest& forest, const KeyColumns<Feature>& columns);

  [[nodiscard]] std::size_t tree_count() const { return tops_.size(); }
  [[nodiscard]] std::size_t byte_column_count() const { return byte_columns_.size(); }

  /// Whether the tops are the whole trees: exits are leaves, and no row is walked on.
  [[nodiscard]] bool are_whole() const { return are_whole_; }

  /// Of a whole tree: which of the leaves in take_leaf_order() are its exits.
  [[nodiscard]] std::size_t first_leaf(std::size_t tree) const { return tops_[tree].first; }
  [[nodiscard]] std::size_t leaf_count(std::size_t tree) const {
    return 1 + std::max(tests(tree).size(), path_tests(tree).size());
  }

  /// Of whole trees, by tree and exit, the forest's numbers of the leaves: in its order, but more
  /// than once in trees that are completed. It is given once.
  [[nodiscard]] std::vector<std::uint32_t> take_leaf_order() { return std::move(leaf_order_); }

  /// Of another, the nodes of its exits, by exit.
  [[nodiscard]] const std::uint32_t* exit_nodes(std::size_t tree) const {
    return &exit_nodes_[tops_[tree].first];
  }

  /// Exits are nodes by other numbers from now on.
  /// places  by node of the forest.
  void move_exits(std::span<const std::uint32_t> places);

  /// Of a tree, children before parents. When there are neither these nor path_tests(), every row
  /// takes exit 0.
  [[nodiscard]] std::span<const SelectTest> tests(std::size_t tree) const {
    const std::size_t begin = tree == 0 ? 0 : tops_[tree - 1].test_end;
    return std::span(tests_).subspan(begin, tops_[tree].test_end - begin);
  }

  /// Of a whole tree that is shallow and nearly complete, completed by tests where all go left:
  /// then exits are paths. Else none.
  [[nodiscard]] std::span<const PathTest> path_tests(std::size_t tree) const {
    const std::size_t begin = tree == 0 ? 0 : tops_[tree - 1].path_test_end;
    return std::span(path_tests_).subspan(begin, tops_[tree].path_test_end - begin);
  }

  /// The byte keys of a block.
  /// keys   [key column, kBlockRowCount]
  /// bytes  [byte_column_count(), kBlockRowCount]
  void byte_keys(const std::int32_t* keys, std::size_t rows,
                 std::span<const std::uint32_t> set_words, std::int8_t* bytes) const;

  [[nodiscard]] std::size_t memory_size() const;

  /// What a test can name: 1 MiB of keys a block.
  static constexpr std::size_t kByteColumnCountMax = 8'192;

  /// Byte columns for categorical tests: each costs as much as some twenty tests. With more of them
  /// such tests are walked.
  static constexpr std::size_t kSetColumnCountMax = 512;

  /// Tests of a top that is not the whole tree, those with the most others below them: some seven
  /// levels of the way that rows take. Further ones are met by too few rows.
  static constexpr std::size_t kTopTestCountMax = 63;

  /// A whole tree is completed to so many times its tests: one by path costs less than half of
  /// another.
  static constexpr std::size_t kCompletionMax = 2;

 private:
  struct ByteColumn {
    std::uint32_t key_column;
    std::int32_t first;  // the rank that is the least byte key; of a categorical one, the first
                         // word of its set
    bool is_categorical;
    // Of a numerical one, the ranks of its key column: ranked_keys_[ranks_begin, ranks_end).
    std::uint32_t ranks_begin;
    std::uint32_t ranks_end;
  };
  struct Top {
    std::uint32_t test_end;
    std::uint32_t path_test_end;
    std::uint32_t first;  // leaf, or exit in exit_nodes_
  };
  template <class Feature>
  class Maker;

  [[nodiscard]] std::span<const std::int32_t> ranks_of(const ByteColumn& column) const {
    return std::span(ranked_keys_)
        .subspan(column.ranks_begin, column.ranks_end - column.ranks_begin);
  }

  std::vector<ByteColumn> byte_columns_;   // those of a key column together
  std::vector<std::int32_t> ranked_keys_;  // by key column, ascending, each once
  std::vector<SelectTest> tests_;
  std::vector<PathTest> path_tests_;
  std::vector<std::uint32_t> leaf_order_;
  std::vector<std::uint32_t> exit_nodes_;
  std::vector<Top> tops_;  // by tree
  bool are_whole_ = true;
};

}  // namespace ml_inference
