// SPDX-License-Identifier: MIT
// Trees against a plain oracle, bit for bit: it grows the same tree from the definitions alone,
// with a loop over all rows of the node for every split that it thinks of, and no histogram.
#include "training/boosted_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <set>

namespace ml_inference {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Features 0, 1: numbers; 2: numbers, some missing; 3: categories, some missing; 4: two values.
constexpr std::size_t kFeatureCount = 5;

struct Sample {
  std::vector<double> values;
  std::vector<GradientSum> gradients;
  GradientUnits units;

  [[nodiscard]] MatrixView<const double> rows() const {
    return {values, gradients.size(), kFeatureCount};
  }
};

Sample make_sample(std::size_t row_count, std::uint64_t seed) {
  Sample sample{.units = GradientUnits(row_count, 4, 1)};
  Random random(seed, 0);
  const auto uniform = [&random] { return static_cast<double>(random.below(1000)) / 1000; };
  for (std::size_t row = 0; row < row_count; ++row) {
    const double numbers[] = {uniform(), std::round(uniform() * 20), uniform()};
    const auto category = static_cast<double>(random.below(12));
    const bool is_missing = random.below(5) == 0;
    const bool has_category = random.below(8) != 0;
    const auto bit = static_cast<double>(random.below(2));
    sample.values.insert(sample.values.end(),
                         {numbers[0], numbers[1], is_missing ? kNaN : numbers[2],
                          has_category ? category : kNaN, bit});
    const double sum = numbers[0] - numbers[1] / 20 + (is_missing ? 0.4 : numbers[2] / 2) +
                       (std::fmod(category, 3.0) - 1) * 0.5 + bit * numbers[0] + (uniform() - 0.5);
    const double hessian = 0.05 + 0.2 * static_cast<double>(uniform());
    sample.gradients.push_back(sample.units.row(static_cast<double>(sum) - 0.5, hessian));
  }
  return sample;
}

BinLayout layout_of(const Sample& sample, std::size_t max_bins) {
  std::vector<std::uint32_t> all(sample.gradients.size());
  std::iota(all.begin(), all.end(), 0U);
  std::vector<FeatureBins> features;
  for (std::size_t feature = 0; feature < kFeatureCount; ++feature) {
    features.push_back(*find_bins(sample.rows(), all, feature, feature == 3, max_bins, 0));
  }
  return BinLayout(std::move(features));
}

BinnedRows binned(const BinLayout& layout, const Sample& sample, WorkTeam& team) {
  std::vector<std::uint32_t> all(sample.gradients.size());
  std::iota(all.begin(), all.end(), 0U);
  return {layout, sample.rows(), all, team};
}

// The oracle: a leaf of its tree is a set of rows.
class PlainGrower {
 public:
  struct Node {
    std::vector<std::uint32_t> rows;
    std::size_t depth = 0;
    HistogramSplit best;
    std::size_t left = 0;
    std::size_t right = 0;
  };

  PlainGrower(const BinnedRows& bins, const Sample& sample, const BoostedTreeLimits& limits)
      : bins_(bins), sample_(sample), limits_(limits) {}

  std::vector<Node> grow() {
    std::vector<std::uint32_t> all(sample_.gradients.size());
    std::iota(all.begin(), all.end(), 0U);
    add(std::move(all), 0);
    for (std::size_t leaves = 1; leaves < limits_.leaf_count_max; ++leaves) {
      std::size_t chosen = nodes_.size();
      for (std::size_t node = 0; node < nodes_.size(); ++node) {
        if (nodes_[node].left != 0 || nodes_[node].best.gain == 0) continue;
        const bool any_order = limits_.leaf_count_max == BoostedTreeLimits::kNone;
        if (chosen == nodes_.size() || any_order ||
            nodes_[node].best.gain > nodes_[chosen].best.gain) {
          chosen = node;
        }
      }
      if (chosen == nodes_.size()) break;
      split(chosen);
    }
    return nodes_;
  }

  [[nodiscard]] GradientSum sum_of(std::span<const std::uint32_t> rows) const {
    GradientSum sum;
    for (const std::uint32_t row : rows) sum += sample_.gradients[row];
    return sum;
  }

 private:
  void add(std::vector<std::uint32_t> rows, std::size_t depth) {
    Node node{.rows = std::move(rows), .depth = depth};
    if (depth < limits_.depth_max) {
      for (std::size_t feature = 0; feature < kFeatureCount; ++feature) {
        try_feature(node, feature);
      }
    }
    nodes_.push_back(std::move(node));
  }

