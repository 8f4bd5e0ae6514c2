// SPDX-License-Identifier: MIT
#include "engines/walk_kernels.h"

#include "engines/simd_limits.h"

#include <algorithm>
#include <array>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engines/walk_kernels.cc"
#include <hwy/foreach_target.h>
// Behind foreach_target.h:
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace ml_inference {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3

// From one column of a block's keys to the next.
constexpr int kBlockShift = 7;
static_assert(1U << kBlockShift == kBlockRowCount);

const hn::ScalableTag<std::int32_t> kInts;
const hn::ScalableTag<std::uint32_t> kWords;
using Ints = hn::Vec<decltype(kInts)>;
using Words = hn::Vec<decltype(kWords)>;
using Lanes = hn::Mask<decltype(kInts)>;
constexpr std::size_t kVectorSize = hn::MaxLanes(kInts);

struct Nodes {
  Ints key;
  Ints link;
};

// Both halves of a node by one gather of 8 bytes: a gather costs by the element.
HWY_INLINE Nodes load_nodes(const WalkNode* nodes, Ints index) {
  const hn::RepartitionToWide<decltype(kInts)> pairs;
  const hn::Half<decltype(kInts)> half;
  const auto* const words = reinterpret_cast<const std::int64_t*>(nodes);
  const auto gather = [&](auto of_half) {
    return hn::BitCast(kInts, hn::GatherIndex(pairs, words, hn::PromoteTo(pairs, of_half)));
  };
  const Ints low = gather(hn::LowerHalf(half, index));
  const Ints high = gather(hn::UpperHalf(half, index));
  return {.key = hn::ConcatEven(kInts, high, low), .link = hn::ConcatOdd(kInts, high, low)};
}

// Which lanes with categorical tests go left; the others look where it does not hurt.
HWY_INLINE Lanes is_in_set(const WalkForest& forest, Ints begin, Ints code) {
  const Ints word = hn::Add(begin, hn::ShiftRight<5>(code));
  const Words bits = hn::GatherIndex(kWords, forest.set_words, word);
  const Words place = hn::And(hn::BitCast(kWords, code), hn::Set(kWords, 31U));
  return hn::RebindMask(kInts, hn::TestBit(hn::Shr(bits, place), hn::Set(kWords, 1U)));
}

HWY_INLINE Lanes with_categories(const WalkForest& forest, Ints column, Ints key, Ints found,
                                 Lanes goes_right) {
  const auto last_number = static_cast<std::int32_t>(forest.first_categorical) - 1;
  const Lanes is_categorical = hn::Gt(column, hn::Set(kInts, last_number));
  if (hn::AllFalse(kInts, is_categorical)) return goes_right;
  const Ints begin = hn::IfThenElseZero(is_categorical, key);
  const Ints code = hn::IfThenElseZero(is_categorical, found);
  return hn::Or(hn::AndNot(is_categorical, goes_right),
                hn::AndNot(is_in_set(forest, begin, code), is_categorical));
}

// Where the keys of a column are found: in memory, or, of one row with few columns, in a vector.
class KeysOfBlock {
 public:
  explicit KeysOfBlock(const std::int32_t* keys) : keys_(keys) {}
  HWY_INLINE Ints find(Ints column, Ints rows) const {
    return hn::GatherIndex(kInts, keys_, hn::Add(rows, hn::ShiftLeft<kBlockShift>(column)));
  }

 private:
  const std::int32_t* keys_;
};

class KeysOfRow {
 public:
  explicit KeysOfRow(const std::int32_t* keys) : keys_(keys) {}
  HWY_INLINE Ints find(Ints column, Ints /*trees*/) const {
    return hn::GatherIndex(kInts, keys_, column);
  }

 private:
  const std::int32_t* keys_;
};

class KeysOfRowInVector {
 public:
  explicit KeysOfRowInVector(const std::int32_t* keys) : keys_(hn::LoadU(kInts, keys)) {}
  HWY_INLINE Ints find(Ints column, Ints /*trees*/) const {
    return hn::TableLookupLanes(keys_, hn::IndicesFromVec(kInts, column));
  }

 private:
  Ints keys_;
};

// A step of one vector of lanes.
template <bool kCategorical, class Keys>
class Step {
 public:
  Step(const WalkForest& forest, const std::int32_t* keys)
      : forest_(forest),
        keys_(keys),
        shift_(static_cast<int>(forest.delta_bits)),
        delta_mask_(hn::Set(kInts, static_cast<std::int32_t>((1U << shift_) - 1))) {}

  // The nodes behind these; `loaded` is what stands at `index`.
  HWY_INLINE Ints next(Ints index, Nodes loaded, Ints rows) const {
    const auto [key, link] = loaded;
    const Ints column = hn::BitCast(kInts, hn::ShiftRightSame(hn::BitCast(kWords, link), shift_));
    const Ints found = keys_.find(column, rows);
    Lanes goes_right = hn::Gt(found, key);
    if constexpr (kCategorical) {
      goes_right = with_categories(forest_, column, key, found, goes_right);
    }
    const Ints left = hn::Add(index, hn::And(link, delta_mask_));
    return hn::Add(left, hn::IfThenElseZero(goes_right, hn::Set(kInts, 1)));
  }

  HWY_INLINE Nodes load(Ints index) const { return load_nodes(forest_.nodes, index); }

 private:
  const WalkForest& forest_;
  Keys keys_;
  int shift_;
  Ints delta_mask_;
};

// A leaf's link is 0 altogether.
HWY_INLINE Lanes is_leaf(Nodes nodes) { return hn::Eq(nodes.link, hn::Zero(kInts)); }

// One row through kVectorCount vectors of trees.
template <std::size_t kVectorCount, class StepType>
HWY_INLINE void walk_vectors(const StepType& step, const std::uint32_t* roots,
                             std::int32_t* entries) {
  std::array<Ints, kVectorCount> nodes;
  for (std::size_t vector = 0; vector < kVectorCount; ++vector) {
    nodes[vector] = hn::BitCast(kInts, hn::LoadU(kWords, roots + vector * kVectorSize));
  }
  for (bool has_moved = true; has_moved;) {
    Ints links = hn::Zero(kInts);
    for (Ints& index : nodes) {
      const Nodes loaded = step.load(index);
      links = hn::Or(links, loaded.link);
      index = step.next(index, loaded, hn::Zero(kInts));
    }
    has_moved = !hn::AllTrue(kInts, hn::Eq(links, hn::Zero(kInts)));
  }
  for (std::size_t vector = 0; vector < kVectorCount; ++vector) {
    hn::StoreU(step.load(nodes[vector]).key, kInts, entries + vector * kVectorSize);
  }
}

// Walkers on their way, and those that have arrived: the rows of a block in one tree, or one row in
// many trees. They arrive after different numbers of steps: those still on their way close ranks
// now and then, so that no lane walks for nothing.
template <bool kCategorical, class Keys>
class Walkers {
 public:
  // That there is room for.
  static constexpr std::size_t kCountMax = 512;

  Walkers(const WalkForest& forest, const std::int32_t* keys) : step_(forest, keys) {}

  // Rows, each from where it has left the top of a tree.
  void start(const std::uint8_t* exits, std::size_t rows, const std::uint32_t* starts) {
    const hn::Rebind<std::uint8_t, decltype(kInts)> bytes;
    for (std::size_t row = 0; row < rows; row += kVectorSize) {
      const Ints exit = hn::PromoteTo(kInts, hn::LoadU(bytes, exits + row));
      const auto* const nodes = reinterpret_cast<const std::int32_t*>(starts);
      hn::StoreU(hn::GatherIndex(kInts, nodes, exit), kInts, nodes_.data() + row);
      hn::StoreU(hn::Iota(kInts, static_cast<std::int32_t>(row)), kInts, walkers_.data() + row);
    }
    set_count(rows);
  }

  // Trees, each from its root.
  void start(std::span<const std::uint32_t> roots) {
    std::ranges::copy(roots, nodes_.begin());
    for (std::size_t tree = 0; tree < roots.size(); tree += kVectorSize) {
      hn::StoreU(hn::Iota(kInts, static_cast<std::int32_t>(tree)), kInts, walkers_.data() + tree);
    }
    set_count(roots.size());
  }

  // entries  out: by walker.
  void run(std::int32_t* entries) {
    while (walking_ > 0) pass();
    for (std::size_t done = 0; done < arrived_count_; ++done) {
      entries[arrived_[done]] = entries_[done];
    }
  }

 private:
  // Steps between two looks for rows that have arrived.
  static constexpr std::size_t kStepCount = 5;

  // Vectors are read whole: behind the last walker it is the first node, for the first row.
  void set_count(std::size_t count) {
    walking_ = count;
    std::fill_n(nodes_.data() + count, kVectorSize, 0);
    std::fill_n(walkers_.data() + count, kVectorSize, 0);
  }

  // In fours of vectors, and the rest so that few go alone: a vector by itself waits for its loads.
  void pass() {
    const std::size_t count = walking_;
    walking_ = 0;
    std::size_t first = 0;
    std::size_t vectors = (count + kVectorSize - 1) / kVectorSize;
    for (; vectors > 5 || vectors == 4; vectors -= 4) {
      advance<4>(first, count);
      first += 4 * kVectorSize;
    }
    if (vectors == 5 || vectors == 3) {
      advance<3>(first, count);
      first += 3 * kVectorSize;
      vectors -= 3;
    }
    if (vectors == 2) advance<2>(first, count);
    if (vectors == 1) advance<1>(first, count);
  }

  template <std::size_t kVectorCount>
  HWY_INLINE void advance(std::size_t first, std::size_t count) {
    std::array<Ints, kVectorCount> nodes;
    std::array<Ints, kVectorCount> rows;
    for (std::size_t vector = 0; vector < kVectorCount; ++vector) {
      nodes[vector] = hn::LoadU(kInts, nodes_.data() + first + vector * kVectorSize);
      rows[vector] = hn::LoadU(kInts, walkers_.data() + first + vector * kVectorSize);
    }
    for (std::size_t steps = 1; steps < kStepCount; ++steps) {
      for (std::size_t vector = 0; vector < kVectorCount; ++vector) {
        nodes[vector] = step_.next(nodes[vector], step_.load(nodes[vector]), rows[vector]);
      }
    }
    for (std::size_t vector = 0; vector < kVectorCount; ++vector) {
      const Nodes loaded = step_.load(nodes[vector]);
      const Ints next = step_.next(nodes[vector], loaded, rows[vector]);
      const std::size_t begin = first + vector * kVectorSize;
      const Lanes used = hn::FirstN(kInts, std::min(count - std::min(begin, count), kVectorSize));
      const Lanes leaf = hn::And(is_leaf(loaded), used);
      const Lanes test = hn::AndNot(is_leaf(loaded), used);
      hn::CompressStore(loaded.key, leaf, kInts, entries_.data() + arrived_count_);
      arrived_count_ +=
          hn::CompressStore(rows[vector], leaf, kInts, arrived_.data() + arrived_count_);
      // Behind what has been read already.
      hn::CompressStore(next, test, kInts, nodes_.data() + walking_);
      walking_ += hn::CompressStore(rows[vector], test, kInts, walkers_.data() + walking_);
    }
  }

  using Walking = std::array<std::int32_t, kCountMax + kVectorSize>;
  Step<kCategorical, Keys> step_;
  std::size_t walking_ = 0;
  std::size_t arrived_count_ = 0;
  Walking nodes_;
  Walking walkers_;  // rows, or trees
  Walking entries_;
  Walking arrived_;
};

// Trees of about the same depth end together.
constexpr std::uint32_t kShallowDepthMax = 8;

template <bool kCategorical, class Keys>
void walk_all(const WalkForest& forest, const std::int32_t* keys,
              std::span<const std::uint32_t> roots, std::int32_t* entries) {
  if (forest.depth > kShallowDepthMax) {
    using Trees = Walkers<kCategorical, Keys>;
    for (std::size_t tree = 0; tree < roots.size(); tree += Trees::kCountMax) {
      Trees walk(forest, keys);
      walk.start(roots.subspan(tree, std::min(Trees::kCountMax, roots.size() - tree)));
      walk.run(entries + tree);
    }
    return;
  }
  const Step<kCategorical, Keys> step(forest, keys);
  std::size_t tree = 0;
  for (; roots.size() - tree > 3 * kVectorSize;
       tree += std::min(roots.size() - tree, 4 * kVectorSize)) {
    walk_vectors<4>(step, roots.data() + tree, entries + tree);
  }
  switch ((roots.size() - tree + kVectorSize - 1) / kVectorSize) {
    case 3: return walk_vectors<3>(step, roots.data() + tree, entries + tree);
    case 2: return walk_vectors<2>(step, roots.data() + tree, entries + tree);
    case 1: return walk_vectors<1>(step, roots.data() + tree, entries + tree);
    default: return;
  }
}

template <bool kCategorical>
void walk_rows(const WalkForest& forest, const std::int32_t* keys, const std::uint8_t* exits,
               std::size_t rows, const std::uint32_t* starts, std::int32_t* entries) {
  Walkers<kCategorical, KeysOfBlock> walk(forest, keys);
  walk.start(exits, rows, starts);
  walk.run(entries);
}

void WalkTrees(const WalkForest& forest, const std::int32_t* keys,
               std::span<const std::uint32_t> roots, std::int32_t* entries) {
  if (forest.has_categories) {
    return walk_all<true, KeysOfRow>(forest, keys, roots, entries);
  }
  if (forest.column_count <= kVectorSize) {
    return walk_all<false, KeysOfRowInVector>(forest, keys, roots, entries);
  }
  walk_all<false, KeysOfRow>(forest, keys, roots, entries);
}

void WalkBlock(const WalkForest& forest, const std::int32_t* keys, const std::uint8_t* exits,
               std::size_t rows, const std::uint32_t* starts, std::int32_t* entries) {
  if (forest.has_categories) return walk_rows<true>(forest, keys, exits, rows, starts, entries);
  walk_rows<false>(forest, keys, exits, rows, starts, entries);
}

#else

// Where gathers are missing or slow (AVX2), lanes are plain numbers, as many as registers hold; the
// processor overlaps their loads all the same.
constexpr std::size_t kTogether = 8;

// A step of one lane. Keys of columns stand kStride apart.
template <bool kCategorical, std::size_t kStride>
class Step {
 public:
  explicit Step(const WalkForest& forest)
      : nodes_(forest.nodes),
        set_words_(forest.set_words),
        first_categorical_(forest.first_categorical),
        delta_bits_(forest.delta_bits) {}

  // The node behind this one.
  HWY_INLINE std::uint32_t next(std::uint32_t index, const std::int32_t* keys) const {
    const WalkNode node = nodes_[index];
    const std::uint32_t column = node.link >> delta_bits_;
    const std::uint32_t delta = node.link & ((1U << delta_bits_) - 1);
    const std::int32_t found = keys[column * kStride];
    bool goes_right = found > node.key;
    if (kCategorical && column >= first_categorical_) {
      const std::uint32_t word = set_words_[node.key + found / 32];
      goes_right = (word >> (found % 32) & 1) == 0;
    }
    return index + delta + (goes_right ? 1 : 0);
  }

  HWY_INLINE std::int32_t entry(std::uint32_t leaf) const { return nodes_[leaf].key; }

 private:
  const WalkNode* nodes_;
  const std::uint32_t* set_words_;
  std::uint32_t first_categorical_;
  std::uint32_t delta_bits_;
};

// From the nodes in `lanes` to the entries of the leaves. The keys of a lane begin kLaneStride
// behind those of the one before.
template <std::size_t kLaneStride, class StepType>
HWY_INLINE void walk(const StepType& step, const std::int32_t* keys,
                     std::array<std::uint32_t, kTogether>& lanes, std::int32_t* entries) {
  for (std::uint32_t changed = 1; changed != 0;) {
    changed = 0;
    for (std::size_t lane = 0; lane < kTogether; ++lane) {
      const std::uint32_t next = step.next(lanes[lane], keys + lane * kLaneStride);
      changed |= next ^ lanes[lane];
      lanes[lane] = next;
    }
  }
  for (std::size_t lane = 0; lane < kTogether; ++lane) entries[lane] = step.entry(lanes[lane]);
}

template <bool kCategorical>
void walk_trees(const WalkForest& forest, const std::int32_t* keys,
                std::span<const std::uint32_t> roots, std::int32_t* entries) {
  const Step<kCategorical, 1> step(forest);
  std::array<std::uint32_t, kTogether> lanes;
  for (std::size_t tree = 0; tree < roots.size(); tree += kTogether) {
    std::copy_n(roots.data() + tree, kTogether, lanes.begin());
    walk<0>(step, keys, lanes, entries + tree);
  }
}

template <bool kCategorical>
void walk_block(const WalkForest& forest, const std::int32_t* keys, const std::uint8_t* exits,
                std::size_t rows, const std::uint32_t* starts, std::int32_t* entries) {
  const Step<kCategorical, kBlockRowCount> step(forest);
  std::array<std::uint32_t, kTogether> lanes;
  for (std::size_t row = 0; row < rows; row += kTogether) {
    for (std::size_t lane = 0; lane < kTogether; ++lane) lanes[lane] = starts[exits[row + lane]];
    walk<1>(step, keys + row, lanes, entries + row);
  }
}

void WalkTrees(const WalkForest& forest, const std::int32_t* keys,
               std::span<const std::uint32_t> roots, std::int32_t* entries) {
  if (forest.has_categories) return walk_trees<true>(forest, keys, roots, entries);
  walk_trees<false>(forest, keys, roots, entries);
}

void WalkBlock(const WalkForest& forest, const std::int32_t* keys, const std::uint8_t* exits,
               std::size_t rows, const std::uint32_t* starts, std::int32_t* entries) {
  if (forest.has_categories) return walk_block<true>(forest, keys, exits, rows, starts, entries);
  walk_block<false>(forest, keys, exits, rows, starts, entries);
}

#endif

// kStride  a power of two.
template <std::size_t kStride, class Sum>
void add_rows(const Sum* leaves, const std::int32_t* entries, std::size_t rows,
              std::size_t sum_stride, Sum* sums) {
  const hn::CappedTag<Sum, kStride> numbers;
  for (std::size_t row = 0; row < rows; ++row, sums += sum_stride) {
    const Sum* const values = leaves + static_cast<std::size_t>(entries[row]) * kStride;
    for (std::size_t value = 0; value < kStride; value += hn::Lanes(numbers)) {
      const auto sum = hn::LoadU(numbers, sums + value);
      hn::StoreU(hn::Add(sum, hn::LoadU(numbers, values + value)), numbers, sums + value);
    }
  }
}

template <class Sum>
void add_rows(const LeafRows<Sum>& leaves, const std::int32_t* entries, std::size_t rows,
              std::size_t sum_stride, Sum* sums) {
  switch (leaves.stride) {
    case 1: return add_rows<1>(leaves.first, entries, rows, sum_stride, sums);
    case 2: return add_rows<2>(leaves.first, entries, rows, sum_stride, sums);
    case 4: return add_rows<4>(leaves.first, entries, rows, sum_stride, sums);
    case 8: return add_rows<8>(leaves.first, entries, rows, sum_stride, sums);
    default: break;
  }
  for (std::size_t row = 0; row < rows; ++row, sums += sum_stride) {
    const Sum* const values = leaves.first + static_cast<std::size_t>(entries[row]) * leaves.stride;
    for (std::size_t value = 0; value < leaves.stride; ++value) sums[value] += values[value];
  }
}

void AddFloatLeaves(const LeafRows<float>& leaves, const std::int32_t* entries, std::size_t rows,
                    std::size_t sum_stride, float* sums) {
  add_rows(leaves, entries, rows, sum_stride, sums);
}

void AddDoubleLeaves(const LeafRows<double>& leaves, const std::int32_t* entries, std::size_t rows,
                     std::size_t sum_stride, double* sums) {
  add_rows(leaves, entries, rows, sum_stride, sums);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace ml_inference
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ml_inference {

HWY_EXPORT(WalkTrees);
HWY_EXPORT(WalkBlock);
HWY_EXPORT(AddFloatLeaves);
HWY_EXPORT(AddDoubleLeaves);

void walk_trees(const WalkForest& forest, const std::int32_t* keys,
                std::span<const std::uint32_t> roots, std::int32_t* entries) {
  HWY_DYNAMIC_DISPATCH(WalkTrees)(forest, keys, roots, entries);
}

void walk_block(const WalkForest& forest, const std::int32_t* keys, const std::uint8_t* exits,
                std::size_t rows, const std::uint32_t* starts, std::int32_t* entries) {
  HWY_DYNAMIC_DISPATCH(WalkBlock)(forest, keys, exits, rows, starts, entries);
}

void add_leaf_rows(const LeafRows<float>& leaves, const std::int32_t* entries, std::size_t rows,
                   std::size_t sum_stride, float* sums) {
  HWY_DYNAMIC_DISPATCH(AddFloatLeaves)(leaves, entries, rows, sum_stride, sums);
}

void add_leaf_rows(const LeafRows<double>& leaves, const std::int32_t* entries, std::size_t rows,
                   std::size_t sum_stride, double* sums) {
  HWY_DYNAMIC_DISPATCH(AddDoubleLeaves)(leaves, entries, rows, sum_stride, sums);
}

}  // namespace ml_inference
#endif
