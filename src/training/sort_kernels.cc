// SPDX-License-Identifier: MIT
#include "training/sort_kernels.h"

#include "base/simd_dispatch.h"

#include <algorithm>
#include <array>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "training/sort_kernels.cc"
#include <hwy/foreach_target.h>
// Behind foreach_target.h:
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace ml_inference {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Stands behind the keys: no key is greater.
template <class T>
constexpr T kLast = std::numeric_limits<T>::max();

template <class T>
void sort_few_keys(std::span<const T> keys, T* sorted) {
  const hn::ScalableTag<T> tag;
  const std::size_t lanes = hn::Lanes(tag);
  std::array<T, kFewKeysMax + kSortPadding> places;
  for (std::size_t index = 0; index < keys.size(); index += 2 * lanes) {
    const auto first = hn::LoadU(tag, keys.data() + index);
    const auto second = hn::LoadU(tag, keys.data() + index + lanes);
    auto first_places = hn::Zero(tag);
    auto second_places = hn::Zero(tag);
    for (const T key : keys) {
      const auto other = hn::Set(tag, key);
      // True is -1.
      first_places = hn::Sub(first_places, hn::VecFromMask(tag, hn::Lt(other, first)));
      second_places = hn::Sub(second_places, hn::VecFromMask(tag, hn::Lt(other, second)));
    }
    hn::StoreU(first_places, tag, places.data() + index);
    hn::StoreU(second_places, tag, places.data() + index + lanes);
  }
  for (std::size_t index = 0; index < keys.size(); ++index) sorted[places[index]] = keys[index];
}

// One round: the pairs of neighbours at even places are brought into order.
template <class T>
void order_pairs(T* keys, std::size_t count) {
#if HWY_TARGET == HWY_SCALAR
  for (std::size_t index = 0; index < count; index += 2) {
    const T first = keys[index];
    keys[index] = std::min(first, keys[index + 1]);
    keys[index + 1] = std::max(first, keys[index + 1]);
  }
#else
  const hn::ScalableTag<T> tag;
  for (std::size_t index = 0; index < count; index += hn::Lanes(tag)) {
    const auto pairs = hn::LoadU(tag, keys + index);
    const auto swapped = hn::Reverse2(tag, pairs);
    hn::StoreU(hn::OddEven(hn::Max(pairs, swapped), hn::Min(pairs, swapped)), tag, keys + index);
  }
#endif
}

template <class T>
bool is_sorted(const T* keys, std::size_t count) {
  const hn::ScalableTag<T> tag;
  auto wrong = hn::Zero(tag);
  for (std::size_t index = 0; index + 1 < count; index += hn::Lanes(tag)) {
    const auto here = hn::LoadU(tag, keys + index);
    const auto next = hn::LoadU(tag, keys + index + 1);
    wrong = hn::Or(wrong, hn::VecFromMask(tag, hn::Lt(next, here)));
  }
  return hn::AllTrue(tag, hn::Eq(wrong, hn::Zero(tag)));
}

// Rounds of order_pairs() that take no longer than sorting anew.
constexpr int kRoundMax = 12;

template <class T>
bool sort_neighbour_keys(std::span<T> keys) {
  std::fill_n(keys.data() + keys.size(), kSortPadding, kLast<T>);
  for (int round = 0; round < kRoundMax; round += 2) {
    order_pairs(keys.data(), keys.size());
    order_pairs(keys.data() + 1, keys.size());
    if (is_sorted(keys.data(), keys.size() + 1)) return true;
  }
  return false;
}

void SortFew32(std::span<const std::uint32_t> keys, std::uint32_t* sorted) {
  sort_few_keys(keys, sorted);
}
void SortFew64(std::span<const std::uint64_t> keys, std::uint64_t* sorted) {
  sort_few_keys(keys, sorted);
}
bool SortNeighbours32(std::span<std::uint32_t> keys) { return sort_neighbour_keys(keys); }
bool SortNeighbours64(std::span<std::uint64_t> keys) { return sort_neighbour_keys(keys); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace ml_inference
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ml_inference {

SIMD_EXPORT(SortFew32);
SIMD_EXPORT(SortFew64);
SIMD_EXPORT(SortNeighbours32);
SIMD_EXPORT(SortNeighbours64);

void sort_few(std::span<const std::uint32_t> keys, std::uint32_t* sorted) {
  SIMD_CALL(SortFew32)(keys, sorted);
}

void sort_few(std::span<const std::uint64_t> keys, std::uint64_t* sorted) {
  SIMD_CALL(SortFew64)(keys, sorted);
}

bool sort_neighbours(std::span<std::uint32_t> keys) { return SIMD_CALL(SortNeighbours32)(keys); }

bool sort_neighbours(std::span<std::uint64_t> keys) { return SIMD_CALL(SortNeighbours64)(keys); }

}  // namespace ml_inference
#endif
