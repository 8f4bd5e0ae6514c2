// SPDX-License-Identifier: MIT
// What makes one split better than another: Gini impurity, entropy, squared error.
//
// Each criterion gives a set of rows a score such that splitting the set into two raises the sum of
// the scores by weight x impurity decrease:
//
//   Gini            sum of squared class weights / weight      = weight - weight x Gini impurity
//   entropy         sum of c log2 c over class weights c - w log2 w     = - weight x entropy
//   squared error   squared sum of the targets / weight, targets relative to the mean of the node
//
// so that the best split is the one with the highest sum of scores. All share one shape, which
// NodeSearch uses:
//
//   set_weights(weights)  by row, 0 for rows that the tree does not see; outlives the tree's growth
//   enter(rows)           from now on this node; copies what its cuts need, so that scanning a
//                         column reads little memory
//   weight() score()      of the node
//   is_pure()             nothing is left to split
//   score_max()           no cut of the node scores higher; infinity where that is not known
//   left()                a Left: the left side of a cut, with no row yet
//   Left::move(index)     one row from the right side to the left, by its index in enter()'s rows
//   Left::move_if(index, is_moved)   the same, or nothing, without a branch
//   Left::score()         the scores of both sides added up; NaN when a side has no weight
//   append_leaf(rows)     the values of a leaf of these rows; leaves the node
//
// whole_criteria.h has Gini and entropy for whole weights, which give the same scores sooner.
//
// Source: Breiman et al., "Classification and regression trees", 1984; scikit-learn 1.9,
// sklearn/tree/_criterion.pyx, whose impurities these are.
#pragma once

#include "training/portable_log.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace ml_inference {

/// What Gini and entropy share: the weight of each class in a node and left of a cut.
class ClassSums {
 public:
  /// Whether sums come out the same in any order: not with weights that are fractions.
  static constexpr bool kIsExact = false;

  /// classes  by row, from 0 to class_count - 1; outlives this.
  ClassSums(std::span<const std::int32_t> classes, std::size_t class_count)
      : classes_(classes.data()), total_(class_count), left_(class_count) {}

  void set_weights(std::span<const double> weights) { weights_ = weights.data(); }

  [[nodiscard]] double weight() const { return weight_; }

  /// Whether all rows are of one class.
  [[nodiscard]] bool is_pure() const {
    return std::ranges::count_if(total_, [](double count) { return count > 0; }) <= 1;
  }

  [[nodiscard]] static double score_max() { return std::numeric_limits<double>::infinity(); }

  /// Appends the share of each class.
  void append_leaf(std::span<const std::uint32_t> rows, std::vector<double>& out) {
    count(rows);
    for (const double total : total_) out.push_back(total / weight_);
  }

 protected:
  struct Item {
    std::size_t row_class;
    double weight;
  };

  void count(std::span<const std::uint32_t> rows) {
    std::ranges::fill(total_, 0.0);
    items_.resize(std::max(items_.size(), rows.size()));
    for (std::size_t index = 0; index < rows.size(); ++index) {
      const std::uint32_t row = rows[index];
      items_[index] = {static_cast<std::size_t>(classes_[row]), weights_[row]};
      total_[items_[index].row_class] += items_[index].weight;
    }
    weight_ = 0;
    for (const double total : total_) weight_ += total;
  }

  const std::int32_t* classes_;
  const double* weights_ = nullptr;
  std::vector<Item> items_;    // by index in the node
  std::vector<double> total_;  // by class
  std::vector<double> left_;   // by class
  double weight_ = 0;
};

class GiniCriterion : public ClassSums {
 public:
  using ClassSums::ClassSums;

  class Left {
   public:
    explicit Left(GiniCriterion& node)
        : items_(node.items_.data()),
          total_(node.total_.data()),
          left_(node.left_.data()),
          weight_(node.weight_),
          squares_right_(node.squares_) {
      std::ranges::fill(node.left_, 0.0);
    }

    void move(std::size_t index) { move_if(index, true); }

    // (c + w)^2 = c^2 + w (2c + w): two multiplications a row, however many classes there are.
    void move_if(std::size_t index, bool is_moved) {
      const std::size_t row_class = items_[index].row_class;
      const double weight = is_moved ? items_[index].weight : 0.0;
      const double left = left_[row_class];
      squares_left_ += weight * (2 * left + weight);
      squares_right_ -= weight * (2 * (total_[row_class] - left) - weight);
      left_[row_class] = left + weight;
      weight_left_ += weight;
    }

    [[nodiscard]] double score() const {
      return squares_left_ / weight_left_ + squares_right_ / (weight_ - weight_left_);
    }

   private:
    const Item* items_;
    const double* total_;
    double* left_;
    double weight_;
    double weight_left_ = 0;
    double squares_left_ = 0;
    double squares_right_;
  };

  void enter(std::span<const std::uint32_t> rows) {
    count(rows);
    squares_ = 0;
    for (const double total : total_) squares_ += total * total;
  }

