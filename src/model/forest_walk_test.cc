// SPDX-License-Identifier: MIT
// Where a value goes, rule by rule, at the numbers where rules differ.
#include "model/forest_walk.h"

#include "model/forest_builder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <vector>

namespace ml_inference {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr double kDenormal = std::numeric_limits<double>::denorm_min();

using Code = std::optional<std::uint32_t>;

// A forest of one test, which says where a value goes.
class OneTest {
 public:
  explicit OneTest(NumericalTest test)
      : forest_(make([&test](ForestBuilder& builder) {
          test.left = 1;
          test.right = 2;
          builder.numerical_test(0, test);
        })) {}

  OneTest(CategoryRule rule, std::vector<std::uint32_t> words, CategoricalTest test)
      : forest_(make(
            [&](ForestBuilder& builder) {
              test.set = builder.category_set(words);
              test.left = 1;
              test.right = 2;
              builder.categorical_test(0, test);
            },
            rule)) {}

  [[nodiscard]] bool sends_left(double value) const {
    return goes_left(forest_, forest_.nodes().front(), value);
  }

 private:
  template <class Speak>
  static Forest make(const Speak& speak, CategoryRule rule = CategoryRule::truncated) {
    ForestBuilder builder({.feature_count = 1, .output_count = 1, .category_rule = rule});
    builder.start_tree(3);
    speak(builder);
    builder.leaf(1, std::vector{1.0});
    builder.leaf(2, std::vector{2.0});
    return std::move(builder).build().value();
  }

