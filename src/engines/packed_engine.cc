// SPDX-License-Identifier: MIT
#include "engines/packed_engine.h"

#include "base/assert.h"
#include "engines/aligned_array.h"
#include "engines/key_columns.h"
#include "engines/leaf_table.h"
#include "engines/linear_leaves.h"
#include "engines/simd_targets.h"
#include "engines/tree_tops.h"
#include "engines/walk_nodes.h"
#include "model/forest_walk.h"

#include <boost/container/small_vector.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

// Scratch that is seldom too large for the stack.
template <class T, std::size_t kCount>
using Scratch = boost::container::small_vector<T, kCount>;
constexpr boost::container::default_init_t kUninitialised{};

template <class T>
MatrixView<const T> part_of(MatrixView<const T> rows, std::size_t first, std::size_t count) {
  const std::size_t width = rows.column_count();
  return {rows.values().subspan(first * width, count * width), count, width};
}

// From so many rows on a block is quicker than one row after the other, though most of its rows are
// of no use. Measured: docs/engines.md.
constexpr std::size_t kLeastBlockRowCount = 24;

// Rows that go through a tree together before the next tree comes to the cache, where trees are
// walked. Their keys stay in a second-level cache beside a tree.
constexpr std::size_t kBlockCountTogether = 16;
constexpr std::size_t kKeysTogetherSize = std::size_t{1} << 20;

// Feature and Sum: float or double, as the forest's feature_type and sum_type say.
template <class Feature, class Sum>
class PackedEngine final : public Engine {
 public:
  PackedEngine(const Forest& forest, KeyColumns<Feature> columns, LeafTable<Sum> leaves,
               WalkNodes nodes, TreeTops tops);

  [[nodiscard]] std::string_view name() const override {
    return tops_.are_whole() ? kSelectEngineName : kWalkEngineName;
  }
  [[nodiscard]] std::string reason() const override;
  [[nodiscard]] std::size_t memory_size() const override {
    return columns_.memory_size() + leaves_.memory_size() + linear_.memory_size() +
           nodes_.memory_size() + tops_.memory_size() + std::span(first_outputs_).size_bytes();
  }
  void predict(MatrixView<const float> rows, std::span<double> out) const override {
    predict_rows(rows, out);
  }
  void predict(MatrixView<const double> rows, std::span<double> out) const override {
    predict_rows(rows, out);
  }

 private:
  template <class T>
  void predict_rows(MatrixView<const T> rows, std::span<double> out) const;

  // One row through all trees.
  template <class T>
  void walk_row(std::span<const T> row, double* out) const;
  void add_leaves(std::span<const std::int32_t> entries, Sum* sums) const;
  template <std::size_t kCount>
  void add_outputs(std::span<const std::int32_t> entries, std::size_t first, Sum* sums) const;

  // Blocks of rows through one tree after the other.
  class Blocks;
  template <class T>
  void predict_blocks(MatrixView<const T> rows, std::span<double> out) const;
  template <class T>
  void add_tree(std::size_t tree, MatrixView<const T> rows, Blocks& blocks) const;
  template <class T>
  void add_exits(std::size_t tree, MatrixView<const T> rows, const std::uint8_t* leaves,
                 Sum* sums) const;
  template <class T>
  void add_entries(std::size_t tree, MatrixView<const T> rows, const std::int32_t* entries,
                   Sum* sums) const;

  // Adds a leaf's values, or what its linear function gives the row.
  template <class T>
  void add_leaf(std::size_t entry, std::span<const T> row, Sum* sums) const;
  void finish(const Sum* sums, double* out) const;

  // The sums of a block, row by row where rows are walked on, output by output where they are not.
  void start(Sum* sums) const;
  void finish(const Sum* sums, std::size_t row, double* out) const;

