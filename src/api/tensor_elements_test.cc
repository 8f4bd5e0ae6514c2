// SPDX-License-Identifier: MIT
#include "api/tensor_elements.h"

#include "api/testing/stumps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

template <class Element>
std::string bytes_of(const std::vector<Element>& elements) {
  std::string bytes(elements.size() * sizeof(Element), '\0');
  std::memcpy(bytes.data(), elements.data(), bytes.size());
  return bytes;
}

GivenTensor raw_tensor(TensorType type, std::vector<std::int64_t> shape, std::string_view bytes) {
  return {.name = "t", .type = type, .shape = std::move(shape), .elements = RawElements{bytes}};
}

std::vector<double> numbers_of(const GivenTensor& tensor) {
  const TensorElements elements = TensorElements::of(tensor).value();
  std::vector<double> numbers(elements.count());
  elements.copy_numbers(numbers);
  return numbers;
}

std::string error_of(const GivenTensor& tensor) {
  const auto elements = TensorElements::of(tensor);
  return elements ? "" : elements.error().message;
}

TEST(HalfPrecision, HasEveryValueOfItsFormat) {
  EXPECT_EQ(half_to_float(0x0000), 0.0F);
  EXPECT_TRUE(std::signbit(half_to_float(0x8000)));
  EXPECT_EQ(half_to_float(0x3C00), 1.0F);
  EXPECT_EQ(half_to_float(0xC000), -2.0F);
  EXPECT_EQ(half_to_float(0x7BFF), 65504.0F);
  EXPECT_EQ(half_to_float(0x0001), 0x1p-24F);
  EXPECT_EQ(half_to_float(0x03FF), 1023 * 0x1p-24F);
  EXPECT_EQ(half_to_float(0x0400), 0x1p-14F);
  EXPECT_EQ(half_to_float(0x7C00), std::numeric_limits<float>::infinity());
  EXPECT_EQ(half_to_float(0xFC00), -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(half_to_float(0x7E00)));
}

// Against the compiler's own conversion, all 65536 of them.
TEST(HalfPrecision, IsTheCompilers) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto narrow = static_cast<std::uint16_t>(bits);
    const auto expected = static_cast<float>(std::bit_cast<_Float16>(narrow));
    const float got = half_to_float(narrow);
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(got)) << bits;
    } else {
      EXPECT_EQ(std::bit_cast<std::uint32_t>(got), std::bit_cast<std::uint32_t>(expected)) << bits;
    }
  }
}

