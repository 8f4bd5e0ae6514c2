// SPDX-License-Identifier: MIT
// A tree grown the plain way: the oracle of TreeGrower and its searches, for tests only.
//
// It sorts float values with std::sort, adds weights as doubles, row by row, looks at every feature
// again in every node and remembers nothing; TreeGrower must give the same tree to the last bit.
#pragma once

#include "data/matrix.h"
#include "training/random.h"
#include "training/tree_grower.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace ml_inference {

/// Criterion  one of criteria.h, for the same rows.
template <class Criterion>
class PlainTree {
 public:
  PlainTree(MatrixView<const float> rows, Criterion criterion, const GrowthLimits& limits,
            bool random_cuts)
      : rows_(rows), criterion_(std::move(criterion)), limits_(limits), random_cuts_(random_cuts) {
    for (const float value : rows.values()) has_missing_ |= std::isnan(value);
  }

  [[nodiscard]] GrownTree grow(std::span<const double> weights, Random random) {
    random_ = random;
    criterion_.set_weights(weights);
    features_.resize(rows_.column_count());
    std::iota(features_.begin(), features_.end(), 0U);
    Rows all;
    for (std::uint32_t row = 0; row < weights.size(); ++row) {
      if (weights[row] > 0) all.push_back(row);
    }
    for (const std::uint32_t row : all) tree_weight_ += weights[row];
    add(all, 0);
    for (std::size_t leaves = 1; leaves < limits_.max_leaf_nodes && !waiting_.empty(); ++leaves) {
      split(take_next());
    }
    std::uint32_t leaf = 0;
    for (std::size_t node = 0; node < tree_.nodes.size(); ++node) {
      if (tree_.nodes[node].feature >= 0) continue;
      tree_.nodes[node].left = leaf++;
      criterion_.append_leaf(node_rows_[node], tree_.leaf_values);
    }
    return tree_;
  }

 private:
  using Rows = std::vector<std::uint32_t>;

  struct Test {
    double score = -std::numeric_limits<double>::infinity();
    std::size_t feature = 0;
    double threshold = 0;
    bool missing_goes_left = false;
  };

  struct Waiting {
    std::size_t node;
    std::size_t depth;
    double decrease;
    Test test;
  };

  void add(const Rows& rows, std::size_t depth) {
    const std::size_t node = tree_.nodes.size();
    tree_.nodes.emplace_back();
    node_rows_.push_back(rows);
    if (depth >= limits_.max_depth || rows.size() < limits_.min_samples_split) return;
    if (rows.size() / 2 < limits_.min_samples_leaf) return;
    criterion_.enter(rows);
    if (criterion_.is_pure()) return;
    const Test test = best_test(rows);
    if (test.score == Test{}.score) return;
    const double decrease = std::max(0.0, test.score - criterion_.score());
    constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
    if (decrease / tree_weight_ + kEpsilon < limits_.min_impurity_decrease) return;
    waiting_.push_back({node, depth, decrease, test});
  }

  Waiting take_next() {
    auto next = waiting_.end() - 1;
    if (limits_.best_first) {
      next = std::ranges::max_element(waiting_, [](const Waiting& a, const Waiting& b) {
        return a.decrease < b.decrease || (a.decrease == b.decrease && a.node > b.node);
      });
    }
    const Waiting taken = *next;
    waiting_.erase(next);
    return taken;
  }

  void split(const Waiting& waiting) {
    Rows left;
    Rows right;
    for (const std::uint32_t row : node_rows_[waiting.node]) {
      (goes_left(row, waiting.test) ? left : right).push_back(row);
    }
    GrownNode& node = tree_.nodes[waiting.node];
    node.threshold = waiting.test.threshold;
    node.decrease = waiting.decrease;
    node.feature = static_cast<std::int32_t>(waiting.test.feature);
    node.left = static_cast<std::uint32_t>(tree_.nodes.size());
    node.missing_goes_left = waiting.test.missing_goes_left;
    add(left, waiting.depth + 1);
    add(right, waiting.depth + 1);
  }

  [[nodiscard]] bool goes_left(std::uint32_t row, const Test& test) const {
    const float value = rows_.row(row)[test.feature];
    return std::isnan(value) ? test.missing_goes_left : double{value} <= test.threshold;
  }

