// SPDX-License-Identifier: MIT
#include "base/large_pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <numeric>
#include <utility>

namespace ml_inference {
namespace {

std::uintptr_t address_of(const void* memory) { return reinterpret_cast<std::uintptr_t>(memory); }

TEST(LargePages, BeginAtALargePageWhereThereIsOne) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kLargePageSize - 1, kLargePageSize,
                                 kLargePageSize + 1, 5 * kLargePageSize - 3}) {
    const std::unique_ptr<void, decltype(&std::free)> memory(allocate_pages(size, 64), &std::free);
    const std::size_t alignment = size < kLargePageSize ? 64 : kLargePageSize;
    EXPECT_EQ(address_of(memory.get()) % alignment, 0U) << size;
    std::fill_n(static_cast<char*>(memory.get()), size, '\1');
  }
}

TEST(LargePages, HoldWhatAVectorHoldsWhileItGrowsAndShrinks) {
  LargeVector<std::uint32_t> numbers;
  constexpr std::size_t kCount = 3 * kLargePageSize / sizeof(std::uint32_t) + 7;
  for (std::uint32_t number = 0; number < kCount; ++number) numbers.push_back(number);
  EXPECT_EQ(std::accumulate(numbers.begin(), numbers.end(), std::uint64_t{0}),
            std::uint64_t{kCount} * (kCount - 1) / 2);
  const LargeVector<std::uint32_t> copy = numbers;
  numbers.resize(5);
  numbers.shrink_to_fit();
  const LargeVector<std::uint32_t> moved = std::move(numbers);
  EXPECT_EQ(moved, (LargeVector<std::uint32_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(copy.size(), kCount);
  EXPECT_EQ(address_of(copy.data()) % kLargePageSize, 0U);
}

TEST(LargePages, RefuseACountThatNoMemoryHas) {
  EXPECT_THROW(static_cast<void>(LargePageAllocator<double>().allocate(std::size_t{1} << 61)),
               std::bad_alloc);
}

}  // namespace
}  // namespace ml_inference