  void split(std::size_t number) {
    const Node node = nodes_[number];
    std::vector<std::uint32_t> sides[2];
    for (const std::uint32_t row : node.rows) {
      const std::size_t missing = bins_.layout().feature(node.best.feature).missing_bin();
      sides[node.best.goes_left(bins_.bin(row, node.best.feature), missing) ? 0 : 1].push_back(row);
    }
    nodes_[number].left = nodes_.size();
    add(std::move(sides[0]), node.depth + 1);
    nodes_[number].right = nodes_.size();
    add(std::move(sides[1]), node.depth + 1);
  }

  void try_feature(Node& node, std::size_t feature) const {
    const FeatureBins& bins = bins_.layout().feature(feature);
    const auto is_missing = [&](std::uint32_t row) {
      return bins_.bin(row, feature) == bins.missing_bin();
    };
    const bool has_missing = std::ranges::any_of(node.rows, is_missing);
    if (bins.is_categorical()) return try_sets(node, feature, has_missing);
    for (const bool goes_left : {false, true}) {
      if (goes_left && !has_missing) continue;
      for (std::size_t bin = 0; bin < bins.value_bin_count(); ++bin) {
        const auto is_in_bin = [&](std::uint32_t row) { return bins_.bin(row, feature) == bin; };
        if (std::ranges::none_of(node.rows, is_in_bin)) continue;  // the same cut as before
        try_split(node, {.feature = feature, .missing_goes_left = goes_left, .bin = bin},
                  has_missing);
      }
    }
  }

  void try_sets(Node& node, std::size_t feature, bool has_missing) const {
    const std::size_t missing = bins_.layout().feature(feature).missing_bin();
    std::vector<std::pair<double, std::size_t>> order;
    for (std::size_t bin = 0; bin <= missing; ++bin) {
      std::vector<std::uint32_t> rows;
      std::ranges::copy_if(node.rows, std::back_inserter(rows),
                           [&](auto row) { return bins_.bin(row, feature) == bin; });
      if (rows.size() < kCategoryRowCountMin) continue;
      const GradientSum sum = sum_of(rows);
      order.emplace_back(GradientUnits::gradient(sum) /
                             (sample_.units.hessian(sum) + 10 / sample_.units.hessian_unit()),
                         bin);
    }
    std::ranges::sort(order);
    for (const bool is_backward : {false, true}) {
      HistogramSplit split{.feature = feature, .is_categorical = true};
      for (std::size_t index = 0; index < order.size() / 2; ++index) {
        const std::size_t bin = order[is_backward ? order.size() - 1 - index : index].second;
        split.left_bins[bin / 64] |= std::uint64_t{1} << (bin % 64);
        if (bin == missing) split.missing_goes_left = true;
        try_split(node, split, has_missing);
      }
    }
  }

  void try_split(Node& node, HistogramSplit split, bool has_missing) const {
    const std::size_t missing = bins_.layout().feature(split.feature).missing_bin();
    std::size_t left_count = 0;
    split.left = {};
    for (const std::uint32_t row : node.rows) {
      if (!split.goes_left(bins_.bin(row, split.feature), missing)) continue;
      split.left += sample_.gradients[row];
      ++left_count;
    }
    const std::size_t right_count = node.rows.size() - left_count;
    const GradientSum all = sum_of(node.rows);
    const GradientUnits& units = sample_.units;
    for (const GradientSum& side : {split.left, all - split.left}) {
      if (units.hessian(side) * units.hessian_unit() < limits_.hessian_min) return;
    }
    if (std::min(left_count, right_count) < limits_.row_count_min) return;
    const double l2 = limits_.l2 / units.hessian_unit();
    const double own = node_score(GradientUnits::gradient(all), units.hessian(all), l2);
    const double left = GradientUnits::gradient(split.left);
    const double hessian = units.hessian(split.left);
    const double score = split_score(left, hessian, GradientUnits::gradient(all) - left,
                                     units.hessian(all) - hessian, l2);
    if (!(score > own + own * kGainShareMin) || !(score - own > node.best.gain)) return;
    split.gain = score - own;
    if (!has_missing) split.missing_goes_left = left_count > right_count;
    node.best = split;
  }

