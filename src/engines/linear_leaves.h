// SPDX-License-Identifier: MIT
// The leaves of a forest whose values depend on the row.
#pragma once

#include "model/forest.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ml_inference {

/// A forest's linear functions, without the forest.
/// Threads: immutable.
class LinearLeaves {
 public:
  explicit LinearLeaves(const Forest& forest);

  /// Whether there are none.
  [[nodiscard]] bool empty() const { return constants_.empty(); }

  [[nodiscard]] bool is_linear(std::size_t leaf) const { return which_[leaf] != kNone; }

  /// What linear_value() of model/forest_walk.h says of a linear leaf.
  /// Feature   float or double: the values of the row are rounded or widened to it first.
  /// fallback  the leaf's plain value.
  template <class Feature, class T>
  [[nodiscard]] double value(std::size_t leaf, std::span<const T> row, double fallback) const {
    const std::size_t linear = which_[leaf];
    double sum = constants_[linear];
    for (std::size_t term = linear == 0 ? 0 : term_ends_[linear - 1]; term < term_ends_[linear];
         ++term) {
      const auto value = static_cast<double>(static_cast<Feature>(row[features_[term]]));
      if (std::isnan(value)) return fallback;
      sum += coefficients_[term] * value;
    }
    return sum;
  }

  [[nodiscard]] std::size_t memory_size() const;

 private:
  static constexpr std::uint32_t kNone = 0xffffffffU;

  std::vector<std::uint32_t> which_;  // by leaf; empty where no leaf is linear
  std::vector<double> constants_;
  std::vector<std::size_t> term_ends_;
  std::vector<std::uint32_t> features_;
  std::vector<double> coefficients_;
};

}  // namespace ml_inference