  Forest forest_;
};

TEST(GoesLeft, AsksForAtMostOrForBelow) {
  const double thresholds[] = {-1e300, -1, -kDenormal, 0, kDenormal, 0.1, 1e300};
  for (const double threshold : thresholds) {
    const OneTest at_most({.threshold = threshold});
    const OneTest below({.threshold = threshold, .is_strict = true});
    EXPECT_TRUE(at_most.sends_left(threshold)) << threshold;
    EXPECT_FALSE(below.sends_left(threshold)) << threshold;
    const double before = std::nextafter(threshold, -kInfinity);
    EXPECT_TRUE(at_most.sends_left(before) && below.sends_left(before)) << threshold;
    const double after = std::nextafter(threshold, kInfinity);
    EXPECT_FALSE(at_most.sends_left(after) || below.sends_left(after)) << threshold;
  }
}

TEST(GoesLeft, ComparesInfinitiesAndBothZerosAsNumbers) {
  EXPECT_TRUE(OneTest({.threshold = kInfinity}).sends_left(kInfinity));
  EXPECT_FALSE(OneTest({.threshold = kInfinity, .is_strict = true}).sends_left(kInfinity));
  EXPECT_FALSE(OneTest({.threshold = 0, .is_strict = true}).sends_left(-0.0));
  EXPECT_TRUE(OneTest({.threshold = -0.0}).sends_left(0.0));
}

// How readers write a threshold that is NaN.
TEST(GoesLeft, SendsNoNumberBelowMinusInfinity) {
  const OneTest never({.threshold = -kInfinity, .is_strict = true});
  for (const double value : {-kInfinity, -1e308, 0.0, kInfinity}) {
    EXPECT_FALSE(never.sends_left(value)) << value;
  }
}

TEST(GoesLeft, SendsAMissingValueWhereTheTestSays) {
  for (const bool left : {false, true}) {
    EXPECT_EQ(OneTest({.missing_goes_left = left}).sends_left(kMissing), left);
    EXPECT_EQ(
        OneTest(CategoryRule::truncated, {}, {.missing_goes_left = left}).sends_left(kMissing),
        left);
  }
}

TEST(GoesLeft, TakesZeroAndWhatIsCloseToItForMissingWhereTheTestSays) {
  const double close = 1e-35F;
  for (const bool left : {false, true}) {
    const OneTest test(
        {.threshold = left ? -1.0 : 1.0, .missing_goes_left = left, .zero_is_missing = true});
    for (const double value : {0.0, -0.0, kDenormal, 1e-35, close, -close, kMissing}) {
      EXPECT_EQ(test.sends_left(value), left) << value;
    }
    for (const double value : {std::nextafter(close, 1.0), -std::nextafter(close, 1.0)}) {
      EXPECT_EQ(test.sends_left(value), !left) << value;
    }
  }
}

TEST(CategoryCode, IsCutTowardsZero) {
  const auto code = [](double value) { return category_code(CategoryRule::truncated, value); };
  EXPECT_EQ(code(2.9), Code(2));
  EXPECT_EQ(code(-0.0), Code(0));
  EXPECT_EQ(code(-0.99), Code(0));
  EXPECT_EQ(code(-1), std::nullopt);
  EXPECT_EQ(code(2147483647.9), Code(2147483647));
  EXPECT_EQ(code(2147483648.0), std::nullopt);
  EXPECT_EQ(code(kInfinity), std::nullopt);
  EXPECT_EQ(code(-kInfinity), std::nullopt);
}

TEST(CategoryCode, IsNoneOfANegativeValue) {
  const auto code = [](double value) { return category_code(CategoryRule::not_negative, value); };
  EXPECT_EQ(code(2.9), Code(2));
  EXPECT_EQ(code(-0.0), Code(0));
  EXPECT_EQ(code(-kDenormal), std::nullopt);
  EXPECT_EQ(code(-0.99), std::nullopt);
  EXPECT_EQ(code(kInfinity), std::nullopt);
}

TEST(CategoryCode, IsTheLowestByte) {
  const auto code = [](double value) { return category_code(CategoryRule::byte, value); };
  EXPECT_EQ(code(254.9), Code(254));
  EXPECT_EQ(code(257), Code(1));
  EXPECT_EQ(code(-0.5), Code(0));
  EXPECT_EQ(code(-1), Code(255));
  EXPECT_EQ(code(2147483647), Code(255));
  EXPECT_EQ(code(2147483903.0), Code(0));  // its lowest byte would be 255
  EXPECT_EQ(code(-2147483648.5), Code(0));
  EXPECT_EQ(code(-kInfinity), Code(0));
}

TEST(CategoryCode, IsTheLowestByteOfWhatIsNotNegative) {
  const auto code = [](double value) {
    return category_code(CategoryRule::byte_not_negative, value);
  };
  EXPECT_EQ(code(257.9), Code(1));
  EXPECT_EQ(code(-0.0), Code(0));
  EXPECT_EQ(code(kInfinity), Code(0));
  for (const double negative : {-kDenormal, -0.5, -256.0, -1e39, -kInfinity}) {
    EXPECT_EQ(code(negative), std::nullopt) << negative;
  }
}

TEST(GoesLeft, SendsACodeWhereItsBitSays) {
  const OneTest test(CategoryRule::truncated, {1U << 31 | 1U, 2U}, {});
  for (std::uint32_t code = 0; code < 64; ++code) {
    EXPECT_EQ(test.sends_left(code), code == 0 || code == 31 || code == 33) << code;
  }
}

TEST(GoesLeft, SendsStrangersWhereTheTestSays) {
  for (const bool left : {false, true}) {
    const std::vector<std::uint32_t> words{left ? 0U : ~0U};
    const OneTest test(CategoryRule::truncated, words, {.strangers_go_left = left});
    for (const double stranger : {-1.0, 32.0, 1e9, kInfinity, -kInfinity}) {
      EXPECT_EQ(test.sends_left(stranger), left) << stranger;
    }
    for (const double known : {0.0, -0.5, 31.9}) EXPECT_EQ(test.sends_left(known), !left) << known;
  }
}

TEST(LinearValue, IsThePlainValueWhenAFeatureIsMissing) {
  ForestBuilder builder({.feature_count = 3, .output_count = 1});
  builder.start_tree(1);
  const std::vector<std::uint32_t> features{2, 0};
  const std::vector<double> coefficients{10, 0.5};
  builder.linear_leaf(0, {.constant = 1, .features = features, .coefficients = coefficients}, 7);
  const Forest forest = std::move(builder).build().value();
  const auto value = [&forest](const std::vector<double>& row) {
    return linear_value(forest, forest.nodes().front(), std::span(row));
  };
  EXPECT_EQ(value({4, kMissing, 3}), 33);
  EXPECT_EQ(value({kMissing, 0, 3}), 7);
  EXPECT_EQ(value({4, 0, kMissing}), 7);
  EXPECT_EQ(value({kInfinity, 0, 3}), kInfinity);
}

TEST(Divisors, CountTheTreesThatAddToEachOutput) {
  ForestBuilder builder({.feature_count = 1,
                         .output_count = 2,
                         .leaf_width = 1,
                         .aggregation = Aggregation::average});
  for (const std::size_t output : {0, 1, 1, 1}) {
    builder.start_tree(1, output);
    builder.leaf(0, std::vector{1.0});
  }
  EXPECT_EQ(divisors(std::move(builder).build().value()), (std::vector{1.0, 3.0}));
}

}  // namespace
}  // namespace ml_inference
