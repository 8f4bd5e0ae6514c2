// SPDX-License-Identifier: MIT
// What a split does with missing values and categories. That it is the best one is
// boosted_tree_test's.
#include "training/histogram_split.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

class SplitTest : public testing::Test {
 protected:
  // Rows of one bin, all with the same gradient and the hessian 1.
  void add(std::vector<GradientSum>& histogram, std::size_t bin, int count, double gradient) {
    for (int row = 0; row < count; ++row) {
      histogram[bin] += units_.row(gradient, 1);
      node_ += units_.row(gradient, 1);
    }
  }

  HistogramSplit find(const FeatureBins& bins, const std::vector<GradientSum>& histogram) {
    const SplitRules rules{.units = units_,
                           .hessian_min = 1,
                           .row_count_min = row_count_min_,
                           .category_smoothing = 10 / units_.hessian_unit()};
    return SplitFinder().find(rules, bins, 4, histogram, node_);
  }

  GradientUnits units_{1'000, 1, 1};
  GradientSum node_;
  std::size_t row_count_min_ = 1;
};

TEST_F(SplitTest, SendsMissingValuesWhereTheyBelong) {
  const FeatureBins bins(std::vector<double>{1, 2});  // three bins, and missing values
  for (const bool like_left : {false, true}) {
    std::vector<GradientSum> histogram(4);
    node_ = {};
    add(histogram, 0, 10, -1);
    add(histogram, 1, 10, -1);
    add(histogram, 2, 10, 1);
    add(histogram, 3, 10, like_left ? -1 : 1);
    const HistogramSplit split = find(bins, histogram);
    EXPECT_EQ(split.bin, 1U);
    EXPECT_EQ(split.missing_goes_left, like_left);
    EXPECT_EQ(split.feature, 4U);
    EXPECT_EQ(units_.count(split.left), like_left ? 30U : 20U);
  }
}

TEST_F(SplitTest, TellsMissingValuesFromAllOthers) {
  const FeatureBins bins(std::vector<double>{1});
  std::vector<GradientSum> histogram(3);
  add(histogram, 0, 10, 1);
  add(histogram, 1, 10, 1);
  add(histogram, 2, 10, -1);
  const HistogramSplit split = find(bins, histogram);
  EXPECT_EQ(split.bin, 1U);  // the last one
  EXPECT_FALSE(split.missing_goes_left);
  EXPECT_EQ(split.goes_left(2, 2), false);
}

TEST_F(SplitTest, SendsMissingValuesThatItNeverSawWhereMoreRowsGo) {
  const FeatureBins bins(std::vector<double>{1});
  for (const int left_count : {9, 11}) {
    std::vector<GradientSum> histogram(3);
    node_ = {};
    add(histogram, 0, left_count, 1);
    add(histogram, 1, 10, -1);
    EXPECT_EQ(find(bins, histogram).missing_goes_left, left_count > 10);
  }
}

TEST_F(SplitTest, LeavesRowsEnoughOnEitherSide) {
  const FeatureBins bins(std::vector<double>{1, 2});
  std::vector<GradientSum> histogram(4);
  add(histogram, 0, 4, 1);
  add(histogram, 1, 4, -1);
  add(histogram, 2, 4, -1);
  EXPECT_EQ(find(bins, histogram).bin, 0U);
  row_count_min_ = 5;
  EXPECT_EQ(find(bins, histogram).gain, 0);
}

TEST_F(SplitTest, FindsNoneWhereAllRowsAreAlike) {
  const FeatureBins bins(std::vector<double>{1, 2});
  std::vector<GradientSum> histogram(4);
  for (std::size_t bin = 0; bin < 4; ++bin) add(histogram, bin, 7, 0.1);
  EXPECT_EQ(find(bins, histogram).gain, 0);
}

TEST_F(SplitTest, PutsAlikeCategoriesTogether) {
  const FeatureBins bins(std::size_t{6});
  std::vector<GradientSum> histogram(7);
  for (const std::size_t bin : {0U, 3U, 5U}) add(histogram, bin, 20, -0.5);
  for (const std::size_t bin : {1U, 2U, 4U}) add(histogram, bin, 20, 0.5);
  const HistogramSplit split = find(bins, histogram);
  EXPECT_TRUE(split.is_categorical);
  EXPECT_EQ(split.left_bins[0], 0b101001U);
  EXPECT_EQ(units_.count(split.left), 60U);
}

TEST_F(SplitTest, TakesMissingValuesForACategoryOfTheirOwn) {
  const FeatureBins bins(std::size_t{3});
  std::vector<GradientSum> histogram(4);
  add(histogram, 0, 20, 0.5);
  add(histogram, 1, 20, -0.5);
  add(histogram, 2, 20, 0.4);
  add(histogram, 3, 20, -0.4);
  const HistogramSplit split = find(bins, histogram);
  EXPECT_TRUE(split.missing_goes_left);
  EXPECT_TRUE(split.goes_left(1, 3));
  EXPECT_TRUE(split.goes_left(3, 3));
  EXPECT_FALSE(split.goes_left(0, 3));
}

TEST_F(SplitTest, SendsRareCategoriesRight) {
  const FeatureBins bins(std::size_t{3});
  std::vector<GradientSum> histogram(4);
  add(histogram, 0, 9, -1);  // too few to trust
  add(histogram, 1, 30, -0.5);
  add(histogram, 2, 30, 0.5);
  const HistogramSplit split = find(bins, histogram);
  EXPECT_GT(split.gain, 0);
  EXPECT_FALSE(split.goes_left(0, 3));
}

}  // namespace
}  // namespace ml_inference