  std::size_t feature_count_;
  std::size_t output_count_;
  KeyColumns<Feature> columns_;
  LeafTable<Sum> leaves_;
  LinearLeaves linear_;
  WalkNodes nodes_;
  TreeTops tops_;
  WalkForest walk_;
  std::vector<std::uint32_t> first_outputs_;  // by tree
  std::vector<Sum> starts_;                   // by output: what is added to
  std::vector<Sum> ends_;                     // by output, or empty: what is added last
  std::vector<Sum> divisors_;                 // by output
  std::size_t sum_stride_;                    // from the sums of a row to those of the next one
};

template <class Feature, class Sum>
PackedEngine<Feature, Sum>::PackedEngine(const Forest& forest, KeyColumns<Feature> columns,
                                         LeafTable<Sum> leaves, WalkNodes nodes, TreeTops tops)
    : feature_count_(forest.feature_count()),
      output_count_(forest.output_count()),
      columns_(std::move(columns)),
      leaves_(std::move(leaves)),
      linear_(forest),
      nodes_(std::move(nodes)),
      tops_(std::move(tops)),
      walk_(nodes_.view(columns_.set_words().data())),
      first_outputs_(forest.first_outputs().begin(), forest.first_outputs().end()),
      starts_(output_count_, Sum{0}),
      sum_stride_(output_count_) {
  for (const double divisor : divisors(forest)) divisors_.push_back(static_cast<Sum>(divisor));
  if (leaves_.width() == output_count_ && !tops_.are_whole()) sum_stride_ = leaves_.stride();
  const std::vector<double>& base = forest.shape().base;
  if (!base.empty()) (forest.shape().base_last ? ends_ : starts_).assign(base.begin(), base.end());
  columns_.forget_tests();
  leaves_.forget_leaves();
}

template <class Feature, class Sum>
std::string PackedEngine<Feature, Sum>::reason() const {
  if (tops_.are_whole()) {
    return fmt::format(
        "trees of {} leaves at most: {} rows and more are asked all tests of a tree at once, fewer "
        "are walked one by one; {}",
        kExitCountMax, kLeastBlockRowCount, simd_target());
  }
  return fmt::format(
      "trees of more than {} leaves: rows are walked, {} and more of them tree by tree behind the "
      "top {} tests, fewer one by one; {}",
      kExitCountMax, kLeastBlockRowCount, TreeTops::kTopTestCountMax, simd_target());
}

template <class Feature, class Sum>
template <class T>
void PackedEngine<Feature, Sum>::predict_rows(MatrixView<const T> rows,
                                              std::span<double> out) const {
  ASSERT(rows.column_count() == feature_count_);
  ASSERT(out.size() == rows.row_count() * output_count_);
  // What is left of the last block fills it well enough or goes row by row.
  const std::size_t rest = rows.row_count() % kBlockRowCount;
  const std::size_t in_blocks = rows.row_count() - (rest < kLeastBlockRowCount ? rest : 0);
  if (in_blocks > 0) predict_blocks(part_of(rows, 0, in_blocks), out);
  for (std::size_t row = in_blocks; row < rows.row_count(); ++row) {
    walk_row(rows.row(row), out.subspan(row * output_count_).data());
  }
}

template <class Feature, class Sum>
template <class T>
void PackedEngine<Feature, Sum>::walk_row(std::span<const T> row, double* out) const {
  Scratch<std::int32_t, 1024> keys(columns_.column_count() + kWalkGroupSize, kUninitialised);
  columns_.keys_of(row, keys.data());
  const std::span<const std::uint32_t> roots = nodes_.roots();
  Scratch<std::int32_t, 2048> entries(roots.size() + kWalkGroupSize, kUninitialised);
  Scratch<Sum, 64> sums(starts_.begin(), starts_.end());
  if (!roots.empty()) walk_trees(walk_, keys.data(), roots, entries.data());
  if (linear_.empty() && leaves_.width() == output_count_) {
    add_leaves(std::span(entries).first(roots.size()), sums.data());
  } else {
    for (std::size_t tree = 0; tree < roots.size(); ++tree) {
      add_leaf(static_cast<std::size_t>(entries[tree]), row, &sums[first_outputs_[tree]]);
    }
  }
  finish(sums.data(), out);
}

