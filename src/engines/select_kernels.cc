// SPDX-License-Identifier: MIT
#include "engines/select_kernels.h"

#include <algorithm>
#include <array>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engines/select_kernels.cc"
#include <hwy/foreach_target.h>
// Behind foreach_target.h:
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace ml_inference {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <std::size_t kBlockCount>
void select_blocks(std::span<const SelectTest> tests, const SelectBlock* blocks) {
  constexpr std::size_t kSize = kBlockRowCount;
  constexpr std::size_t kUnit = kSize / 8;
  const hn::CappedTag<std::int8_t, kSize> bytes;
  std::array<const std::int8_t*, kBlockCount> columns;
  std::array<std::int8_t*, kBlockCount> places;
  for (std::size_t block = 0; block < kBlockCount; ++block) {
    columns[block] = blocks[block].columns;
    places[block] = reinterpret_cast<std::int8_t*>(blocks[block].places);
  }
  for (const SelectTest& test : tests) {
    const auto key = hn::Set(bytes, test.key);
    for (std::size_t block = 0; block < kBlockCount; ++block) {
      const std::int8_t* const column = columns[block] + test.column * kUnit;
      const std::int8_t* const left = places[block] + test.left * kUnit;
      const std::int8_t* const right = places[block] + test.right * kUnit;
      std::int8_t* const result = places[block] + kSelectLeafCountMax * kSize + test.result * kUnit;
      for (std::size_t row = 0; row < kSize; row += hn::Lanes(bytes)) {
        const auto goes_right = hn::Gt(hn::Load(bytes, column + row), key);
        hn::Store(hn::IfThenElse(goes_right, hn::Load(bytes, right + row),
                                 hn::Load(bytes, left + row)),
                  bytes, result + row);
      }
    }
  }
  for (std::size_t block = 0; block < kBlockCount; ++block) {
    const std::size_t root = kSelectLeafCountMax * kSize + tests.back().result * kUnit;
    std::copy_n(blocks[block].places + root, kSize, blocks[block].leaves);
  }
}

void SelectLeaves(std::span<const SelectTest> tests, std::span<const SelectBlock> blocks) {
  if (blocks.size() == 2) return select_blocks<2>(tests, blocks.data());
  select_blocks<1>(tests, blocks.data());
}

template <class Sum>
void add(const std::uint8_t* leaves, const Sum* values, std::size_t width, Sum* sums) {
  const hn::CappedTag<Sum, kBlockRowCount> numbers;
  using Index = std::conditional_t<sizeof(Sum) == 4, std::int32_t, std::int64_t>;
  const hn::Rebind<Index, decltype(numbers)> indices;
  const hn::Rebind<std::uint8_t, decltype(numbers)> bytes;
  const auto stride = hn::Set(hn::Rebind<std::int32_t, decltype(numbers)>(),
                              static_cast<std::int32_t>(width));
  for (std::size_t row = 0; row < kBlockRowCount; row += hn::Lanes(numbers)) {
    const auto narrow = hn::Mul(
        hn::PromoteTo(hn::Rebind<std::int32_t, decltype(numbers)>(), hn::Load(bytes, leaves + row)),
        stride);
    const auto index = [&] {
      if constexpr (sizeof(Sum) == 4) return narrow;
      else return hn::PromoteTo(indices, narrow);
    }();
    for (std::size_t value = 0; value < width; ++value) {
      Sum* const sum = sums + value * kBlockRowCount + row;
      hn::Store(hn::Add(hn::Load(numbers, sum), hn::GatherIndex(numbers, values + value, index)),
                numbers, sum);
    }
  }
}

void AddFloats(const std::uint8_t* leaves, const float* values, std::size_t width, float* sums) {
  add(leaves, values, width, sums);
}

void AddDoubles(const std::uint8_t* leaves, const double* values, std::size_t width,
                double* sums) {
  add(leaves, values, width, sums);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace ml_inference
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ml_inference {

HWY_EXPORT(SelectLeaves);
HWY_EXPORT(AddFloats);
HWY_EXPORT(AddDoubles);

void fill_leaf_places(std::uint8_t* places) {
  for (std::size_t leaf = 0; leaf < kSelectLeafCountMax; ++leaf) {
    std::fill_n(places + leaf * kBlockRowCount, kBlockRowCount, static_cast<std::uint8_t>(leaf));
  }
}

void select_leaves(std::span<const SelectTest> tests, std::span<const SelectBlock> blocks) {
  HWY_DYNAMIC_DISPATCH(SelectLeaves)(tests, blocks);
}

void add_selected(const std::uint8_t* leaves, const float* values, std::size_t width,
                  float* sums) {
  HWY_DYNAMIC_DISPATCH(AddFloats)(leaves, values, width, sums);
}

void add_selected(const std::uint8_t* leaves, const double* values, std::size_t width,
                  double* sums) {
  HWY_DYNAMIC_DISPATCH(AddDoubles)(leaves, values, width, sums);
}

}  // namespace ml_inference
#endif
