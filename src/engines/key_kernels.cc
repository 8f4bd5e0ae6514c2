// SPDX-License-Identifier: MIT
#include "engines/key_kernels.h"

#include "engines/simd_limits.h"

#include <algorithm>
#include <array>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engines/key_kernels.cc"
#include <hwy/foreach_target.h>
// Behind foreach_target.h:
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace ml_inference {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <class V, class D>
void store(V counts, D indices, std::int32_t* out) {
  if constexpr (sizeof(hn::TFromD<D>) == sizeof(std::int32_t)) {
    hn::StoreU(counts, indices, out);
  } else {
    const hn::Rebind<std::uint32_t, D> narrow;
    const auto bits = hn::BitCast(hn::RebindToUnsigned<D>(), counts);
    hn::StoreU(hn::TruncateTo(narrow, bits), narrow, reinterpret_cast<std::uint32_t*>(out));
  }
}

// A binary search for each row at once. It takes as many steps whatever is found, so the rows stay
// in step and nothing is guessed. The first steps look at a few of the numbers that stand in a
// vector; the others gather.
// missing  what is said of NaN.
template <class T>
void count(std::span<const T> sorted, const T* values, std::size_t rows, std::int32_t missing,
           std::int32_t* counts) {
  if (sorted.empty()) {
    std::fill_n(counts, rows, 0);
    return;
  }
  using Index = hwy::MakeSigned<T>;
  const hn::CappedTag<T, kHalfBlockRowCount> numbers;
  const hn::RebindToSigned<decltype(numbers)> indices;
  constexpr std::size_t kSize = hn::MaxLanes(numbers);
  const std::size_t segment = (sorted.size() + kSize - 1) / kSize;
  const auto last = hn::Set(indices, static_cast<Index>(sorted.size()) - 1);
  // The last of each segment; of those behind the end, the last of all.
  std::array<T, kSize> ends;
  for (std::size_t lane = 0; lane < kSize; ++lane) {
    ends[lane] = sorted[std::min((lane + 1) * segment, sorted.size()) - 1];
  }
  const auto pivots = hn::LoadU(numbers, ends.data());
  const auto advance = [&](auto place, auto is_below, std::size_t step) {
    return hn::Add(place, hn::IfThenElseZero(hn::RebindMask(indices, is_below),
                                             hn::Set(indices, static_cast<Index>(step))));
  };
  // Four vectors at once, each waiting for its own gathers.
  constexpr std::size_t kTogether = 4;
  static_assert(kHalfBlockRowCount % (kTogether * kSize) == 0);
  for (std::size_t row = 0; row < rows; row += kTogether * kSize) {
    hn::Vec<decltype(numbers)> value[kTogether];
    hn::Vec<decltype(indices)> below[kTogether];
    for (std::size_t part = 0; part < kTogether; ++part) {
      value[part] = hn::LoadU(numbers, values + row + part * kSize);
      below[part] = hn::Zero(indices);
      auto lane = hn::Zero(indices);
      for (std::size_t half = kSize / 2; half > 0; half /= 2) {
        const auto middle = hn::Add(lane, hn::Set(indices, static_cast<Index>(half - 1)));
        const auto found = hn::TableLookupLanes(pivots, hn::IndicesFromVec(numbers, middle));
        const auto is_below = hn::Lt(found, value[part]);
        lane = advance(lane, is_below, half);
        below[part] = advance(below[part], is_below, half * segment);
      }
    }
    for (std::size_t left = segment; left > 0;) {
      const std::size_t half = (left + 1) / 2;
      for (std::size_t part = 0; part < kTogether; ++part) {
        const auto middle = hn::Add(below[part], hn::Set(indices, static_cast<Index>(half - 1)));
        const auto found = hn::GatherIndex(numbers, sorted.data(), hn::Min(middle, last));
        below[part] = advance(below[part], hn::Lt(found, value[part]), half);
      }
      left -= half;
    }
    for (std::size_t part = 0; part < kTogether; ++part) {
      // Above all of them it has counted on behind the end.
      auto result = hn::Min(below[part], hn::Add(last, hn::Set(indices, Index{1})));
      if constexpr (std::is_floating_point_v<T>) {
        const auto is_missing = hn::RebindMask(indices, hn::IsNaN(value[part]));
        result = hn::IfThenElse(is_missing, hn::Set(indices, Index{missing}), result);
      }
      store(result, indices, counts + row + part * kSize);
    }
  }
}

void CountDoublesBelow(std::span<const double> sorted, const double* values, std::size_t rows,
                       std::int32_t missing, std::int32_t* counts) {
  count(sorted, values, rows, missing, counts);
}

void CountIntsBelow(std::span<const std::int32_t> sorted, const std::int32_t* values,
                    std::size_t rows, std::int32_t* counts) {
  count(sorted, values, rows, 0, counts);
}

void OrderBits(const float* values, std::size_t rows, std::int32_t missing, std::int32_t* keys) {
  const hn::CappedTag<float, kHalfBlockRowCount> floats;
  const hn::RebindToSigned<decltype(floats)> ints;
  const auto magnitude = hn::Set(ints, 0x7fffffff);
  for (std::size_t row = 0; row < rows; row += hn::Lanes(floats)) {
    // Adding 0 makes 0.0 of -0.0.
    const auto value = hn::Add(hn::LoadU(floats, values + row), hn::Zero(floats));
    const auto bits = hn::BitCast(ints, value);
    const auto sign = hn::BroadcastSignBit(bits);
    const auto key = hn::Xor(bits, hn::And(sign, magnitude));
    const auto is_missing = hn::RebindMask(ints, hn::IsNaN(value));
    hn::StoreU(hn::IfThenElse(is_missing, hn::Set(ints, missing), key), ints, keys + row);
  }
}

void NarrowRanks(const std::int32_t* ranks, std::size_t rows, std::int32_t first,
                 std::int8_t* bytes) {
  const hn::CappedTag<std::int32_t, kHalfBlockRowCount> ints;
  const hn::Rebind<std::int8_t, decltype(ints)> narrow;
  // What is too small or too large for a byte is cut by DemoteTo().
  const auto least = hn::Set(ints, first + 128);
  for (std::size_t row = 0; row < rows; row += hn::Lanes(ints)) {
    const auto rank = hn::Sub(hn::LoadU(ints, ranks + row), least);
    hn::StoreU(hn::DemoteTo(narrow, rank), narrow, bytes + row);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace ml_inference
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ml_inference {

HWY_EXPORT(CountDoublesBelow);
HWY_EXPORT(CountIntsBelow);
HWY_EXPORT(OrderBits);
HWY_EXPORT(NarrowRanks);

void count_below(std::span<const double> sorted, const double* values, std::size_t rows,
                 std::int32_t missing, std::int32_t* counts) {
  HWY_DYNAMIC_DISPATCH(CountDoublesBelow)(sorted, values, rows, missing, counts);
}

void count_below(std::span<const std::int32_t> sorted, const std::int32_t* values, std::size_t rows,
                 std::int32_t* counts) {
  HWY_DYNAMIC_DISPATCH(CountIntsBelow)(sorted, values, rows, counts);
}

void order_bits(const float* values, std::size_t rows, std::int32_t missing, std::int32_t* keys) {
  HWY_DYNAMIC_DISPATCH(OrderBits)(values, rows, missing, keys);
}

void narrow_ranks(const std::int32_t* ranks, std::size_t rows, std::int32_t first,
                  std::int8_t* bytes) {
  HWY_DYNAMIC_DISPATCH(NarrowRanks)(ranks, rows, first, bytes);
}

}  // namespace ml_inference
#endif
