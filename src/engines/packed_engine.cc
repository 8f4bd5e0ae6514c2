// SPDX-License-Identifier: MIT
#include "engines/packed_engine.h"

#include "base/assert.h"
#include "engines/aligned_array.h"
#include "engines/key_columns.h"
#include "engines/leaf_table.h"
#include "engines/linear_leaves.h"
#include "engines/select_forest.h"
#include "engines/walk_nodes.h"
#include "model/forest_walk.h"

#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

// Scratch that is seldom too large for the stack.
template <class T, std::size_t kCount>
using Scratch = boost::container::small_vector<T, kCount>;
constexpr boost::container::default_init_t kUninitialised{};

// From so many rows on a block of 64 is quicker than one row after the other, however many of its
// rows are of no use. Measured: docs/engines.md.
constexpr std::size_t kSelectRowCount = 24;
constexpr std::size_t kSideBySideRowCount = 48;

// Keys of the rows that go through a tree together: 1 MiB of them stay in a second-level cache,
// beside a tree.
constexpr std::size_t kKeyCountTogether = std::size_t{1} << 18;
constexpr std::size_t kBlockCountTogether = 64;

// Feature and Sum: float or double, as the forest's feature_type and sum_type say.
template <class Feature, class Sum>
class PackedEngine final : public Engine {
 public:
  PackedEngine(const Forest& forest, KeyColumns<Feature> columns, LeafTable<Sum> leaves,
               WalkNodes nodes, std::optional<SelectForest> select);