// Output after output in registers: through memory, each addition waits for the store before it.
template <class Feature, class Sum>
void PackedEngine<Feature, Sum>::add_leaves(std::span<const std::int32_t> entries,
                                            Sum* sums) const {
  std::size_t first = 0;
  for (; output_count_ - first >= 4; first += 4) add_outputs<4>(entries, first, sums);
  switch (output_count_ - first) {
    case 3: return add_outputs<3>(entries, first, sums);
    case 2: return add_outputs<2>(entries, first, sums);
    case 1: return add_outputs<1>(entries, first, sums);
    default: return;
  }
}

template <class Feature, class Sum>
template <std::size_t kCount>
void PackedEngine<Feature, Sum>::add_outputs(std::span<const std::int32_t> entries,
                                             std::size_t first, Sum* sums) const {
  std::array<Sum, kCount> partial;
  std::copy_n(sums + first, kCount, partial.begin());
  for (const std::int32_t entry : entries) {
    const Sum* const leaf = leaves_.values(static_cast<std::size_t>(entry)) + first;
    for (std::size_t output = 0; output < kCount; ++output) partial[output] += leaf[output];
  }
  std::ranges::copy(partial, sums + first);
}

template <class Feature, class Sum>
template <class T>
void PackedEngine<Feature, Sum>::add_leaf(std::size_t entry, std::span<const T> row,
                                          Sum* sums) const {
  const Sum* const values = leaves_.values(entry);
  if (!linear_.empty() && linear_.is_linear(entry)) {
    const auto fallback = static_cast<double>(*values);
    *sums += static_cast<Sum>(linear_.value<Feature>(entry, row, fallback));
    return;
  }
  const std::size_t width = leaves_.width();
  for (std::size_t value = 0; value < width; ++value) sums[value] += values[value];
}

template <class Feature, class Sum>
void PackedEngine<Feature, Sum>::finish(const Sum* sums, double* out) const {
  for (std::size_t output = 0; output < output_count_; ++output) {
    Sum sum = sums[output] / divisors_[output];
    if (!ends_.empty()) sum += ends_[output];
    out[output] = sum;
  }
}

template <class Feature, class Sum>
void PackedEngine<Feature, Sum>::start(Sum* sums) const {
  if (tops_.are_whole()) {
    for (const Sum value : starts_) sums = std::fill_n(sums, kBlockRowCount, value);
    return;
  }
  std::fill_n(sums, kBlockRowCount * sum_stride_, Sum{0});
  for (std::size_t row = 0; row < kBlockRowCount; ++row, sums += sum_stride_) {
    std::ranges::copy(starts_, sums);
  }
}

template <class Feature, class Sum>
void PackedEngine<Feature, Sum>::finish(const Sum* sums, std::size_t row, double* out) const {
  if (!tops_.are_whole()) return finish(sums + row * sum_stride_, out);
  Scratch<Sum, 64> of_row(output_count_, kUninitialised);
  for (std::size_t output = 0; output < output_count_; ++output) {
    of_row[output] = sums[output * kBlockRowCount + row];
  }
  finish(of_row.data(), out);
}

// Keys and sums of blocks that go through the trees together.
template <class Feature, class Sum>
class PackedEngine<Feature, Sum>::Blocks {
 public:
  Blocks(const PackedEngine& engine, std::size_t row_count)
      : key_size_(engine.columns_.column_count() * kBlockRowCount),
        byte_size_(engine.tops_.byte_column_count() * kBlockRowCount),
        sum_size_(engine.sum_stride_ * kBlockRowCount),
        most_(most_blocks(engine, row_count)),
        keys_((engine.tops_.are_whole() ? 1 : most_) * key_size_),
        bytes_(most_ * byte_size_),
        sums_(most_ * sum_size_),
        places_(kPlacesSize) {
    fill_exit_places(places_.data());
  }

