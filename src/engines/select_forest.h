// SPDX-License-Identifier: MIT
// A forest of small trees as lists of tests that are asked of blocks of rows.
#pragma once

#include "engines/select_kernels.h"
#include "model/forest.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ml_inference {

template <class Feature>
class KeyColumns;

/// Byte keys and tests of a forest.
///
/// A numerical column of keys has as many different values as its tests can tell apart: its ranks.
/// Byte columns hold 255 ranks each, so a column with more tests than that has several, each of
/// which says least or greatest where another one decides. A categorical test has a byte column of
/// its own, which says 0 where it goes left.
/// Threads: immutable.
class SelectForest {
 public:
  /// Nothing when a tree has more than kSelectLeafCountMax leaves, or when there would be more
  /// byte columns than kByteColumnCountMax.
  /// columns  of this forest.
  template <class Feature>
  [[nodiscard]] static std::optional<SelectForest> make(const Forest& forest,
                                                        const KeyColumns<Feature>& columns);

  [[nodiscard]] std::size_t byte_column_count() const { return byte_columns_.size(); }
  [[nodiscard]] std::size_t tree_count() const { return test_ends_.size(); }

  /// Of a tree, children before parents; none when it is a single leaf.
  [[nodiscard]] std::span<const SelectTest> tests(std::size_t tree) const {
    const std::size_t begin = tree == 0 ? 0 : test_ends_[tree - 1];
    return std::span(tests_).subspan(begin, test_ends_[tree] - begin);
  }

  /// The forest's number of a tree's first leaf; the leaves of a tree follow each other.
  [[nodiscard]] std::size_t first_leaf(std::size_t tree) const { return first_leaves_[tree]; }

  /// The byte keys of a block.
  /// keys   [key column, kBlockRowCount]
  /// bytes  [byte_column_count(), kBlockRowCount]
  void byte_keys(const std::int32_t* keys, std::span<const std::uint32_t> set_words,
                 std::int8_t* bytes) const;

  [[nodiscard]] std::size_t memory_size() const;

  /// What a test can name. 512 KiB of keys a block.
  static constexpr std::size_t kByteColumnCountMax = 8'192;

 private:
  struct ByteColumn {
    std::uint32_t key_column;
    std::int32_t first;  // the rank that is the least byte key; of a categorical one, the first
                         // word of its set
    bool is_categorical;
    // Of a numerical one, the ranks of its key column: ranked_keys_[ranks_begin, ranks_end)
    std::uint32_t ranks_begin;
    std::uint32_t ranks_end;
  };
  template <class Feature>
  class Maker;

  std::vector<ByteColumn> byte_columns_;    // those of a key column together
  std::vector<std::int32_t> ranked_keys_;  // by key column, ascending, each once
  std::vector<SelectTest> tests_;
  std::vector<std::uint32_t> test_ends_;     // by tree
  std::vector<std::uint32_t> first_leaves_;  // by tree
};

}  // namespace ml_inference
