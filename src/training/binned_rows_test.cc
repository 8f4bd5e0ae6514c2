// SPDX-License-Identifier: MIT
#include "training/binned_rows.h"

#include "training/random.h"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <utility>

namespace ml_inference {
namespace {

constexpr std::size_t kRowCount = 500;

// Features of many kinds: of 2, 3, 10, 60, 200 and 255 values, one categorical.
struct Sample {
  std::vector<std::size_t> value_counts;
  std::vector<double> values;
  [[nodiscard]] MatrixView<const double> rows() const {
    return {values, kRowCount, value_counts.size()};
  }
};

Sample make_sample(std::size_t feature_count) {
  constexpr std::size_t kCounts[] = {2, 255, 10, 3, 60, 200, 2};
  Sample sample;
  Random random(1, feature_count);
  for (std::size_t feature = 0; feature < feature_count; ++feature) {
    sample.value_counts.push_back(kCounts[feature % 7]);
  }
  for (std::size_t row = 0; row < kRowCount; ++row) {
    for (const std::size_t count : sample.value_counts) {
      const std::uint32_t value = random.below(static_cast<std::uint32_t>(count) + 1);
      sample.values.push_back(value == count ? std::numeric_limits<double>::quiet_NaN()
                                             : static_cast<double>(value));
    }
  }
  return sample;
}

BinLayout layout_of(const Sample& sample, std::span<const std::uint32_t> chosen) {
  std::vector<FeatureBins> features;
  for (std::size_t feature = 0; feature < sample.value_counts.size(); ++feature) {
    features.push_back(*find_bins(sample.rows(), chosen, feature, feature == 3, 255, 0));
  }
  return BinLayout(std::move(features));
}

TEST(BinnedRows, HoldTheBinOfEveryValue) {
  const Sample sample = make_sample(19);
  std::vector<std::uint32_t> chosen(kRowCount / 2);
  for (std::uint32_t index = 0; index < chosen.size(); ++index) chosen[index] = 2 * index + 1;
  const BinLayout layout = layout_of(sample, chosen);
  WorkTeam team(2);
  const BinnedRows bins(layout, sample.rows(), chosen, team);
  ASSERT_EQ(bins.row_count(), chosen.size());
  for (std::size_t row = 0; row < chosen.size(); ++row) {
    for (std::size_t feature = 0; feature < 19; ++feature) {
      EXPECT_EQ(bins.bin(row, feature),
                layout.feature(feature).bin_of(sample.rows().row(chosen[row])[feature]));
    }
  }
}

TEST(BinLayout, PutsFeaturesOfFewBinsTogether) {
  std::vector<FeatureBins> features(44, FeatureBins(std::vector<double>{0.5}));
  features.emplace_back(std::size_t{255});
  const BinLayout layout(std::move(features));
  std::size_t column_count = 0;
  for (const BinGroup& group : layout.groups()) column_count += group.column_count;
  EXPECT_EQ(column_count, 12U);  // four two-valued features, with missing values, have 81 codes
}

// Every number of columns in a group, features alone and together, with all rows and with some.
TEST(Histogram, IsTheSumOfItsRows) {
  for (std::size_t feature_count = 1; feature_count <= 24; ++feature_count) {
    const Sample sample = make_sample(feature_count);
    std::vector<std::uint32_t> all(kRowCount);
    std::iota(all.begin(), all.end(), 0U);
    const BinLayout layout = layout_of(sample, all);
    WorkTeam team(1);
    const BinnedRows bins(layout, sample.rows(), all, team);
    Random random(2, 0);
    std::vector<GradientSum> gradients;
    for (std::size_t row = 0; row < kRowCount; ++row) {
      gradients.push_back({random.next(), random.next()});
    }
    std::vector<std::uint32_t> some;
    for (const std::uint32_t row : all) {
      if (random.below(3) == 0) some.push_back(row);
    }
    for (const std::vector<std::uint32_t>& chosen : {std::vector<std::uint32_t>(), some}) {
      const std::vector<std::uint32_t>& rows = chosen.empty() ? all : chosen;
      std::vector<GradientSum> histogram(layout.sum_count());
      for (std::size_t index = 0; index < layout.groups().size(); ++index) {
        const BinGroup& group = layout.groups()[index];
        add_to_histogram(group, bins.words(index), chosen, std::span(gradients).first(rows.size()),
                         std::span(histogram).subspan(group.offset, group.sum_count()));
      }
      for (std::size_t feature = 0; feature < feature_count; ++feature) {
        std::vector<GradientSum> expected(layout.feature(feature).missing_bin() + 1);
        for (std::size_t index = 0; index < rows.size(); ++index) {
          expected[bins.bin(rows[index], feature)] += gradients[index];
        }
        std::array<GradientSum, kBinCountMax + 1> scratch;
        EXPECT_TRUE(std::ranges::equal(layout.sums_of(feature, histogram, scratch), expected))
            << "feature " << feature << " of " << feature_count << ", " << rows.size() << " rows";
      }
    }
  }
}

}  // namespace
}  // namespace ml_inference