  // Rows that there is room for.
  [[nodiscard]] std::size_t row_limit() const { return most_ * kBlockRowCount; }

  // Of a block. The keys are those of the last one when trees are whole.
  [[nodiscard]] std::int32_t* keys(std::size_t block) {
    return keys_.size() == key_size_ ? keys_.data() : keys_.data() + block * key_size_;
  }
  [[nodiscard]] std::int8_t* bytes(std::size_t block) { return bytes_.data() + block * byte_size_; }
  [[nodiscard]] Sum* sums(std::size_t block) { return sums_.data() + block * sum_size_; }

  [[nodiscard]] std::uint8_t* places() { return places_.data(); }

 private:
  static std::size_t most_blocks(const PackedEngine& engine, std::size_t row_count) {
    if (engine.tops_.are_whole()) return 1;
    const std::size_t size_of_row =
        engine.columns_.column_count() * sizeof(std::int32_t) + engine.tops_.byte_column_count();
    const std::size_t fitting = kKeysTogetherSize / size_of_row / kBlockRowCount;
    const std::size_t needed = (row_count + kBlockRowCount - 1) / kBlockRowCount;
    return std::min(needed, std::clamp<std::size_t>(fitting, 1, kBlockCountTogether));
  }

  std::size_t key_size_;
  std::size_t byte_size_;
  std::size_t sum_size_;
  std::size_t most_;
  AlignedArray<std::int32_t> keys_;  // [block, key column, row]
  AlignedArray<std::int8_t> bytes_;  // [block, byte column, row]
  AlignedArray<Sum> sums_;           // [block, output, row] or [block, row, output]
  AlignedArray<std::uint8_t> places_;
};

// How many rows of a block are computed for so many rows.
std::size_t computed_rows(std::size_t row_count) {
  return row_count > kHalfBlockRowCount ? kBlockRowCount : kHalfBlockRowCount;
}

// The rows of a block, out of those that go together.
template <class T>
MatrixView<const T> block_of(MatrixView<const T> rows, std::size_t block) {
  const std::size_t first = block * kBlockRowCount;
  return part_of(rows, first, std::min(kBlockRowCount, rows.row_count() - first));
}

// Tree after tree, so that a tree stays in the cache while many rows go through it.
template <class Feature, class Sum>
template <class T>
void PackedEngine<Feature, Sum>::predict_blocks(MatrixView<const T> rows,
                                                std::span<double> out) const {
  Blocks blocks(*this, rows.row_count());
  for (std::size_t first = 0; first < rows.row_count(); first += blocks.row_limit()) {
    const MatrixView<const T> together =
        part_of(rows, first, std::min(blocks.row_limit(), rows.row_count() - first));
    for (std::size_t begin = 0; begin < together.row_count(); begin += kBlockRowCount) {
      const std::size_t block = begin / kBlockRowCount;
      const MatrixView<const T> of_block = block_of(together, block);
      const std::size_t count = computed_rows(of_block.row_count());
      columns_.keys_of_block(of_block, count, blocks.keys(block));
      tops_.byte_keys(blocks.keys(block), count, columns_.set_words(), blocks.bytes(block));
      start(blocks.sums(block));
    }
    for (std::size_t tree = 0; tree < tops_.tree_count(); ++tree) add_tree(tree, together, blocks);
    for (std::size_t row = 0; row < together.row_count(); ++row) {
      finish(blocks.sums(row / kBlockRowCount), row % kBlockRowCount,
             &out[(first + row) * output_count_]);
    }
  }
}

