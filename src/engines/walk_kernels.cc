// SPDX-License-Identifier: MIT
#include "engines/walk_kernels.h"

#include <algorithm>
#include <array>
#include <numeric>

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

constexpr int kBlockShift = 6;
static_assert(1U << kBlockShift == kWalkGroupSize);

// Walks kLaneCount lanes, each its own row through its own tree, from `nodes` to the entries of the
// leaves. The key of a lane in a column is keys[(column << kShift) + offset].
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2

const hn::ScalableTag<std::int32_t> kInts;
const hn::ScalableTag<std::uint32_t> kWords;
using Ints = hn::Vec<decltype(kInts)>;
using Words = hn::Vec<decltype(kWords)>;
constexpr std::size_t kVectorSize = hn::MaxLanes(kInts);

// Vectors that are walked at once: their gathers do not wait for one another.
constexpr std::size_t kVectorCount = kWalkGroupSize / kVectorSize;
static_assert(kWalkGroupSize % kVectorSize == 0);

struct Nodes {
  Ints key;
  Ints link;
};

// Both halves of a node by one gather of 8 bytes: a gather costs by the element.
Nodes load_nodes(const WalkNode* nodes, Ints index) {
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

// Whether the lanes with categorical tests go left.
auto found_in_set(const WalkForest& forest, Ints begin, Ints code) {
  const Ints word = hn::Add(begin, hn::ShiftRight<5>(code));
  const Words bits = hn::GatherIndex(kWords, forest.set_words, word);
  const Words place = hn::And(hn::BitCast(kWords, code), hn::Set(kWords, 31U));
  return hn::TestBit(hn::Shr(bits, place), hn::Set(kWords, 1U));
}

template <class Mask>
Mask with_categories(const WalkForest& forest, Ints column, Ints key, Ints found, Mask goes_right) {
  const auto last_number = static_cast<std::int32_t>(forest.first_categorical) - 1;
  const auto is_categorical = hn::Gt(column, hn::Set(kInts, last_number));
  if (hn::AllFalse(kInts, is_categorical)) return goes_right;
  // The other lanes look where it does not hurt.
  const Ints begin = hn::IfThenElseZero(is_categorical, key);
  const Ints code = hn::IfThenElseZero(is_categorical, found);
  const auto goes_left = hn::RebindMask(kInts, found_in_set(forest, begin, code));
  return hn::Or(hn::AndNot(is_categorical, goes_right), hn::AndNot(goes_left, is_categorical));
}

template <bool kCategorical, int kShift>
void walk(const WalkForest& forest, const std::int32_t* keys, Ints* nodes, const Ints* offsets) {
  const auto shift = static_cast<int>(forest.delta_bits);
  const Ints delta_mask = hn::Set(kInts, static_cast<std::int32_t>((1U << shift) - 1));
  const Ints one = hn::Set(kInts, 1);
  for (bool has_moved = true; has_moved;) {
    Ints moved = hn::Zero(kInts);
    for (std::size_t vector = 0; vector < kVectorCount; ++vector) {
      const auto [key, link] = load_nodes(forest.nodes, nodes[vector]);
      const Ints column = hn::BitCast(kInts, hn::ShiftRightSame(hn::BitCast(kWords, link), shift));
      const Ints delta = hn::And(link, delta_mask);
      const Ints found = hn::GatherIndex(kInts, keys, hn::Add(offsets[vector], hn::ShiftLeft<kShift>(column)));
      auto goes_right = hn::Gt(found, key);
      if constexpr (kCategorical) {
        goes_right = with_categories(forest, column, key, found, goes_right);
      }
      moved = hn::Or(moved, delta);
      nodes[vector] = hn::Add(hn::Add(nodes[vector], delta), hn::IfThenElseZero(goes_right, one));
    }
    has_moved = !hn::AllTrue(kInts, hn::Eq(moved, hn::Zero(kInts)));
  }
}

template <int kShift>
void walk(const WalkForest& forest, const std::int32_t* keys, std::int32_t* lanes,
          const std::int32_t* offsets) {
  std::array<Ints, kVectorCount> nodes;
  std::array<Ints, kVectorCount> starts;
  for (std::size_t vector = 0; vector < kVectorCount; ++vector) {
    nodes[vector] = hn::LoadU(kInts, lanes + vector * kVectorSize);
    starts[vector] = hn::LoadU(kInts, offsets + vector * kVectorSize);
  }
  if (forest.has_categories) {
    walk<true, kShift>(forest, keys, nodes.data(), starts.data());
  } else {
    walk<false, kShift>(forest, keys, nodes.data(), starts.data());
  }
  for (std::size_t vector = 0; vector < kVectorCount; ++vector) {
    hn::StoreU(load_nodes(forest.nodes, nodes[vector]).key, kInts, lanes + vector * kVectorSize);
  }
}

#else

// Without gathers, lanes are plain numbers; the processor overlaps their loads all the same.
template <int kShift>
std::int32_t step(const WalkForest& forest, const std::int32_t* keys, std::int32_t index) {
  const WalkNode node = forest.nodes[index];
  const std::uint32_t column = node.link >> forest.delta_bits;
  const std::uint32_t delta = node.link & ((1U << forest.delta_bits) - 1);
  const std::int32_t found = keys[std::size_t{column} << kShift];
  bool goes_right = found > node.key;
  if (column >= forest.first_categorical) {
    const std::uint32_t word = forest.set_words[node.key + found / 32];
    goes_right = (word >> (found % 32) & 1) == 0;
  }
  return index + static_cast<std::int32_t>(delta) + (goes_right ? 1 : 0);
}

template <int kShift>
void walk(const WalkForest& forest, const std::int32_t* keys, std::int32_t* lanes,
          const std::int32_t* offsets) {
  constexpr std::size_t kTogether = 16;
  for (std::size_t first = 0; first < kWalkGroupSize; first += kTogether) {
    for (std::int32_t changed = 1; changed != 0;) {
      changed = 0;
      for (std::size_t lane = first; lane < first + kTogether; ++lane) {
        const std::int32_t next = step<kShift>(forest, keys + offsets[lane], lanes[lane]);
        changed |= next ^ lanes[lane];
        lanes[lane] = next;
      }
    }
  }
  for (std::size_t lane = 0; lane < kWalkGroupSize; ++lane) {
    lanes[lane] = forest.nodes[lanes[lane]].key;
  }
}

#endif

void WalkTrees(const WalkForest& forest, const std::int32_t* keys,
               std::span<const std::uint32_t> roots, std::int32_t* entries) {
  constexpr std::array<std::int32_t, kWalkGroupSize> kNoOffsets{};
  for (std::size_t begin = 0; begin < roots.size(); begin += kWalkGroupSize) {
    for (std::size_t lane = 0; lane < kWalkGroupSize; ++lane) {
      // Lanes without a tree walk the last one once more.
      const std::size_t tree = std::min(begin + lane, roots.size() - 1);
      entries[begin + lane] = static_cast<std::int32_t>(roots[tree]);
    }
    walk<0>(forest, keys, entries + begin, kNoOffsets.data());
  }
}

void WalkRows(const WalkForest& forest, const std::int32_t* keys, std::size_t block_count,
              std::uint32_t root, std::int32_t* entries) {
  std::array<std::int32_t, kWalkGroupSize> rows;
  std::iota(rows.begin(), rows.end(), 0);
  for (std::size_t block = 0; block < block_count; ++block) {
    std::fill_n(entries, kWalkGroupSize, static_cast<std::int32_t>(root));
    walk<kBlockShift>(forest, keys, entries, rows.data());
    entries += kWalkGroupSize;
    keys += kWalkGroupSize * forest.column_count;
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace ml_inference
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ml_inference {

HWY_EXPORT(WalkTrees);
HWY_EXPORT(WalkRows);

void walk_trees(const WalkForest& forest, const std::int32_t* keys,
                std::span<const std::uint32_t> roots, std::int32_t* entries) {
  HWY_DYNAMIC_DISPATCH(WalkTrees)(forest, keys, roots, entries);
}

void walk_rows(const WalkForest& forest, const std::int32_t* keys, std::size_t block_count,
               std::uint32_t root, std::int32_t* entries) {
  HWY_DYNAMIC_DISPATCH(WalkRows)(forest, keys, block_count, root, entries);
}

}  // namespace ml_inference
#endif