  const BinnedRows& bins_;
  const Sample& sample_;
  const BoostedTreeLimits limits_;
  std::vector<Node> nodes_;
};

void expect_same(const HistogramSplit& ours, const HistogramSplit& plain, const char* what) {
  EXPECT_EQ(ours.gain, plain.gain) << what;
  EXPECT_EQ(ours.feature, plain.feature) << what;
  EXPECT_EQ(ours.is_categorical, plain.is_categorical) << what;
  EXPECT_EQ(ours.missing_goes_left, plain.missing_goes_left) << what;
  EXPECT_EQ(ours.bin, plain.bin) << what;
  EXPECT_EQ(ours.left_bins, plain.left_bins) << what;
  EXPECT_EQ(ours.left, plain.left) << what;
}

void expect_plain_tree(std::size_t row_count, std::uint64_t seed, const BoostedTreeLimits& limits,
                       std::size_t max_bins, std::size_t thread_count) {
  SCOPED_TRACE(testing::Message() << row_count << " rows, seed " << seed << ", " << thread_count
                                  << " threads");
  const Sample sample = make_sample(row_count, seed);
  const BinLayout layout = layout_of(sample, max_bins);
  WorkTeam team(thread_count);
  const BinnedRows bins = binned(layout, sample, team);
  BoostedTreeGrower grower(bins, limits, team);
  Random random(0, 0);
  const std::span<const BoostedNode> nodes = grower.grow(sample.gradients, sample.units, random);
  const std::vector<PlainGrower::Node> plain = PlainGrower(bins, sample, limits).grow();
  ASSERT_EQ(nodes.size(), plain.size());
  for (std::size_t node = 0; node < nodes.size(); ++node) {
    ASSERT_EQ(nodes[node].left, plain[node].left);
    ASSERT_EQ(nodes[node].right, plain[node].right);
    const auto rows = grower.rows().subspan(nodes[node].begin, nodes[node].end - nodes[node].begin);
    if (nodes[node].is_leaf()) {
      EXPECT_TRUE(std::ranges::equal(rows, plain[node].rows)) << "rows of leaf " << node;
    } else {
      expect_same(nodes[node].split, plain[node].best, "split");
    }
    GradientSum sum;
    for (const std::uint32_t row : plain[node].rows) sum += sample.gradients[row];
    const double gradient = GradientUnits::gradient(sum) * sample.units.gradient_unit();
    const double hessian = sample.units.hessian(sum) * sample.units.hessian_unit();
    EXPECT_EQ(nodes[node].value, -gradient / (hessian + limits.l2));
  }
}

TEST(BoostedTree, EqualsThatOfThePlainOracle) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    expect_plain_tree(30 + 40 * seed, seed, {.leaf_count_max = 31, .row_count_min = 1 + seed % 7},
                      seed % 2 == 0 ? 255 : 12 + seed, 1);
  }
}

TEST(BoostedTree, EqualsThatOfThePlainOracleWithinItsLimits) {
  expect_plain_tree(600, 1, {.depth_max = 3}, 255, 1);
  expect_plain_tree(600, 2, {.leaf_count_max = BoostedTreeLimits::kNone, .row_count_min = 5}, 60,
                    1);
  expect_plain_tree(600, 3, {.leaf_count_max = 2}, 255, 1);
  expect_plain_tree(600, 4, {.l2 = 7.5}, 255, 1);
  expect_plain_tree(600, 5, {.hessian_min = 20}, 255, 1);
  expect_plain_tree(39, 6, {.row_count_min = 20}, 255, 1);
  expect_plain_tree(1, 7, {.row_count_min = 1}, 255, 1);
}

// Enough rows for several blocks and for parts of histograms.
TEST(BoostedTree, EqualsThatOfThePlainOracleWithManyThreads) {
  expect_plain_tree(20'000, 8, {.leaf_count_max = 6}, 20, 1);
  expect_plain_tree(20'000, 8, {.leaf_count_max = 6}, 20, 3);
  expect_plain_tree(20'000, 8, {.leaf_count_max = 6}, 20, 7);
}

TEST(BoostedTree, LooksAtAsManyFeaturesAsItMay) {
  const Sample sample = make_sample(2'000, 1);
  const BinLayout layout = layout_of(sample, 255);
  WorkTeam team(1);
  const BinnedRows bins = binned(layout, sample, team);
  BoostedTreeGrower grower(bins, {.split_features = 1}, team);
  std::set<std::size_t> at_root;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Random random(seed, 0);
    at_root.insert(grower.grow(sample.gradients, sample.units, random)[0].split.feature);
  }
  EXPECT_EQ(at_root.size(), kFeatureCount);  // each came to its turn
}

}  // namespace
}  // namespace ml_inference
