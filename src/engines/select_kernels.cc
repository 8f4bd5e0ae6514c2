// SPDX-License-Identifier: MIT
#include "engines/select_kernels.h"

#include "engines/simd_limits.h"

#include <algorithm>
#include <array>
#include <bit>

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

const hn::CappedTag<std::int8_t, kHalfBlockRowCount> kBytes;
using Bytes = hn::Vec<decltype(kBytes)>;

// Negative where a row goes right.
HWY_INLINE Bytes ask(const PathTest& test, const std::int8_t* columns) {
  const hn::Repartition<std::uint32_t, decltype(kBytes)> words;
  const Bytes key = hn::BitCast(kBytes, hn::Set(words, test.keys));
  return hn::SaturatedSub(key, hn::Load(kBytes, columns + test.column));
}

// Byte by byte the bits of the one or of the other, by those of `right`: one operation of AVX-512
// or NEON, three of the others, where a choice by the sign alone would take longer.
HWY_INLINE Bytes choose(Bytes right, Bytes of_right, Bytes of_left) {
#if HWY_ARCH_X86 && HWY_TARGET > HWY_AVX3
  return hn::Xor(of_left, hn::And(right, hn::Xor(of_left, of_right)));
#else
  return hn::IfVecThenElse(right, of_right, of_left);
#endif
}

// The turns on the way, the first first; of each byte only the sign means something. A
// constructor of its own, since an implicit one would not be compiled for this target.
template <std::size_t kDepth>
struct Turns {
  HWY_INLINE Turns() {}
  Bytes at[kDepth];
};

template <std::size_t kDepth>
HWY_INLINE Turns<kDepth> turns(const PathTest* tests, const std::int8_t* columns) {
  Turns<kDepth> result;
  result.at[0] = ask(tests[0], columns);
  if constexpr (kDepth > 1) {
    const auto left = turns<kDepth - 1>(tests + 1, columns);
    const auto right = turns<kDepth - 1>(tests + (std::size_t{1} << (kDepth - 1)), columns);
    for (std::size_t turn = 0; turn + 1 < kDepth; ++turn) {
      result.at[turn + 1] = choose(result.at[0], right.at[turn], left.at[turn]);
    }
  }
  return result;
}

template <std::size_t kDepth>
void paths_of(const PathTest* tests, const std::int8_t* columns, std::size_t rows,
              std::uint8_t* paths) {
  for (std::size_t row = 0; row < rows; row += hn::Lanes(kBytes)) {
    const auto taken = turns<kDepth>(tests, columns + row);
    Bytes path = hn::Zero(kBytes);
    for (std::size_t turn = 0; turn < kDepth; ++turn) {
      const Bytes bit = hn::Set(kBytes, static_cast<std::int8_t>(1U << (kDepth - 1 - turn)));
      path = hn::Or(path, hn::And(hn::BroadcastSignBit(taken.at[turn]), bit));
    }
    hn::Store(path, kBytes, reinterpret_cast<std::int8_t*>(paths) + row);
  }
}

void SelectPaths(std::span<const PathTest> tests, const std::int8_t* columns, std::size_t rows,
                 std::uint8_t* paths) {
  static_assert(kPathDepthMax == 6);
  switch (std::bit_width(tests.size())) {
    case 1: return paths_of<1>(tests.data(), columns, rows, paths);
    case 2: return paths_of<2>(tests.data(), columns, rows, paths);
    case 3: return paths_of<3>(tests.data(), columns, rows, paths);
    case 4: return paths_of<4>(tests.data(), columns, rows, paths);
    case 5: return paths_of<5>(tests.data(), columns, rows, paths);
    case 6: return paths_of<6>(tests.data(), columns, rows, paths);
    default: return;
  }
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

// Of two vectors' lanes, those that the low bits of the indices name.
template <class D, class V, class I>
HWY_INLINE V pick_of_two(D numbers, V first, V second, I leaf) {
#if HWY_TARGET <= HWY_AVX3
  // Highway 1.0.3 has no name for this instruction.
  if constexpr (sizeof(hn::TFromD<D>) == sizeof(float)) {
    return V{_mm512_permutex2var_ps(first.raw, leaf.raw, second.raw)};
  } else {
    return V{_mm512_permutex2var_pd(first.raw, leaf.raw, second.raw)};
  }
#else
  const hn::RebindToSigned<D> indices;
  using Index = hn::TFromD<decltype(indices)>;
  constexpr auto kSize = static_cast<Index>(hn::MaxLanes(numbers));
  const auto lane = hn::IndicesFromVec(numbers, hn::And(leaf, hn::Set(indices, kSize - 1)));
  const auto is_second = hn::TestBit(leaf, hn::Set(indices, kSize));
  return hn::IfThenElse(hn::RebindMask(numbers, is_second), hn::TableLookupLanes(second, lane),
                        hn::TableLookupLanes(first, lane));
#endif
}

// A value of the leaves from `first` on, of the last one where there are no more.
template <class D, class Sum>
HWY_INLINE hn::Vec<D> load_values(D numbers, const LeafValues<Sum>& values, std::size_t value,
                                  std::size_t first) {
  if (values.width == 1 && first + hn::MaxLanes(numbers) <= values.count) {
    return hn::LoadU(numbers, values.first + first);
  }
  const hn::Rebind<std::int32_t, D> narrow;
  const auto last = hn::Set(narrow, static_cast<std::int32_t>(values.count - 1));
  const auto width = hn::Set(narrow, static_cast<std::int32_t>(values.width));
  const auto leaf = hn::Min(hn::Iota(narrow, static_cast<std::int32_t>(first)), last);
  return hn::GatherIndex(numbers, values.first + value, widen(numbers, hn::Mul(leaf, width)));
}

// Few leaves: their values stand in kTableCount vectors, and lanes pick from them.
template <std::size_t kTableCount, class Sum>
void add_picked(const std::uint8_t* leaves, std::size_t rows, const LeafValues<Sum>& values,
                Sum* sums) {
  const hn::CappedTag<Sum, kHalfBlockRowCount> numbers;
  const hn::RebindToSigned<decltype(numbers)> indices;
  using Index = hn::TFromD<decltype(indices)>;
  constexpr std::size_t kSize = hn::MaxLanes(numbers);
  std::array<hn::Vec<decltype(numbers)>, kTableCount> tables;
  for (std::size_t value = 0; value < values.width; ++value) {
    for (std::size_t table = 0; table < kTableCount; ++table) {
      tables[table] = load_values(numbers, values, value, table * kSize);
    }
    for (std::size_t row = 0; row < rows; row += kSize) {
      const auto leaf = widen(numbers, load_leaves(numbers, leaves + row));
      const auto is_set = [&](std::size_t bit) {
        return hn::RebindMask(numbers,
                              hn::TestBit(leaf, hn::Set(indices, static_cast<Index>(bit))));
      };
      auto added = pick_of_two(numbers, tables[0], tables[1], leaf);
      if constexpr (kTableCount == 4) {
        const auto upper = pick_of_two(numbers, tables[2], tables[3], leaf);
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
HWY_EXPORT(SelectPaths);
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

void select_paths(std::span<const PathTest> tests, const std::int8_t* columns, std::size_t rows,
                  std::uint8_t* paths) {
  HWY_DYNAMIC_DISPATCH(SelectPaths)(tests, columns, rows, paths);
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
