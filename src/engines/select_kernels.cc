// SPDX-License-Identifier: MIT
#include "engines/select_kernels.h"

#include <algorithm>

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

template <class Sum>
void add(const std::uint8_t* leaves, std::size_t rows, const Sum* values, std::size_t width,
         Sum* sums) {
  const hn::CappedTag<Sum, kHalfBlockRowCount> numbers;
  const hn::Rebind<std::uint8_t, decltype(numbers)> bytes;
  const hn::Rebind<std::int32_t, decltype(numbers)> narrow;
  const hn::RebindToSigned<decltype(numbers)> indices;
  const auto stride = hn::Set(narrow, static_cast<std::int32_t>(width));
  for (std::size_t row = 0; row < rows; row += hn::Lanes(numbers)) {
    auto leaf = hn::PromoteTo(narrow, hn::Load(bytes, leaves + row));
    if (width > 1) leaf = hn::Mul(leaf, stride);
    const auto index = [&] {
      if constexpr (sizeof(Sum) == sizeof(std::int32_t)) {
        return leaf;
      } else {
        return hn::PromoteTo(indices, leaf);
      }
    }();
    for (std::size_t value = 0; value < width; ++value) {
      Sum* const sum = sums + value * kBlockRowCount + row;
      const auto added = hn::GatherIndex(numbers, values + value, index);
      hn::Store(hn::Add(hn::Load(numbers, sum), added), numbers, sum);
    }
  }
}

void AddFloats(const std::uint8_t* leaves, std::size_t rows, const float* values, std::size_t width,
               float* sums) {
  add(leaves, rows, values, width, sums);
}

void AddDoubles(const std::uint8_t* leaves, std::size_t rows, const double* values,
                std::size_t width, double* sums) {
  add(leaves, rows, values, width, sums);
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

void add_selected(const std::uint8_t* leaves, std::size_t rows, const float* values,
                  std::size_t width, float* sums) {
  HWY_DYNAMIC_DISPATCH(AddFloats)(leaves, rows, values, width, sums);
}

void add_selected(const std::uint8_t* leaves, std::size_t rows, const double* values,
                  std::size_t width, double* sums) {
  HWY_DYNAMIC_DISPATCH(AddDoubles)(leaves, rows, values, width, sums);
}

}  // namespace ml_inference
#endif
