// SPDX-License-Identifier: MIT
#include "training/feature_bins.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace ml_inference {
namespace {

using ::testing::HasSubstr;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Result<FeatureBins> bins_of(std::vector<double> column, bool is_categorical = false,
                            std::size_t max_bins = 255) {
  std::vector<std::uint32_t> chosen(column.size());
  std::iota(chosen.begin(), chosen.end(), 0U);
  return find_bins(MatrixView<const double>(column, column.size(), 1), chosen, 0, is_categorical,
                   max_bins, 42);
}

TEST(FeatureBins, HasOneForEachValueWithTheMeanBetweenNeighbours) {
  const FeatureBins bins = *bins_of({3, 1, kNaN, 2, 1, -0.0, 0});
  ASSERT_EQ(bins.value_bin_count(), 4U);
  EXPECT_EQ(bins.threshold(0), 0.5);
  EXPECT_EQ(bins.threshold(1), 1.5);
  EXPECT_EQ(bins.threshold(2), 2.5);
  EXPECT_EQ(bins.bin_of(-9), 0);
  EXPECT_EQ(bins.bin_of(0.5), 0);  // on the threshold: below
  EXPECT_EQ(bins.bin_of(0.6), 1);
  EXPECT_EQ(bins.bin_of(9), 3);
  EXPECT_EQ(bins.bin_of(kNaN), 4);
}

TEST(FeatureBins, AreQuantilesWhereThereAreMoreValues) {
  std::vector<double> column(1'001);
  std::iota(column.begin(), column.end(), 0.0);
  const FeatureBins bins = *bins_of(column, false, 4);
  ASSERT_EQ(bins.value_bin_count(), 4U);
  EXPECT_EQ(bins.threshold(0), 250);
  EXPECT_EQ(bins.threshold(1), 500);
  EXPECT_EQ(bins.threshold(2), 750);
  const FeatureBins odd = *bins_of(column, false, 3);
  EXPECT_EQ(odd.threshold(0), 333.5);  // the quantile lies between 333 and 334
}

TEST(FeatureBins, FallTogetherWhereQuantilesAreEqual) {
  std::vector<double> column(1'000, 7.0);
  for (std::size_t row = 0; row < 300; ++row) column.push_back(8.0 + static_cast<double>(row));
  const FeatureBins bins = *bins_of(column, false, 10);
  EXPECT_EQ(bins.threshold(0), 7);
  EXPECT_EQ(bins.value_bin_count(), 4U);
}

TEST(FeatureBins, AgreeWithTheThresholdsOfTheForest) {
  std::vector<double> column;
  double value = 1;
  for (int step = 0; step < 300; ++step) {
    column.push_back(value);
    value = std::nextafter(value, 2.0);  // no float64 lies between neighbours
  }
  for (const std::size_t max_bins : {255U, 100U, 2U}) {
    const FeatureBins bins = *bins_of(column, false, max_bins);
    for (const double each : column) {
      std::size_t expected = 0;
      while (expected + 1 < bins.value_bin_count() && each > bins.threshold(expected)) ++expected;
      EXPECT_EQ(bins.bin_of(each), expected);
    }
  }
}

TEST(FeatureBins, TellNeighboursApart) {
  std::vector<double> column = {-1.7e308, 0, 5e-324, 1.7e308, 1.75e308};
  for (int step = 0; step < 100; ++step) {
    column.push_back(step == 0 ? 1.7e9 : std::nextafter(column.back(), 2e9));
  }
  std::ranges::sort(column);
  const FeatureBins bins = *bins_of(column);
  ASSERT_EQ(bins.value_bin_count(), 105U);
  for (std::size_t index = 0; index < column.size(); ++index) {
    EXPECT_EQ(bins.bin_of(column[index]), index);
  }
}

TEST(FeatureBins, OfAConstantOrOfNothingIsOne) {
  EXPECT_EQ(bins_of({5, 5, 5})->value_bin_count(), 1U);
  EXPECT_EQ(bins_of({kNaN, kNaN})->value_bin_count(), 1U);
  EXPECT_EQ(bins_of({kNaN})->bin_of(kNaN), 1);
}

TEST(FeatureBins, OfManyRowsAreThoseOfASample) {
  std::vector<double> column(3 * kBinSampleMax);
  std::iota(column.begin(), column.end(), 0.0);
  const FeatureBins bins = *bins_of(column, false, 10);
  for (std::size_t bin = 0; bin < 9; ++bin) {
    EXPECT_NEAR(bins.threshold(bin), 0.1 * static_cast<double>((bin + 1) * column.size()), 10);
  }
}

TEST(FeatureBins, OfCategoriesAreTheCategories) {
  const FeatureBins bins = *bins_of({0, 3, kNaN, 1}, true);
  EXPECT_EQ(bins.value_bin_count(), 4U);
  EXPECT_EQ(bins.bin_of(2), 2);
  for (const double stranger : {4.0, -1.0, 0.5, 1e9, kNaN}) {
    EXPECT_EQ(bins.bin_of(stranger), bins.missing_bin());
  }
}

TEST(FeatureBins, RefuseWhatIsNoCategory) {
  for (const double value : {-1.0, 0.5, 4.0}) {
    const auto bins = bins_of({0, value}, true, 4);
    ASSERT_FALSE(bins.has_value());
    EXPECT_THAT(bins.error().message,
                HasSubstr("row 1 feature 0: expected a category from 0 to 3"));
  }
}

}  // namespace
}  // namespace ml_inference