  Test best_test(const Rows& rows) {
    Test best;
    bool one_varies = false;
    for (std::size_t drawn = 0; drawn < features_.size(); ++drawn) {
      if (drawn >= limits_.max_features && one_varies) break;
      const auto left = static_cast<std::uint32_t>(features_.size() - drawn);
      std::swap(features_[drawn], features_[drawn + random_.below(left)]);
      one_varies |= random_cuts_ ? try_random(features_[drawn], rows, best)
                                 : try_all(features_[drawn], rows, best);
    }
    return best;
  }

  // Values ascending, missing ones last, each with the row's index in the node.
  std::vector<std::pair<float, std::size_t>> sorted_values(std::size_t feature, const Rows& rows) {
    std::vector<std::pair<float, std::size_t>> values;
    for (std::size_t index = 0; index < rows.size(); ++index) {
      values.emplace_back(rows_.row(rows[index])[feature] + 0.0F, index);
    }
    std::ranges::sort(values, [](const auto& a, const auto& b) {
      if (std::isnan(a.first) != std::isnan(b.first)) return std::isnan(b.first);
      if (!std::isnan(a.first) && a.first != b.first) return a.first < b.first;
      return a.second < b.second;
    });
    return values;
  }

  bool try_all(std::size_t feature, const Rows& rows, Test& best) {
    const auto values = sorted_values(feature, rows);
    std::size_t present = 0;
    while (present < values.size() && !std::isnan(values[present].first)) ++present;
    const bool has_missing = present < values.size();
    if (present == 0) return false;
    if (!has_missing && !differs(values.front().first, values.back().first)) return false;
    for (const bool missing_goes_left : {false, true}) {
      if (missing_goes_left && !has_missing) break;
      auto left = criterion_.left();
      std::size_t left_count = 0;
      for (std::size_t place = present; missing_goes_left && place < values.size(); ++place) {
        left.move(values[place].second);
        ++left_count;
      }
      for (std::size_t place = 0; place < present; ++place) {
        left.move(values[place].second);
        ++left_count;
        if (place + 1 == present && (missing_goes_left || !has_missing)) break;
        const double value = values[place].first;
        const double next = place + 1 == present ? std::numeric_limits<double>::infinity()
                                                 : double{values[place + 1].first};
        if (place + 1 < present && !differs(values[place].first, values[place + 1].first)) continue;
        offer({left.score(), feature, value / 2 + next / 2, missing_goes_left}, left_count,
              rows.size() - left_count, has_missing, best);
      }
    }
    return true;
  }

  bool try_random(std::size_t feature, const Rows& rows, Test& best) {
    const auto values = sorted_values(feature, rows);
    std::size_t present = 0;
    while (present < values.size() && !std::isnan(values[present].first)) ++present;
    if (present == 0 || !differs(values.front().first, values[present - 1].first)) return false;
    const double low = values.front().first;
    const double high = values[present - 1].first;
    Test test{.feature = feature, .threshold = low + random_.fraction() * (high - low)};
    if (test.threshold >= high) test.threshold = low;
    test.missing_goes_left = present < values.size() && random_.below(2) == 1;
    auto left = criterion_.left();
    std::size_t left_count = 0;
    for (std::size_t index = 0; index < rows.size(); ++index) {
      if (!goes_left(rows[index], test)) continue;
      left.move(index);
      ++left_count;
    }
    test.score = left.score();
    offer(test, left_count, rows.size() - left_count, present < values.size(), best);
    return true;
  }

  void offer(Test test, std::size_t left_count, std::size_t right_count, bool misses_some,
             Test& best) const {
    if (std::min(left_count, right_count) < limits_.min_samples_leaf) return;
    if (!(test.score > best.score) || std::isinf(test.score)) return;
    if (!misses_some) test.missing_goes_left = has_missing_ && left_count > right_count;
    best = test;
  }

  static bool differs(float value, float next) { return next > value + 1e-7F; }

  MatrixView<const float> rows_;
  Criterion criterion_;
  GrowthLimits limits_;
  bool random_cuts_;
  bool has_missing_ = false;
  Random random_{0, 0};
  double tree_weight_ = 0;
  GrownTree tree_;
  std::vector<Rows> node_rows_;
  std::vector<Waiting> waiting_;
  std::vector<std::uint32_t> features_;
};

}  // namespace ml_inference
