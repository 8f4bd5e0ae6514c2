// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ml_inference {

/// Up to here the squares of sums of weights are whole numbers that a double holds.
inline constexpr std::size_t kWholeWeightMax = std::size_t{1} << 26;

/// What WholeGini and WholeEntropy share: how often the rows of each class count in a node. The
/// shape is that of criteria.h.
class ClassCounts {
 public:
  static constexpr bool kIsExact = true;

  /// A row's class and how often it counts.
  struct Item {
    std::uint32_t row_class;
    std::uint32_t weight;
  };

  ClassCounts(std::span<const std::int32_t> classes, std::size_t class_count)
      : classes_(classes), items_(classes.size()), totals_(class_count) {}

  /// weights  whole numbers whose sum is at most kWholeWeightMax.
  void set_weights(std::span<const double> weights) {
    by_row_.resize(weights.size());
    for (std::size_t row = 0; row < weights.size(); ++row) {
      by_row_[row] = {static_cast<std::uint32_t>(classes_[row]),
                      static_cast<std::uint32_t>(weights[row])};
    }
  }

  [[nodiscard]] std::size_t class_count() const { return totals_.size(); }
  [[nodiscard]] double weight() const { return static_cast<double>(weight_); }
  [[nodiscard]] const Item& item(std::size_t index) const { return items_[index]; }

  [[nodiscard]] bool is_pure() const {
    return std::ranges::any_of(totals_,
                               [this](const Count& count) { return count.all == weight_; });
  }

  void append_leaf(std::span<const std::uint32_t> rows, std::vector<double>& out) {
    count(rows);
    for (const Count& count : totals_) out.push_back(static_cast<double>(count.all) / weight());
  }

 protected:
  // Of a class: in the node, and left of the cut.
  struct Count {
    std::int64_t all = 0;
    std::int64_t left = 0;
  };

  void count(std::span<const std::uint32_t> rows) {
    std::ranges::fill(totals_, Count{});
    weight_ = 0;
    for (std::size_t index = 0; index < rows.size(); ++index) {
      const Item item = by_row_[rows[index]];
      items_[index] = item;
      totals_[item.row_class].all += item.weight;
      weight_ += item.weight;
    }
  }

  void move_all_right() {
    for (Count& count : totals_) count.left = 0;
  }

  std::span<const std::int32_t> classes_;
  std::vector<Item> by_row_;
  std::vector<Item> items_;    // by index in the node
  std::vector<Count> totals_;  // by class
  std::int64_t weight_ = 0;
};

}  // namespace ml_inference
