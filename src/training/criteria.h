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
// TreeGrower uses:
//
//   enter(rows)         from now on this node, no row moved yet
//   restart()           all rows of the node back to the right
//   move_left(row)      one row from the right side to the left
//   split_score()       the scores of both sides added up; NaN when a side has no weight
//   append_leaf(rows)   the values of a leaf of these rows
//
// Source: Breiman et al., "Classification and regression trees", 1984; scikit-learn 1.9,
// sklearn/tree/_criterion.pyx, whose impurities these are.
#pragma once

#include "training/portable_log.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ml_inference {

/// What Gini and entropy share: the weight of each class in a node and left of a cut.
/// With whole weights (no class weights) every sum is exact.
class ClassCounts {
 public:
  /// classes  by row, from 0 to class_count - 1; outlives this.
  ClassCounts(std::span<const std::int32_t> classes, std::size_t class_count)
      : classes_(classes.data()), total_(class_count), left_(class_count) {}

  /// weights  by row, 0 for rows that the tree does not see; outlives the tree's growth.
  void set_weights(std::span<const double> weights) { weights_ = weights.data(); }

  [[nodiscard]] double weight() const { return weight_; }

  /// Whether all rows are of one class.
  [[nodiscard]] bool is_pure() const {
    return std::ranges::count_if(total_, [](double count) { return count > 0; }) <= 1;
  }

  /// Appends the share of each class.
  void append_leaf(std::span<const std::uint32_t> rows, std::vector<double>& out) {
    count(rows);
    for (const double total : total_) out.push_back(total / weight_);
  }

 protected:
  void count(std::span<const std::uint32_t> rows) {
    std::ranges::fill(total_, 0.0);
    for (const std::uint32_t row : rows) total_[class_of(row)] += weights_[row];
    weight_ = 0;
    for (const double total : total_) weight_ += total;
  }

  [[nodiscard]] std::size_t class_of(std::uint32_t row) const {
    return static_cast<std::size_t>(classes_[row]);
  }

  const std::int32_t* classes_;
  const double* weights_ = nullptr;
  std::vector<double> total_;  // by class
  std::vector<double> left_;   // by class
  double weight_ = 0;
  double weight_left_ = 0;
};

class GiniCriterion : public ClassCounts {
 public:
  using ClassCounts::ClassCounts;

  void enter(std::span<const std::uint32_t> rows) {
    count(rows);
    squares_ = 0;
    for (const double total : total_) squares_ += total * total;
  }

  /// The score of the node itself.
  [[nodiscard]] double score() const { return squares_ / weight_; }

  void restart() {
    std::ranges::fill(left_, 0.0);
    weight_left_ = 0;
    squares_left_ = 0;
    squares_right_ = squares_;
  }

  // (c + w)^2 = c^2 + w (2c + w): two multiplications a row, however many classes there are.
  void move_left(std::uint32_t row) {
    const std::size_t row_class = class_of(row);
    const double weight = weights_[row];
    const double left = left_[row_class];
    squares_left_ += weight * (2 * left + weight);
    squares_right_ -= weight * (2 * (total_[row_class] - left) - weight);
    left_[row_class] = left + weight;
    weight_left_ += weight;
  }

  [[nodiscard]] double split_score() const {
    return squares_left_ / weight_left_ + squares_right_ / (weight_ - weight_left_);
  }

 private:
  double squares_ = 0;  // of the class weights, summed
  double squares_left_ = 0;
  double squares_right_ = 0;
};

class EntropyCriterion : public ClassCounts {
 public:
  using ClassCounts::ClassCounts;

  void enter(std::span<const std::uint32_t> rows) { count(rows); }

  [[nodiscard]] double score() const {
    double sum = -times_log(weight_);
    for (const double total : total_) sum += times_log(total);
    return sum;
  }

  void restart() {
    std::ranges::fill(left_, 0.0);
    weight_left_ = 0;
  }

  void move_left(std::uint32_t row) {
    left_[class_of(row)] += weights_[row];
    weight_left_ += weights_[row];
  }

  [[nodiscard]] double split_score() const {
    double sum = -times_log(weight_left_) - times_log(weight_ - weight_left_);
    for (std::size_t index = 0; index < total_.size(); ++index) {
      sum += times_log(left_[index]) + times_log(total_[index] - left_[index]);
    }
    return sum;
  }

 private:
  // Rounding may leave a class that is all on the other side a hair above or below nothing.
  static double times_log(double count) {
    return count > kNothing ? count * portable_log2(count) : 0.0;
  }

  static constexpr double kNothing = 1e-300;
};

class SquaredErrorCriterion {
 public:
  /// targets  by row; outlives this.
  explicit SquaredErrorCriterion(std::span<const double> targets) : targets_(targets.data()) {}

  void set_weights(std::span<const double> weights) { weights_ = weights.data(); }

  void enter(std::span<const std::uint32_t> rows) {
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

  [[nodiscard]] double weight() const { return weight_; }
  [[nodiscard]] bool is_pure() const { return is_pure_; }

  /// Relative to its own mean a node sums up to nothing.
  [[nodiscard]] static double score() { return 0; }

  void restart() {
    weight_left_ = 0;
    sum_left_ = 0;
  }

  // Relative to the mean, targets that lie close together far from zero keep their digits.
  void move_left(std::uint32_t row) {
    weight_left_ += weights_[row];
    sum_left_ += weights_[row] * (targets_[row] - mean_);
  }

  // The sum on the right is minus that on the left: s^2 / l + s^2 / r = s^2 (l + r) / (l r).
  [[nodiscard]] double split_score() const {
    return sum_left_ * sum_left_ * (weight_ / (weight_left_ * (weight_ - weight_left_)));
  }

  /// Appends the mean target.
  void append_leaf(std::span<const std::uint32_t> rows, std::vector<double>& out) {
    enter(rows);
    out.push_back(mean_);
  }

 private:
  const double* targets_;
  const double* weights_ = nullptr;
  double weight_ = 0;
  double mean_ = 0;
  bool is_pure_ = false;
  double weight_left_ = 0;
  double sum_left_ = 0;
};

}  // namespace ml_inference
