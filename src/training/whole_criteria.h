// SPDX-License-Identifier: MIT
// Gini impurity and entropy for rows of whole weights: how often a tree drew each of them.
//
// The scores are those of criteria.h to the last bit, by whole numbers: sums are exact in any
// order, so that a column of few values needs counting only, and no sorting. A test compares the
// two.
#pragma once

#include "training/class_counts.h"
#include "training/criteria.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace ml_inference {

class WholeGini : public ClassCounts {
 public:
  using ClassCounts::ClassCounts;

  class Left {
   public:
    explicit Left(WholeGini& node)
        : items_(node.items_.data()),
          totals_(node.totals_.data()),
          weight_(node.weight_),
          squares_(node.squares_) {
      node.move_all_right();
    }

    void move(std::size_t index) { move(items_[index]); }
    void move_if(std::size_t index, bool is_moved) {
      move({items_[index].row_class, is_moved ? items_[index].weight : 0});
    }

    // With l and a of a class left and in all, moving w of it raises the squares on the left by
    // w (2l + w), and those on the right by as much less 2wa.
    void move(Item item) {
      Count& count = totals_[item.row_class];
      const auto weight = std::int64_t{item.weight};
      squares_left_ += weight * (2 * count.left + weight);
      products_ += weight * count.all;
      count.left += weight;
      weight_left_ += weight;
    }

    [[nodiscard]] double score() const {
      const std::int64_t squares_right = squares_ + squares_left_ - 2 * products_;
      // Two divisions in one instruction: they are what a cut takes longest for.
      using Pair [[gnu::vector_size(2 * sizeof(double))]] = double;
      const Pair squares{static_cast<double>(squares_left_), static_cast<double>(squares_right)};
      const Pair weights{static_cast<double>(weight_left_),
                         static_cast<double>(weight_ - weight_left_)};
      const Pair scores = squares / weights;
      return scores[0] + scores[1];
    }

   private:
    const Item* items_;
    Count* totals_;
    std::int64_t weight_;
    std::int64_t squares_;
    std::int64_t weight_left_ = 0;
    std::int64_t squares_left_ = 0;
    std::int64_t products_ = 0;
  };

  void enter(std::span<const std::uint32_t> rows) {
    count(rows);
    squares_ = 0;
    for (const Count& count : totals_) squares_ += count.all * count.all;
  }

  [[nodiscard]] double score() const {
    return static_cast<double>(squares_) / static_cast<double>(weight_);
  }

  /// Two pure sides have it, and no others: their quotients are whole numbers, thus exact.
  [[nodiscard]] double score_max() const { return weight(); }

  [[nodiscard]] Left left() { return Left(*this); }

 private:
  std::int64_t squares_ = 0;
};

class WholeEntropy : public ClassCounts {
 public:
  /// weight_max  of all rows of a tree.
  WholeEntropy(std::span<const std::int32_t> classes, std::size_t class_count,
               std::size_t weight_max)
      : ClassCounts(classes, class_count) {
    std::vector<double> times_log(weight_max + 1);
    for (std::size_t count = 1; count < times_log.size(); ++count) {
      times_log[count] = EntropyCriterion::times_log(static_cast<double>(count));
    }
    times_log_ = std::make_shared<const std::vector<double>>(std::move(times_log));
  }

  class Left {
   public:
    explicit Left(WholeEntropy& node)
        : items_(node.items_.data()),
          totals_(node.totals_),
          times_log_(node.times_log_->data()),
          weight_(node.weight_) {
      node.move_all_right();
    }

    void move(std::size_t index) { move(items_[index]); }
    void move_if(std::size_t index, bool is_moved) {
      move({items_[index].row_class, is_moved ? items_[index].weight : 0});
    }

    void move(Item item) {
      totals_[item.row_class].left += item.weight;
      weight_left_ += item.weight;
    }

    [[nodiscard]] double score() const {
      double sum = -times_log_[weight_left_] - times_log_[weight_ - weight_left_];
      for (const Count& count : totals_) {
        sum += times_log_[count.left] + times_log_[count.all - count.left];
      }
      return sum;
    }

   private:
    const Item* items_;
    std::span<Count> totals_;
    const double* times_log_;  // by weight
    std::int64_t weight_;
    std::int64_t weight_left_ = 0;
  };

  void enter(std::span<const std::uint32_t> rows) { count(rows); }

  [[nodiscard]] double score() const {
    const double* const times_log = times_log_->data();
    double sum = -times_log[weight_];
    for (const Count& count : totals_) sum += times_log[count.all];
    return sum;
  }

  [[nodiscard]] static double score_max() { return std::numeric_limits<double>::infinity(); }

  [[nodiscard]] Left left() { return Left(*this); }

 private:
  std::shared_ptr<const std::vector<double>> times_log_;  // shared by all threads' copies
};

}  // namespace ml_inference
