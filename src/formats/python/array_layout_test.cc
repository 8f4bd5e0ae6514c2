// SPDX-License-Identifier: MIT
#include "formats/python/array_layout.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace ml_inference {
namespace {

TEST(ArrayLayout, KnowsTheCodesOfTypes) {
  const std::optional<ArrayType> real = array_type_of("<f8");
  ASSERT_TRUE(real.has_value());
  EXPECT_EQ(real->kind, 'f');
  EXPECT_EQ(real->item_size, 8);
  EXPECT_FALSE(real->is_big_endian);
  EXPECT_TRUE(array_type_of(">i4")->is_big_endian);
  EXPECT_EQ(array_type_of("<U5")->item_size, 20);
  EXPECT_EQ(array_type_of("?")->kind, 'b');
  EXPECT_TRUE(array_type_of("|O")->has_objects);
}

TEST(ArrayLayout, KnowsNoOtherCodes) {
  for (const char* code : {"", "<", "f", "f3", "f8x", "<i-8", "U99999999", "q8", "<<f8"}) {
    EXPECT_FALSE(array_type_of(code).has_value()) << code;
  }
}

TEST(ArrayLayout, CountsElementsAsFarAsTheirBytesCanBeCounted) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(element_count({}, 8), 1);
  EXPECT_EQ(element_count(std::vector<std::int64_t>{3, 4}, 8), 12);
  EXPECT_EQ(element_count(std::vector<std::int64_t>{kMax, kMax, 0}, 8), 0);
  EXPECT_EQ(element_count(std::vector<std::int64_t>{kMax / 8}, 8), kMax / 8);
  EXPECT_EQ(element_count(std::vector<std::int64_t>{kMax / 8 + 1}, 8), std::nullopt);
  EXPECT_EQ(element_count(std::vector<std::int64_t>{kMax, kMax}, 0), std::nullopt);
}

}  // namespace
}  // namespace ml_inference
