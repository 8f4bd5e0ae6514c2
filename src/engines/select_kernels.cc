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

template <std::size_t kRows>
void select(std::span<const SelectTest> tests, const std::int8_t* columns, std::uint8_t* places,
            std::uint8_t* exits) {
  constexpr std::size_t kUnit = kBlockRowCount / kPlaceUnit;
  constexpr std::size_t kFirstResult = kExitCountMax * kBlockRowCount;
  const hn::CappedTag<std::int8_t, kHalfBlockRowCount> bytes;
  auto* const place = reinterpret_cast<std::int8_t*>(places);
  for (const SelectTest& test : tests) {
    const auto key = hn::Set(bytes, test.key);
    const std::int8_t* const column = columns + test.column * kUnit;
    const std::int8_t* const left = place + test.left * kUnit;
    const std::int8_t* const right = place + test.right * kUnit;
    std::int8_t* const result = place + kFirstResult + test.result * kUnit;
    for (std::size_t row = 0; row < kRows; row += hn::Lanes(bytes)) {
      const auto goes_right = hn::Gt(hn::Load(bytes, column + row), key);
      const auto taken =
          hn::IfThenElse(goes_right, hn::Load(bytes, right + row), hn::Load(bytes, left + row));
      hn::Store(taken, bytes, result + row);
    }
  }
  std::copy_n(places + kFirstResult + tests.back().result * kUnit, kRows, exits);
}

void SelectExits(std::span<const SelectTest> tests, const std::int8_t* columns, std::size_t rows,
                 std::uint8_t* places, std::uint8_t* exits) {
  if (rows == kBlockRowCount) return select<kBlockRowCount>(tests, columns, places, exits);
  select<kHalfBlockRowCount>(tests, columns, places, exits);
}

// 32-bit numbers as indices of values of D's type.
template <class D, class V>
HWY_INLINE auto widen(D /*numbers*/, V index) {
  if constexpr (sizeof(hn::TFromD<D>) == sizeof(std::int32_t)) {
    return index;
  } else {
    return hn::PromoteTo(hn::RebindToSigned<D>(), index);
  }
}

template <class D>
HWY_INLINE auto load_leaves(D /*numbers*/, const std::uint8_t* leaves) {
  const hn::Rebind<std::int32_t, D> narrow;
  return hn::PromoteTo(narrow, hn::Load(hn::Rebind<std::uint8_t, D>(), leaves));
}

// Any number of leaves: the values are gathered.
template <class Sum>
void add_gathered(const std::uint8_t* leaves, std::size_t rows, const LeafValues<Sum>& values,
                  Sum* sums) {
  const hn::CappedTag<Sum, kHalfBlockRowCount> numbers;
  const auto width = hn::Set(hn::Rebind<std::int32_t, decltype(numbers)>(),
                             static_cast<std::int32_t>(values.width));
  for (std::size_t row = 0; row < rows; row += hn::Lanes(numbers)) {
    const auto leaf = load_leaves(numbers, leaves + row);
    const auto index = widen(numbers, values.width > 1 ? hn::Mul(leaf, width) : leaf);
    for (std::size_t value = 0; value < values.width; ++value) {
      Sum* const sum = sums + value * kBlockRowCount + row;
      const auto added = hn::GatherIndex(numbers, values.first + value, index);
      hn::Store(hn::Add(hn::Load(numbers, sum), added), numbers, sum);
    }
  }
}

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2

