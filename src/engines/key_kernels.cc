// SPDX-License-Identifier: MIT
#include "engines/key_kernels.h"

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

// A binary search for each row at once. It takes as many steps whatever is found, so the rows stay
// in step and nothing is guessed.
template <class D, class T>
void search(D numbers, const T* sorted, std::size_t size, const T* values, std::int32_t* counts) {
  using Index = hwy::MakeSigned<T>;
  const hn::RebindToSigned<D> indices;
  const hn::Rebind<std::uint32_t, D> narrow;
  for (std::size_t row = 0; row < kBlockRowCount; row += hn::Lanes(numbers)) {
    const auto value = hn::LoadU(numbers, values + row);
    auto first = hn::Zero(indices);
    for (std::size_t count = size; count > 0;) {
      const std::size_t half = (count + 1) / 2;
      const auto found = hn::GatherIndex(
          numbers, sorted, hn::Add(first, hn::Set(indices, static_cast<Index>(half - 1))));
      const auto is_below = hn::RebindMask(indices, hn::Lt(found, value));
      first = hn::Add(first, hn::IfThenElseZero(is_below, hn::Set(indices, static_cast<Index>(half))));
      count -= half;
    }
    if constexpr (sizeof(T) == sizeof(std::int32_t)) {
      hn::StoreU(first, indices, counts + row);
    } else {
      hn::StoreU(hn::TruncateTo(narrow, hn::BitCast(hn::RebindToUnsigned<D>(), first)), narrow,
                 reinterpret_cast<std::uint32_t*>(counts + row));
    }
  }
}

void CountDoublesBelow(const double* sorted, std::size_t size, const double* values,
                       std::int32_t* counts) {
  search(hn::CappedTag<double, kBlockRowCount>(), sorted, size, values, counts);
}

void CountIntsBelow(const std::int32_t* sorted, std::size_t size, const std::int32_t* values,
                    std::int32_t* counts) {
  search(hn::CappedTag<std::int32_t, kBlockRowCount>(), sorted, size, values, counts);
}

void OrderBits(const float* values, std::int32_t* keys) {
  const hn::CappedTag<float, kBlockRowCount> floats;
  const hn::RebindToSigned<decltype(floats)> ints;
  const auto magnitude = hn::Set(ints, 0x7fffffff);
  for (std::size_t row = 0; row < kBlockRowCount; row += hn::Lanes(floats)) {
    // Adding 0 makes 0.0 of -0.0.
    const auto value = hn::Add(hn::LoadU(floats, values + row), hn::Zero(floats));
    const auto bits = hn::BitCast(ints, value);
    const auto sign = hn::BroadcastSignBit(bits);
    hn::StoreU(hn::Xor(bits, hn::And(sign, magnitude)), ints, keys + row);
  }
}

void NarrowRanks(const std::int32_t* ranks, std::int32_t first, std::int8_t* bytes) {
  const hn::CappedTag<std::int32_t, kBlockRowCount> ints;
  const hn::Rebind<std::int8_t, decltype(ints)> narrow;
  // In two steps, so that what is cut is cut at 0 and 255.
  for (std::size_t row = 0; row < kBlockRowCount; row += hn::Lanes(ints)) {
    const auto rank = hn::Sub(hn::LoadU(ints, ranks + row), hn::Set(ints, first));
    hn::StoreU(hn::DemoteTo(narrow, hn::Sub(rank, hn::Set(ints, 128))), narrow, bytes + row);
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

void count_below(const double* sorted, std::size_t size, const double* values,
                 std::int32_t* counts) {
  HWY_DYNAMIC_DISPATCH(CountDoublesBelow)(sorted, size, values, counts);
}

void count_below(const std::int32_t* sorted, std::size_t size, const std::int32_t* values,
                 std::int32_t* counts) {
  HWY_DYNAMIC_DISPATCH(CountIntsBelow)(sorted, size, values, counts);
}

void order_bits(const float* values, std::int32_t* keys) {
  HWY_DYNAMIC_DISPATCH(OrderBits)(values, keys);
}

void narrow_ranks(const std::int32_t* ranks, std::int32_t first, std::int8_t* bytes) {
  HWY_DYNAMIC_DISPATCH(NarrowRanks)(ranks, first, bytes);
}

}  // namespace ml_inference
#endif
