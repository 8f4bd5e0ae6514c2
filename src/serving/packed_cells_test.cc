// SPDX-License-Identifier: MIT
#include "serving/packed_cells.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

using ::testing::ElementsAre;

// The numbers behind one other byte, so that they stand at no address that is their own.
template <class Number>
std::string odd_bytes(const std::vector<Number>& numbers) {
  std::string bytes(1 + numbers.size() * sizeof(Number), '\0');
  std::memcpy(bytes.data() + 1, numbers.data(), numbers.size() * sizeof(Number));
  return bytes;
}

std::vector<double> copied(const PackedCells& cells, std::size_t first, std::size_t count) {
  std::vector<double> out(count);
  cells.copy(first, out);
  return out;
}

TEST(PackedCells, AreReadAtAnyAddress) {
  const std::string bytes = odd_bytes<float>({0.5F, -1.25F, 3.0F, 0.1F});
  const PackedCells cells(PackedCells::Type::float32, std::string_view(bytes).substr(1));
  EXPECT_EQ(cells.size(), 4U);
  EXPECT_THAT(copied(cells, 0, 4), ElementsAre(0.5, -1.25, 3.0, static_cast<double>(0.1F)));
  EXPECT_THAT(copied(cells, 1, 2), ElementsAre(-1.25, 3.0));
  EXPECT_THAT(copied(cells, 4, 0), ElementsAre());
}

TEST(PackedCells, KeepEveryBitOfDoubles) {
  const double least = std::numeric_limits<double>::denorm_min();
  const std::string bytes = odd_bytes<double>({0.1, -0.0, least, std::nan("")});
  const PackedCells cells(PackedCells::Type::float64, std::string_view(bytes).substr(1));
  const std::vector<double> out = copied(cells, 0, 4);
  EXPECT_EQ(out[0], 0.1);
  EXPECT_TRUE(std::signbit(out[1]));
  EXPECT_EQ(out[2], least);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(out[3]), std::bit_cast<std::uint64_t>(std::nan("")));
}

template <class Number>
double largest(PackedCells::Type type, const std::vector<Number>& numbers) {
  const std::string bytes = odd_bytes(numbers);
  return PackedCells(type, std::string_view(bytes).substr(1)).largest_magnitude();
}

TEST(PackedCells, KnowTheirLargest) {
  constexpr auto kNarrow = PackedCells::Type::float32;
  constexpr auto kWide = PackedCells::Type::float64;
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(largest<float>(kNarrow, {0.5F, -2.0F, 1.5F}), 2.0);
  EXPECT_EQ(largest<float>(kNarrow, {-0.0F}), 0.0);
  EXPECT_EQ(largest<float>(kNarrow, {1.0F, -kInfinity, 2.0F}), kInfinity);
  EXPECT_TRUE(std::isnan(largest<float>(kNarrow, {kInfinity, -std::nanf(""), 2.0F})));
  EXPECT_EQ(largest<double>(kWide, {0.1, -1e300, 1.0}), 1e300);
  EXPECT_EQ(largest<double>(kWide, {-static_cast<double>(kInfinity)}), kInfinity);
  EXPECT_TRUE(std::isnan(largest<double>(kWide, {1.0, std::nan(""), 2.0})));
}

TEST(PackedCells, AreNoneAtFirst) {
  EXPECT_EQ(PackedCells().largest_magnitude(), 0);
  EXPECT_TRUE(PackedCells().empty());
  EXPECT_EQ(PackedCells().size(), 0U);
}

}  // namespace
}  // namespace ml_inference