template <class Feature, class Sum>
template <class T>
void PackedEngine<Feature, Sum>::add_tree(std::size_t tree, MatrixView<const T> rows,
                                          Blocks& blocks) const {
  alignas(64) std::array<std::uint8_t, kBlockRowCount> exits;
  std::array<std::int32_t, kBlockRowCount> entries;
  const std::span<const SelectTest> tests = tops_.tests(tree);
  for (std::size_t begin = 0; begin < rows.row_count(); begin += kBlockRowCount) {
    const std::size_t block = begin / kBlockRowCount;
    const MatrixView<const T> of_block = block_of(rows, block);
    const std::size_t count = computed_rows(of_block.row_count());
    if (const std::span<const PathTest> paths = tops_.path_tests(tree); !paths.empty()) {
      select_paths(paths, blocks.bytes(block), count, exits.data());
    } else if (!tests.empty()) {
      select_exits(tests, blocks.bytes(block), count, blocks.places(), exits.data());
    } else {
      exits.fill(0);
    }
    if (tops_.are_whole()) {
      add_exits(tree, of_block, exits.data(), blocks.sums(block));
    } else {
      nodes_.prefetch(tree + 1, block, (rows.row_count() + kBlockRowCount - 1) / kBlockRowCount);
      walk_block(walk_, blocks.keys(block), exits.data(), count, tops_.exit_nodes(tree),
                 entries.data());
      add_entries(tree, of_block, entries.data(), blocks.sums(block));
    }
  }
}

template <class Feature, class Sum>
template <class T>
void PackedEngine<Feature, Sum>::add_exits(std::size_t tree, MatrixView<const T> rows,
                                           const std::uint8_t* leaves, Sum* sums) const {
  const std::size_t first_leaf = tops_.first_leaf(tree);
  sums += first_outputs_[tree] * kBlockRowCount;
  if (linear_.empty()) {
    const LeafValues<Sum> values{.first = leaves_.values(first_leaf),
                                 .count = tops_.leaf_count(tree),
                                 .width = leaves_.width()};
    add_selected(leaves, computed_rows(rows.row_count()), values, sums);
    return;
  }
  for (std::size_t row = 0; row < rows.row_count(); ++row) {
    add_leaf(first_leaf + leaves[row], rows.row(row), sums + row);
  }
}

template <class Feature, class Sum>
template <class T>
void PackedEngine<Feature, Sum>::add_entries(std::size_t tree, MatrixView<const T> rows,
                                             const std::int32_t* entries, Sum* sums) const {
  sums += first_outputs_[tree];
  if (!linear_.empty()) {
    for (std::size_t row = 0; row < rows.row_count(); ++row, sums += sum_stride_) {
      add_leaf(static_cast<std::size_t>(entries[row]), rows.row(row), sums);
    }
    return;
  }
  const LeafRows<Sum> leaves{.first = leaves_.values(0), .stride = leaves_.stride()};
  add_leaf_rows(leaves, entries, rows.row_count(), sum_stride_, sums);
}

template <class Feature, class Sum>
Result<std::unique_ptr<const Engine>> make(const Forest& forest) {
  ASSIGN_OR_RETURN(KeyColumns<Feature> columns, KeyColumns<Feature>::make(forest));
  TreeTops tops(forest, columns);
  using Leaves = LeafTable<Sum>;
  Leaves leaves = tops.are_whole() ? Leaves(forest, tops.take_leaf_order()) : Leaves(forest);
  ASSIGN_OR_RETURN(
      WalkNodes nodes,
      WalkNodes::make(
          forest, columns, [&leaves](std::size_t leaf) { return leaves.entry_of(leaf); }, tops));
  return std::make_unique<PackedEngine<Feature, Sum>>(forest, std::move(columns), std::move(leaves),
                                                      std::move(nodes), std::move(tops));
}

}  // namespace

Result<std::unique_ptr<const Engine>> make_packed_engine(const Forest& forest) {
  const bool is_wide = forest.shape().feature_type == NumberType::float64;
  if (forest.shape().sum_type == NumberType::float64) {
    return is_wide ? make<double, double>(forest) : make<float, double>(forest);
  }
  return is_wide ? make<double, float>(forest) : make<float, float>(forest);
}

}  // namespace ml_inference