// Few leaves: their values stand in kTableCount vectors, and lanes pick from them.
template <std::size_t kTableCount, class Sum>
void add_picked(const std::uint8_t* leaves, std::size_t rows, const LeafValues<Sum>& values,
                Sum* sums) {
  const hn::CappedTag<Sum, kHalfBlockRowCount> numbers;
  const hn::RebindToSigned<decltype(numbers)> indices;
  using Index = hn::TFromD<decltype(indices)>;
  constexpr std::size_t kSize = hn::MaxLanes(numbers);
  const hn::Rebind<std::int32_t, decltype(numbers)> narrow;
  const auto last = hn::Set(narrow, static_cast<std::int32_t>(values.count - 1));
  const auto width = hn::Set(narrow, static_cast<std::int32_t>(values.width));
  std::array<hn::Vec<decltype(numbers)>, kTableCount> tables;
  for (std::size_t value = 0; value < values.width; ++value) {
    for (std::size_t table = 0; table < kTableCount; ++table) {
      const auto leaf = hn::Min(hn::Iota(narrow, static_cast<std::int32_t>(table * kSize)), last);
      const auto index = widen(numbers, hn::Mul(leaf, width));
      tables[table] = hn::GatherIndex(numbers, values.first + value, index);
    }
    for (std::size_t row = 0; row < rows; row += kSize) {
      const auto leaf = widen(numbers, load_leaves(numbers, leaves + row));
      const auto lane = hn::IndicesFromVec(
          numbers, hn::And(leaf, hn::Set(indices, static_cast<Index>(kSize - 1))));
      const auto pick = [&](std::size_t table) {
        return hn::TableLookupLanes(tables[table], lane);
      };
      const auto is_set = [&](std::size_t bit) {
        return hn::RebindMask(numbers,
                              hn::TestBit(leaf, hn::Set(indices, static_cast<Index>(bit))));
      };
      auto added = pick(0);
      if constexpr (kTableCount >= 2) added = hn::IfThenElse(is_set(kSize), pick(1), added);
      if constexpr (kTableCount == 4) {
        const auto upper = hn::IfThenElse(is_set(kSize), pick(3), pick(2));
        added = hn::IfThenElse(is_set(2 * kSize), upper, added);
      }
      Sum* const sum = sums + value * kBlockRowCount + row;
      hn::Store(hn::Add(hn::Load(numbers, sum), added), numbers, sum);
    }
  }
}

template <class Sum>
void add(const std::uint8_t* leaves, std::size_t rows, const LeafValues<Sum>& values, Sum* sums) {
  constexpr std::size_t kSize = hn::MaxLanes(hn::CappedTag<Sum, kHalfBlockRowCount>());
  if (values.count <= kSize) return add_picked<1>(leaves, rows, values, sums);
  if (values.count <= 2 * kSize) return add_picked<2>(leaves, rows, values, sums);
  if (values.count <= 4 * kSize) return add_picked<4>(leaves, rows, values, sums);
  add_gathered(leaves, rows, values, sums);
}

#else

template <class Sum>
void add(const std::uint8_t* leaves, std::size_t rows, const LeafValues<Sum>& values, Sum* sums) {
  add_gathered(leaves, rows, values, sums);
}

#endif

void AddFloats(const std::uint8_t* leaves, std::size_t rows, const LeafValues<float>& values,
               float* sums) {
  add(leaves, rows, values, sums);
}

void AddDoubles(const std::uint8_t* leaves, std::size_t rows, const LeafValues<double>& values,
                double* sums) {
  add(leaves, rows, values, sums);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace ml_inference
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ml_inference {

HWY_EXPORT(SelectExits);
HWY_EXPORT(AddFloats);
HWY_EXPORT(AddDoubles);

void fill_exit_places(std::uint8_t* places) {
  for (std::size_t exit = 0; exit < kExitCountMax; ++exit) {
    std::fill_n(places + exit * kBlockRowCount, kBlockRowCount, static_cast<std::uint8_t>(exit));
  }
}

void select_exits(std::span<const SelectTest> tests, const std::int8_t* columns, std::size_t rows,
                  std::uint8_t* places, std::uint8_t* exits) {
  HWY_DYNAMIC_DISPATCH(SelectExits)(tests, columns, rows, places, exits);
}

void add_selected(const std::uint8_t* leaves, std::size_t rows, const LeafValues<float>& values,
                  float* sums) {
  HWY_DYNAMIC_DISPATCH(AddFloats)(leaves, rows, values, sums);
}

void add_selected(const std::uint8_t* leaves, std::size_t rows, const LeafValues<double>& values,
                  double* sums) {
  HWY_DYNAMIC_DISPATCH(AddDoubles)(leaves, rows, values, sums);
}

}  // namespace ml_inference
#endif