  [[nodiscard]] std::string_view name() const override {
    return select_ ? kSelectEngineName : kWalkEngineName;
  }
  [[nodiscard]] std::size_t memory_size() const override {
    return columns_.memory_size() + leaves_.memory_size() + linear_.memory_size() +
           nodes_.memory_size() + (select_ ? select_->memory_size() : 0) +
           std::span(first_outputs_).size_bytes();
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
  template <class T>
  void walk_blocks(MatrixView<const T> rows, std::size_t begin, std::span<double> out) const;
  template <class T>
  void select_blocks(MatrixView<const T> rows, std::size_t begin, std::span<double> out) const;
  struct SelectScratch;
  template <class T>
  void select_tree(std::size_t tree, MatrixView<const T> rows, std::size_t begin,
                   std::size_t block_count, SelectScratch& scratch) const;

  // Adds a leaf's values, or what its linear function gives the row.
  template <class T>
  void add_leaf(std::size_t entry, std::span<const T> row, Sum* sums) const;
  void finish(const Sum* sums, double* out) const;

  std::size_t feature_count_;
  std::size_t output_count_;
  KeyColumns<Feature> columns_;
  LeafTable<Sum> leaves_;
  LinearLeaves linear_;
  WalkNodes nodes_;
  std::optional<SelectForest> select_;
  WalkForest walk_;
  std::vector<std::uint32_t> first_outputs_;  // by tree
  std::vector<Sum> starts_;                   // by output: what is added to
  std::vector<Sum> ends_;                     // by output, or empty: what is added last
  std::vector<Sum> divisors_;                 // by output
};

template <class Feature, class Sum>
PackedEngine<Feature, Sum>::PackedEngine(const Forest& forest, KeyColumns<Feature> columns,
                                         LeafTable<Sum> leaves, WalkNodes nodes,
                                         std::optional<SelectForest> select)
    : feature_count_(forest.feature_count()),
      output_count_(forest.output_count()),
      columns_(std::move(columns)),
      leaves_(std::move(leaves)),
      linear_(forest),
      nodes_(std::move(nodes)),
      select_(std::move(select)),
      walk_(nodes_.view(columns_.set_words().data())),
      first_outputs_(forest.first_outputs().begin(), forest.first_outputs().end()),
      starts_(output_count_, Sum{0}) {
  for (const double divisor : divisors(forest)) divisors_.push_back(static_cast<Sum>(divisor));
  const std::vector<double>& base = forest.shape().base;
  if (!base.empty()) (forest.shape().base_last ? ends_ : starts_).assign(base.begin(), base.end());
  columns_.forget_tests();
  leaves_.forget_leaves();
}

template <class Feature, class Sum>
template <class T>
void PackedEngine<Feature, Sum>::predict_rows(MatrixView<const T> rows,
                                              std::span<double> out) const {
  ASSERT(rows.column_count() == feature_count_);
  ASSERT(out.size() == rows.row_count() * output_count_);
  const std::size_t least_block = select_ ? kSelectRowCount : kSideBySideRowCount;
  const std::size_t rest = rows.row_count() % kBlockRowCount;
  // The rest either fills a block well enough or goes row by row.
  const std::size_t alone = rest < least_block ? rest : 0;
  const std::size_t in_blocks = rows.row_count() - alone;
  if (in_blocks > 0) {
    const MatrixView<const T> blocks(rows.values().first(in_blocks * feature_count_), in_blocks,
                                     feature_count_);
    if (select_) {
      select_blocks(blocks, 0, out);
    } else {
      walk_blocks(blocks, 0, out);
    }
  }
  for (std::size_t row = in_blocks; row < rows.row_count(); ++row) {
    walk_row(rows.row(row), out.subspan(row * output_count_).data());
  }
}

template <class Feature, class Sum>
template <class T>
void PackedEngine<Feature, Sum>::walk_row(std::span<const T> row, double* out) const {
  Scratch<std::int32_t, 1024> keys(columns_.column_count(), kUninitialised);
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

// Tree after tree, so that a tree stays in the cache while many rows go through it.
template <class Feature, class Sum>
template <class T>
void PackedEngine<Feature, Sum>::walk_blocks(MatrixView<const T> rows, std::size_t begin,
                                             std::span<double> out) const {
  const std::size_t keys_of_block = columns_.column_count() * kBlockRowCount;
  const std::size_t most = std::min(
      std::clamp<std::size_t>(kKeyCountTogether / keys_of_block, 1, kBlockCountTogether),
      (rows.row_count() - begin + kBlockRowCount - 1) / kBlockRowCount);
  std::vector<std::int32_t> keys(most * keys_of_block);
  std::vector<std::int32_t> entries(most * kBlockRowCount);
  std::vector<Sum> sums(most * kBlockRowCount * output_count_);
  while (begin < rows.row_count()) {
    const std::size_t count = std::min(most * kBlockRowCount, rows.row_count() - begin);
    const std::size_t block_count = (count + kBlockRowCount - 1) / kBlockRowCount;
    for (std::size_t block = 0; block < block_count; ++block) {
      columns_.keys_of_block(rows, begin + block * kBlockRowCount, &keys[block * keys_of_block]);
    }
    for (std::size_t row = 0; row < count; ++row) {
      std::ranges::copy(starts_, &sums[row * output_count_]);
    }
    for (std::size_t tree = 0; tree < nodes_.roots().size(); ++tree) {
      walk_rows(walk_, keys.data(), block_count, nodes_.roots()[tree], entries.data());
      Sum* sum = &sums[first_outputs_[tree]];
      for (std::size_t row = 0; row < count; ++row, sum += output_count_) {
        add_leaf(static_cast<std::size_t>(entries[row]), rows.row(begin + row), sum);
      }
    }
    for (std::size_t row = 0; row < count; ++row) {
      finish(&sums[row * output_count_], &out[(begin + row) * output_count_]);
    }
    begin += count;
  }
}

// Of two blocks at once.
template <class Feature, class Sum>
struct PackedEngine<Feature, Sum>::SelectScratch {
  static constexpr std::size_t kBlockCount = 2;

  SelectScratch(std::size_t key_column_count, const SelectForest& select, std::size_t output_count)
      : keys(key_column_count * kBlockRowCount),
        bytes(kBlockCount * select.byte_column_count() * kBlockRowCount),
        places(kBlockCount * kSelectPlacesSize),
        leaves(kBlockCount * kBlockRowCount),
        sums(kBlockCount * output_count * kBlockRowCount) {
    for (std::size_t block = 0; block < kBlockCount; ++block) {
      const std::size_t size = select.byte_column_count() * kBlockRowCount;
      blocks[block] = {.columns = bytes.data() + block * size,
                       .places = places.data() + block * kSelectPlacesSize,
                       .leaves = leaves.data() + block * kBlockRowCount};
      fill_leaf_places(blocks[block].places);
    }
  }

  AlignedArray<std::int32_t> keys;    // [key column, row] of one block
  AlignedArray<std::int8_t> bytes;    // [block, byte column, row]
  AlignedArray<std::uint8_t> places;
  AlignedArray<std::uint8_t> leaves;  // [block, row]
  AlignedArray<Sum> sums;             // [block, output, row]
  std::array<SelectBlock, kBlockCount> blocks{};
};

template <class Feature, class Sum>
template <class T>
void PackedEngine<Feature, Sum>::select_blocks(MatrixView<const T> rows, std::size_t begin,
                                               std::span<double> out) const {
  SelectScratch scratch(columns_.column_count(), *select_, output_count_);
  const std::size_t bytes_size = select_->byte_column_count() * kBlockRowCount;
  Scratch<Sum, 64> of_row(output_count_, kUninitialised);
  for (; begin < rows.row_count(); begin += SelectScratch::kBlockCount * kBlockRowCount) {
    const std::size_t count =
        std::min(SelectScratch::kBlockCount * kBlockRowCount, rows.row_count() - begin);
    const std::size_t block_count = (count + kBlockRowCount - 1) / kBlockRowCount;
    for (std::size_t block = 0; block < block_count; ++block) {
      columns_.keys_of_block(rows, begin + block * kBlockRowCount, scratch.keys.data());
      select_->byte_keys(scratch.keys.data(), columns_.set_words(),
                         scratch.bytes.data() + block * bytes_size);
    }
    for (std::size_t index = 0; index < block_count * output_count_; ++index) {
      std::fill_n(scratch.sums.data() + index * kBlockRowCount, kBlockRowCount,
                  starts_[index % output_count_]);
    }
    for (std::size_t tree = 0; tree < select_->tree_count(); ++tree) {
      select_tree(tree, rows, begin, block_count, scratch);
    }
    for (std::size_t row = 0; row < count; ++row) {
      const std::size_t block = row / kBlockRowCount;
      const Sum* sums = scratch.sums.data() + block * output_count_ * kBlockRowCount;
      for (std::size_t output = 0; output < output_count_; ++output) {
        of_row[output] = sums[output * kBlockRowCount + row % kBlockRowCount];
      }
      finish(of_row.data(), &out[(begin + row) * output_count_]);
    }
  }
}

template <class Feature, class Sum>
template <class T>
void PackedEngine<Feature, Sum>::select_tree(std::size_t tree, MatrixView<const T> rows,
                                             std::size_t begin, std::size_t block_count,
                                             SelectScratch& scratch) const {
  const std::span<const SelectTest> tests = select_->tests(tree);
  if (tests.empty()) {
    std::ranges::fill(scratch.leaves.span(), 0);
  } else {
    select_leaves(tests, std::span(scratch.blocks).first(block_count));
  }
  const std::size_t first_leaf = select_->first_leaf(tree);
  for (std::size_t block = 0; block < block_count; ++block) {
    const std::uint8_t* const leaves = scratch.blocks[block].leaves;
    Sum* const sums =
        scratch.sums.data() + (block * output_count_ + first_outputs_[tree]) * kBlockRowCount;
    if (linear_.empty()) {
      add_selected(leaves, leaves_.values(first_leaf), leaves_.width(), sums);
      continue;
    }
    const std::size_t first = begin + block * kBlockRowCount;
    const std::size_t count = std::min(kBlockRowCount, rows.row_count() - first);
    for (std::size_t row = 0; row < count; ++row) {
      add_leaf(first_leaf + leaves[row], rows.row(first + row), sums + row);
    }
  }
}

template <class Feature, class Sum>
std::unique_ptr<const Engine> make(const Forest& forest) {
  std::optional<KeyColumns<Feature>> columns = KeyColumns<Feature>::make(forest);
  if (!columns) return nullptr;
  std::optional<SelectForest> select = SelectForest::make(forest, *columns);
  using Leaves = LeafTable<Sum>;
  Leaves leaves(forest, select ? Leaves::Sharing::none : Leaves::Sharing::equal_leaves);
  std::optional<WalkNodes> nodes = WalkNodes::make<Feature>(
      forest, *columns, [&leaves](std::size_t leaf) { return leaves.entry_of(leaf); });
  if (!nodes) return nullptr;
  return std::make_unique<PackedEngine<Feature, Sum>>(forest, std::move(*columns),
                                                      std::move(leaves), std::move(*nodes),
                                                      std::move(select));
}

}  // namespace

std::unique_ptr<const Engine> make_packed_engine(const Forest& forest) {
  const bool is_wide = forest.shape().feature_type == NumberType::float64;
  if (forest.shape().sum_type == NumberType::float64) {
    return is_wide ? make<double, double>(forest) : make<float, double>(forest);
  }
  return is_wide ? make<double, float>(forest) : make<float, float>(forest);
}

}  // namespace ml_inference