  /// The score of the node itself.
  [[nodiscard]] double score() const { return squares_ / weight_; }

  [[nodiscard]] Left left() { return Left(*this); }

 private:
  double squares_ = 0;  // of the class weights, summed
};

class EntropyCriterion : public ClassSums {
 public:
  using ClassSums::ClassSums;

  class Left {
   public:
    explicit Left(EntropyCriterion& node)
        : items_(node.items_.data()),
          total_(node.total_),
          left_(node.left_.data()),
          weight_(node.weight_) {
      std::ranges::fill(node.left_, 0.0);
    }

    void move(std::size_t index) { move_if(index, true); }
    void move_if(std::size_t index, bool is_moved) {
      const double weight = is_moved ? items_[index].weight : 0.0;
      left_[items_[index].row_class] += weight;
      weight_left_ += weight;
    }

    [[nodiscard]] double score() const {
      double sum = -times_log(weight_left_) - times_log(weight_ - weight_left_);
      for (std::size_t index = 0; index < total_.size(); ++index) {
        sum += times_log(left_[index]) + times_log(total_[index] - left_[index]);
      }
      return sum;
    }

   private:
    const Item* items_;
    std::span<const double> total_;
    double* left_;
    double weight_;
    double weight_left_ = 0;
  };

  void enter(std::span<const std::uint32_t> rows) { count(rows); }

  [[nodiscard]] double score() const {
    double sum = -times_log(weight_);
    for (const double total : total_) sum += times_log(total);
    return sum;
  }

  [[nodiscard]] Left left() { return Left(*this); }

  /// count x log2 count, and 0 for nothing. Rounding may leave a class that is all on the other
  /// side a hair above or below nothing.
  static double times_log(double count) {
    return count > kNothing ? count * portable_log2(count) : 0.0;
  }

 private:
  static constexpr double kNothing = 1e-300;
};

class SquaredErrorCriterion {
 public:
  static constexpr bool kIsExact = false;

  class Left {
   public:
    explicit Left(const SquaredErrorCriterion& node)
        : items_(node.items_.data()), weight_(node.weight_) {}

    void move(std::size_t index) { move_if(index, true); }
    void move_if(std::size_t index, bool is_moved) {
      weight_left_ += is_moved ? items_[index].weight : 0.0;
      sum_left_ += is_moved ? items_[index].weighted_difference : 0.0;
    }

    // The sum on the right is minus that on the left: s^2 / l + s^2 / r = s^2 (l + r) / (l r).
    [[nodiscard]] double score() const {
      return sum_left_ * sum_left_ * (weight_ / (weight_left_ * (weight_ - weight_left_)));
    }

   private:
    friend class SquaredErrorCriterion;
    struct Item {
      double weight;
      double weighted_difference;
    };

    const Item* items_;
    double weight_;
    double weight_left_ = 0;
    double sum_left_ = 0;
  };

  /// targets  by row; outlives this.
  explicit SquaredErrorCriterion(std::span<const double> targets) : targets_(targets.data()) {}

  void set_weights(std::span<const double> weights) { weights_ = weights.data(); }

  void enter(std::span<const std::uint32_t> rows) {
    take_mean(rows);
    items_.resize(std::max(items_.size(), rows.size()));
    // Relative to the mean, targets that lie close together far from zero keep their digits.
    for (std::size_t index = 0; index < rows.size(); ++index) {
      const double weight = weights_[rows[index]];
      items_[index] = {weight, weight * (targets_[rows[index]] - mean_)};
    }
  }

  [[nodiscard]] double weight() const { return weight_; }
  [[nodiscard]] bool is_pure() const { return is_pure_; }

  /// Relative to its own mean a node sums up to nothing.
  [[nodiscard]] static double score() { return 0; }
  [[nodiscard]] static double score_max() { return std::numeric_limits<double>::infinity(); }

  [[nodiscard]] Left left() const { return Left(*this); }

  /// Appends the mean target.
  void append_leaf(std::span<const std::uint32_t> rows, std::vector<double>& out) {
    take_mean(rows);
    out.push_back(mean_);
  }

 private:
  void take_mean(std::span<const std::uint32_t> rows) {
    weight_ = 0;
    double sum = 0;
    double least = targets_[rows.front()];
    double greatest = least;
    for (const std::uint32_t row : rows) {
      weight_ += weights_[row];
      sum += weights_[row] * targets_[row];
      least = std::min(least, targets_[row]);
      greatest = std::max(greatest, targets_[row]);
    }
    is_pure_ = least == greatest;
    // A mean of equal numbers is that number, not one beside it.
    mean_ = is_pure_ ? least : sum / weight_;
  }

  const double* targets_;
  const double* weights_ = nullptr;
  std::vector<Left::Item> items_;  // by index in the node
  double weight_ = 0;
  double mean_ = 0;
  bool is_pure_ = false;
};

}  // namespace ml_inference
