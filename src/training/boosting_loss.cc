// SPDX-License-Identifier: MIT
#include "training/boosting_loss.h"

#include "base/assert.h"
#include "training/portable_exp.h"
#include "training/portable_log.h"

#include <algorithm>
#include <limits>
#include <numbers>

namespace ml_inference {
namespace {

// Rows whose losses are added up by themselves.
constexpr std::size_t kBlockSize = 4'096;

// Not subnormal, as portable_log2() wants it; a probability of 0 costs 708.
double natural_log(double value) {
  return portable_log2(std::max(value, std::numeric_limits<double>::min())) * std::numbers::ln2;
}

// By class.
std::vector<double> shares_of_classes(const BoostingTargets& targets, std::size_t class_count) {
  std::vector<double> shares(class_count);
  double all = 0;
  for (std::size_t row = 0; row < targets.values.size(); ++row) {
    shares[static_cast<std::size_t>(targets.values[row])] += targets.weight(row);
    all += targets.weight(row);
  }
  for (double& share : shares) {
    share = std::max(share / all, std::numeric_limits<double>::epsilon());
  }
  return shares;
}

std::vector<double> centred_logs(std::vector<double> shares) {
  double sum = 0;
  for (double& share : shares) {
    share = natural_log(share);
    sum += share;
  }
  for (double& share : shares) share -= sum / static_cast<double>(shares.size());
  return shares;
}

double weighted_mean(const BoostingTargets& targets) {
  double sum = 0;
  double weights = 0;
  for (std::size_t row = 0; row < targets.values.size(); ++row) {
    sum += targets.weight(row) * targets.values[row];
    weights += targets.weight(row);
  }
  return sum / weights;
}

// Of all sums of each row: the largest is taken away first, so that no exponential is infinite.
void softmax(std::span<const double> sums, std::size_t row_count, std::size_t begin,
             std::size_t end, std::span<double> means) {
  const std::size_t class_count = sums.size() / row_count;
  std::vector<double> largest(sums.begin() + static_cast<std::ptrdiff_t>(begin),
                              sums.begin() + static_cast<std::ptrdiff_t>(end));
  std::vector<double> totals(end - begin);
  for (std::size_t sum = 1; sum < class_count; ++sum) {
    const double* const of_class = sums.data() + sum * row_count + begin;
    for (std::size_t row = 0; row < totals.size(); ++row) {
      largest[row] = largest[row] < of_class[row] ? of_class[row] : largest[row];
    }
  }
  for (std::size_t sum = 0; sum < class_count; ++sum) {
    const double* const of_class = sums.data() + sum * row_count + begin;
    double* const mean = means.data() + sum * row_count + begin;
    for (std::size_t row = 0; row < totals.size(); ++row) {
      mean[row] = portable_exp(of_class[row] - largest[row]);
      totals[row] += mean[row];
    }
  }
  for (std::size_t sum = 0; sum < class_count; ++sum) {
    double* const mean = means.data() + sum * row_count + begin;
    for (std::size_t row = 0; row < totals.size(); ++row) mean[row] /= totals[row];
  }
}

double row_loss(BoostingLoss loss, double target, std::size_t row, std::size_t row_count,
                std::span<const double> sums, std::span<const double> means) {
  switch (loss) {
    case BoostingLoss::binary:  // of the other side's sum, so that 1 - p is not rounded
      return -natural_log(1 / (1 + portable_exp(target > 0 ? -sums[row] : sums[row])));
    case BoostingLoss::multiclass:
      return -natural_log(means[static_cast<std::size_t>(target) * row_count + row]);
    case BoostingLoss::squared_error: return (means[row] - target) * (means[row] - target) / 2;
    case BoostingLoss::absolute_error:
      return means[row] > target ? means[row] - target : target - means[row];
    case BoostingLoss::poisson: return means[row] - target * sums[row];
  }
  return 0;
}

}  // namespace

Link link_of(BoostingLoss loss) {
  switch (loss) {
    case BoostingLoss::binary: return {.function = LinkFunction::logistic, .two_classes = true};
    case BoostingLoss::multiclass: return {.function = LinkFunction::softmax};
    case BoostingLoss::poisson: return {.function = LinkFunction::exponential};
    case BoostingLoss::squared_error:
    case BoostingLoss::absolute_error: break;
  }
  return {};
}

std::vector<double> base_of(BoostingLoss loss, const BoostingTargets& targets,
                            std::size_t sum_count) {
  switch (loss) {
    case BoostingLoss::binary: {
      const std::vector<double> shares = shares_of_classes(targets, 2);
      return {natural_log(shares[1]) - natural_log(shares[0])};
    }
    case BoostingLoss::multiclass: return centred_logs(shares_of_classes(targets, sum_count));
    case BoostingLoss::poisson: return {natural_log(weighted_mean(targets))};
    case BoostingLoss::absolute_error: {
      std::vector<double> values = targets.values;
      return {median_of(values)};
    }
    case BoostingLoss::squared_error: break;
  }
  return {weighted_mean(targets)};
}

void means_of(BoostingLoss loss, std::span<const double> sums, std::size_t row_count,
              std::size_t begin, std::size_t end, std::span<double> means) {
  switch (loss) {
    case BoostingLoss::multiclass: return softmax(sums, row_count, begin, end, means);
    case BoostingLoss::binary:
      for (std::size_t row = begin; row < end; ++row) {
        means[row] = 1 / (1 + portable_exp(-sums[row]));
      }
      return;
    case BoostingLoss::poisson:
      for (std::size_t row = begin; row < end; ++row) means[row] = portable_exp(sums[row]);
      return;
    case BoostingLoss::squared_error:
    case BoostingLoss::absolute_error:
      for (std::size_t row = begin; row < end; ++row) means[row] = sums[row];
      return;
  }
}

double mean_loss(BoostingLoss loss, const BoostingTargets& targets, std::span<const double> sums,
                 std::span<const double> means) {
  const std::size_t row_count = targets.values.size();
  double all = 0;
  double weights = 0;
  for (std::size_t begin = 0; begin < row_count; begin += kBlockSize) {
    double of_block = 0;
    const std::size_t end = std::min(begin + kBlockSize, row_count);
    for (std::size_t row = begin; row < end; ++row) {
      const double weight = targets.weight(row);
      of_block += weight * row_loss(loss, targets.values[row], row, row_count, sums, means);
      weights += weight;
    }
    all += of_block;
  }
  return all / weights;
}

double median_of(std::span<double> values) {
  ASSERT(!values.empty());
  const std::size_t middle = values.size() / 2;
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(middle));
  const double upper = values[middle];
  if (values.size() % 2 == 1) return upper;
  return (*std::ranges::max_element(values.first(middle)) + upper) / 2;
}

}  // namespace ml_inference