TEST(HalfPrecision, RoundsAsTheCompilerDoes) {
  std::mt19937_64 random(7);
  std::vector<double> values{0, -0.0, 1e-9, 65519.999, 65520, -70000, 1e300, 0x1p-25, 0x1.8p-24};
  for (std::uint32_t bits = 0; bits < 0x7C00; ++bits) {
    const double half = half_to_float(static_cast<std::uint16_t>(bits));
    const double next = half_to_float(static_cast<std::uint16_t>(bits + 1));
    values.push_back(half);
    if (std::isfinite(next)) values.push_back((half + next) / 2);  // a tie
    values.push_back(-std::nextafter(half, next));
  }
  std::uniform_real_distribution<double> some(-70000, 70000);
  for (int round = 0; round < 10'000; ++round) values.push_back(some(random));
  for (const double value : values) {
    EXPECT_EQ(round_to_half(value), static_cast<double>(static_cast<_Float16>(value))) << value;
  }
  EXPECT_TRUE(std::isnan(round_to_half(std::nan(""))));
}

TEST(TensorElements, CopiesRawNumbersOfEveryType) {
  const auto copied = [](TensorType type, const auto& elements) {
    return numbers_of(raw_tensor(type, {2}, bytes_of(elements)));
  };
  EXPECT_EQ(copied(TensorType::uint8, std::vector<std::uint8_t>{0, 255}),
            (std::vector{0.0, 255.0}));
  EXPECT_EQ(copied(TensorType::int8, std::vector<std::int8_t>{-128, 127}),
            (std::vector{-128.0, 127.0}));
  EXPECT_EQ(copied(TensorType::uint16, std::vector<std::uint16_t>{1, 65535}),
            (std::vector{1.0, 65535.0}));
  EXPECT_EQ(copied(TensorType::int16, std::vector<std::int16_t>{-32768, 5}),
            (std::vector{-32768.0, 5.0}));
  EXPECT_EQ(copied(TensorType::int32, std::vector<std::int32_t>{-7, 1 << 30}),
            (std::vector{-7.0, 1073741824.0}));
  EXPECT_EQ(copied(TensorType::uint32, std::vector<std::uint32_t>{7, 4294967295U}),
            (std::vector{7.0, 4294967295.0}));
  EXPECT_EQ(copied(TensorType::int64, std::vector<std::int64_t>{-7, 1LL << 40}),
            (std::vector{-7.0, 0x1p40}));
  EXPECT_EQ(copied(TensorType::uint64, std::vector<std::uint64_t>{7, 1ULL << 63}),
            (std::vector{7.0, 0x1p63}));
  EXPECT_EQ(copied(TensorType::float16, std::vector<std::uint16_t>{0x3C00, 0xC000}),
            (std::vector{1.0, -2.0}));
  EXPECT_EQ(copied(TensorType::float32, std::vector<float>{0.1F, 2}),
            (std::vector{static_cast<double>(0.1F), 2.0}));
  EXPECT_EQ(copied(TensorType::float64, std::vector<double>{0.1, 2}), (std::vector{0.1, 2.0}));
}

TEST(TensorElements, TakesNumbersOfAnyTypedContents) {
  const std::vector<float> floats{0.5F, 1.5F};
  GivenTensor tensor{.name = "t", .type = TensorType::float32, .shape = {2, 1}};
  tensor.elements = std::span<const float>(floats);
  EXPECT_EQ(numbers_of(tensor), (std::vector{0.5, 1.5}));
  const std::vector<std::int32_t> whole{3, -4};
  tensor.type = TensorType::int8;
  tensor.elements = std::span<const std::int32_t>(whole);
  EXPECT_EQ(numbers_of(tensor), (std::vector{3.0, -4.0}));
  tensor.shape = {3};
  EXPECT_EQ(error_of(tensor), "input 't' has 2 elements, expected 3 by its shape [3]");
}

TEST(TensorElements, RefusesBytesThatAreNoElements) {
  EXPECT_EQ(error_of(raw_tensor(TensorType::float32, {1, 2}, "1234567")),
            "input 't' has 7 bytes, expected 2 elements of 4 by its shape [1, 2]");
  EXPECT_EQ(error_of(raw_tensor(TensorType::float64, {-1, 2}, "")),
            "input 't' has the shape [-1, 2], expected sizes from 0");
  constexpr std::int64_t kHuge = std::int64_t{1} << 40;
  EXPECT_EQ(error_of(raw_tensor(TensorType::uint8, {kHuge, kHuge}, "")),
            "input 't' has a shape of more elements than there can be");
  EXPECT_NE(error_of(raw_tensor(TensorType::float64, {std::int64_t{1} << 61}, "")), "");
}

TEST(TensorElements, ReadsRawTexts) {
  const Schema schema = [] {
    Schema made;
    made.feature_names = {"colour"};
    made.categories = {{.feature = 0, .labels = {"red", "blue"}}};
    return made;
  }();
  const CellReader cells(schema);
  const std::string bytes("\x04\0\0\0blue\x03\0\0\0red", 15);
  const GivenTensor tensor = raw_tensor(TensorType::bytes, {2}, bytes);
  const TensorElements elements = TensorElements::of(tensor).value();
  EXPECT_FALSE(elements.are_numbers());
  EXPECT_EQ(elements.cell(cells, 0, 0).value, 1);
  EXPECT_EQ(elements.cell(cells, 0, 1).value, 0);
  EXPECT_EQ(error_of(raw_tensor(TensorType::bytes, {2}, bytes.substr(0, 14))),
            "input 't' ends within a text: 2 bytes are left of 3");
  EXPECT_EQ(error_of(raw_tensor(TensorType::bytes, {2}, bytes.substr(0, 10))),
            "input 't' ends within a text's size");
  EXPECT_EQ(error_of(raw_tensor(TensorType::bytes, {3}, bytes)),
            "input 't' has 2 elements, expected 3 by its shape [3]");
  EXPECT_EQ(error_of(raw_tensor(TensorType::bytes, {1}, bytes)),
            "input 't' has 2 elements, expected 1 by its shape [1]");
}

class JsonElementsTest : public ::testing::Test {
 protected:
  GivenTensor tensor(std::string_view json, TensorType type, std::vector<std::int64_t> shape) {
    EXPECT_TRUE(tape_.parse(json).has_value());
    return {.name = "t",
            .type = type,
            .shape = std::move(shape),
            .elements = JsonElements{.nodes = &tape_.nodes(), .index = 0}};
  }

  JsonTape tape_;
  CellReader cells_{testing::iris_schema()};
};

TEST_F(JsonElementsTest, AreTruthValuesOrTheirNumbersWhereTheTypeIsThat) {
  const GivenTensor given = tensor("[true, false, 1, 0]", TensorType::boolean, {4});
  const TensorElements elements = TensorElements::of(given).value();
  for (const std::size_t index : {0U, 2U}) EXPECT_EQ(elements.cell(cells_, 0, index).value, 1);
  for (const std::size_t index : {1U, 3U}) EXPECT_EQ(elements.cell(cells_, 0, index).value, 0);
  for (const char* const json : {"[5]", "[0.5]", "[-1]", "[2]"}) {
    EXPECT_THAT(error_of(tensor(json, TensorType::boolean, {1})),
                ::testing::StartsWith("input 't' is of type BOOL, which "));
  }
}

TEST_F(JsonElementsTest, AreFlatOrNested) {
  for (const char* const json : {"[1,2,3,4]", "[[1,2],[3,4]]", "[[[1],[2]],[[3],[4]]]"}) {
    const GivenTensor given = tensor(json, TensorType::float64, {2, 2});
    const TensorElements elements = TensorElements::of(given).value();
    ASSERT_EQ(elements.count(), 4U);
    EXPECT_EQ(elements.cell(cells_, 0, 2).value, 3) << json;
  }
}

TEST_F(JsonElementsTest, AreRoundedAsTheirTypeIs) {
  const GivenTensor narrow = tensor("[0.1]", TensorType::float32, {1});
  EXPECT_EQ(TensorElements::of(narrow).value().cell(cells_, 0, 0).value, static_cast<double>(0.1F));
  const GivenTensor half = tensor("[0.1]", TensorType::float16, {1});
  EXPECT_EQ(TensorElements::of(half).value().cell(cells_, 0, 0).value, 0x1.998p-4);
  const GivenTensor wide = tensor("[0.1]", TensorType::float64, {1});
  EXPECT_EQ(TensorElements::of(wide).value().cell(cells_, 0, 0).value, 0.1);
}

TEST_F(JsonElementsTest, AreOfTheirType) {
  EXPECT_EQ(error_of(tensor("[1.5]", TensorType::int32, {1})),
            "input 't' is of type INT32, which 1.5 is not");
  EXPECT_EQ(error_of(tensor("[300]", TensorType::uint8, {1})),
            "input 't' is of type UINT8, which 300 is not");
  EXPECT_EQ(error_of(tensor("[1]", TensorType::bytes, {1})),
            "input 't' is of type BYTES, and 1 is no text");
  EXPECT_EQ(error_of(tensor("[false]", TensorType::bytes, {1})),
            "input 't' is of type BYTES, and false is no text");
  EXPECT_EQ(error_of(tensor("[{}]", TensorType::float32, {1})),
            "input 't' has an object among its elements");
  EXPECT_EQ(error_of(tensor("7", TensorType::float32, {1})), "input 't' has data that is no list");
  EXPECT_EQ(error_of(tensor("[1,2]", TensorType::float32, {1})),
            "input 't' has 2 elements, expected 1 by its shape [1]");
}

// As a double each of those that are too great is the greatest or least that is not.
TEST_F(JsonElementsTest, AreOfTheirTypeToTheLastUnit) {
  const auto is_taken = [&](const std::string& json, TensorType type) {
    return error_of(tensor("[" + json + "]", type, {1})).empty();
  };
  EXPECT_TRUE(is_taken("9223372036854775807", TensorType::int64));
  EXPECT_FALSE(is_taken("9223372036854775808", TensorType::int64));
  EXPECT_TRUE(is_taken("-9223372036854775808", TensorType::int64));
  EXPECT_TRUE(is_taken("-9.223372036854775808e18", TensorType::int64));
  EXPECT_FALSE(is_taken("-9223372036854775809", TensorType::int64));
  EXPECT_TRUE(is_taken("18446744073709551615", TensorType::uint64));
  EXPECT_FALSE(is_taken("18446744073709551616", TensorType::uint64));
  EXPECT_FALSE(is_taken("1e400", TensorType::uint64));
  EXPECT_FALSE(is_taken("-1", TensorType::uint64));
}

TEST_F(JsonElementsTest, MayBeMissingWhereTheModelTakesThat) {
  const GivenTensor given = tensor("[null,\"NaN\"]", TensorType::float32, {2});
  const TensorElements elements = TensorElements::of(given).value();
  EXPECT_EQ(elements.cell(cells_, 0, 0).refusal, CellRefusal::missing);
  Schema schema = testing::iris_schema();
  schema.input.accepts_missing = true;
  const CellReader lenient(schema);
  EXPECT_TRUE(std::isnan(elements.cell(lenient, 0, 0).value));
  EXPECT_TRUE(std::isnan(elements.cell(lenient, 0, 1).value));
}

}  // namespace
}  // namespace ml_inference
