// SPDX-License-Identifier: MIT
// What boosting makes smaller: losses, their first and second derivatives, and where to begin.
#pragma once

#include "model/link.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ml_inference {

/// A loss of a row's sums ("raw predictions"): one sum a row, of multiclass one a class.
enum class BoostingLoss : std::uint8_t {
  binary,          ///< log loss of the logistic of the sum; targets 0 and 1
  multiclass,      ///< log loss of the softmax of the sums; targets are class numbers
  squared_error,   ///< half of it
  absolute_error,  ///< leaves hold medians
  poisson,         ///< half the deviance, of the exponential of the sum; targets from 0
};

/// What the rows of a training should come to.
struct BoostingTargets {
  std::vector<double> values;   ///< one a row: class number or target
  std::vector<double> weights;  ///< one a row, or empty where every row counts the same

  [[nodiscard]] double weight(std::size_t row) const { return weights.empty() ? 1 : weights[row]; }
};

/// What becomes of the sums before they are an answer.
[[nodiscard]] Link link_of(BoostingLoss loss);

/// The sums with which boosting begins, sum_count of them: those of the least loss that are the
/// same for all rows; of multiclass with the mean 0. A class without rows counts as one of 2^-52.
/// targets  at least one; of poisson not all 0.
[[nodiscard]] std::vector<double> base_of(BoostingLoss loss, const BoostingTargets& targets,
                                          std::size_t sum_count);

/// What the sums of rows say: the link's inverse of each, by portable_exp(). `begin` and `end` are
/// rows.
/// sums   [sum_count, row_count]: all rows of the first sum, then of the next.
/// means  of the same shape; rows from begin to end are overwritten.
void means_of(BoostingLoss loss, std::span<const double> sums, std::size_t row_count,
              std::size_t begin, std::size_t end, std::span<double> means);

/// The derivatives of one row's loss by one of its sums.
struct Derivatives {
  double gradient;
  double hessian;
};
/// sum   which one, for multiclass: that of a class.
/// mean  means_of() of that sum.
[[nodiscard]] inline Derivatives derivatives(BoostingLoss loss, const BoostingTargets& targets,
                                             std::size_t row, std::size_t sum, double mean) {
  const double target = targets.values[row];
  const double weight = targets.weight(row);
  switch (loss) {
    case BoostingLoss::binary: return {weight * (mean - target), weight * (mean * (1 - mean))};
    case BoostingLoss::multiclass: {
      const double is_class = target == static_cast<double>(sum) ? 1 : 0;
      return {weight * (mean - is_class), weight * (mean * (1 - mean))};
    }
    case BoostingLoss::squared_error: return {weight * (mean - target), weight};
    case BoostingLoss::absolute_error:
      return {mean > target ? weight : mean < target ? -weight : 0, weight};
    case BoostingLoss::poisson: return {weight * (mean - target), weight * mean};
  }
  return {0, 0};
}

/// The mean loss of all rows, up to a constant that depends on the targets alone; added up in
/// blocks, in a fixed order.
[[nodiscard]] double mean_loss(BoostingLoss loss, const BoostingTargets& targets,
                               std::span<const double> sums, std::span<const double> means);

/// The median of some numbers, which are reordered: of an even count the mean of the middle two.
[[nodiscard]] double median_of(std::span<double> values);

}  // namespace ml_inference
