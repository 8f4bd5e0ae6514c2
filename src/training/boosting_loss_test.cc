// SPDX-License-Identifier: MIT
// Derivatives against differences of the loss, and bases against their neighbours.
#include "training/boosting_loss.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace ml_inference {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

constexpr BoostingLoss kLosses[] = {BoostingLoss::binary, BoostingLoss::multiclass,
                                    BoostingLoss::squared_error, BoostingLoss::absolute_error,
                                    BoostingLoss::poisson};

std::size_t sum_count_of(BoostingLoss loss) { return loss == BoostingLoss::multiclass ? 3 : 1; }

std::vector<double> means(BoostingLoss loss, const std::vector<double>& sums) {
  const std::size_t row_count = sums.size() / sum_count_of(loss);
  std::vector<double> result(sums.size());
  means_of(loss, sums, row_count, 0, row_count, result);
  return result;
}

double loss_at(BoostingLoss loss, const BoostingTargets& targets, const std::vector<double>& sums) {
  return mean_loss(loss, targets, sums, means(loss, sums));
}

TEST(BoostingLoss, HasTheDerivativesOfItsValue) {
  constexpr double kStep = 1e-4;
  for (const BoostingLoss loss : kLosses) {
    for (const double target : {0.0, 1.0}) {
      const BoostingTargets targets{.values = {target}, .weights = {1.5}};
      std::vector<double> sums = {0.3, -1.2, 2.1};
      sums.resize(sum_count_of(loss));
      for (std::size_t sum = 0; sum < sums.size(); ++sum) {
        const auto at = [&](double change) {
          std::vector<double> moved = sums;
          moved[sum] += change;
          return 1.5 * loss_at(loss, targets, moved);
        };
        const Derivatives here = derivatives(loss, targets, 0, sum, means(loss, sums)[sum]);
        EXPECT_NEAR(here.gradient, (at(kStep) - at(-kStep)) / (2 * kStep), 1e-6);
        if (loss == BoostingLoss::absolute_error) continue;  // whose second derivative is 0
        const double second = (at(kStep) - 2 * at(0) + at(-kStep)) / (kStep * kStep);
        EXPECT_NEAR(here.hessian, second, 1e-5);
      }
    }
  }
}

TEST(BoostingLoss, BeginsWhereNoConstantIsBetter) {
  const BoostingTargets targets{.values = {0, 1, 1, 2, 1, 0, 2, 1, 1}, .weights = {}};
  const BoostingTargets of_two{.values = {0, 1, 1, 0, 1, 0, 0, 1, 1}, .weights = {}};
  for (const BoostingLoss loss : kLosses) {
    const BoostingTargets& used = loss == BoostingLoss::binary ? of_two : targets;
    const std::vector<double> base = base_of(loss, used, sum_count_of(loss));
    const auto at = [&](std::size_t sum, double change) {
      std::vector<double> sums;
      for (std::size_t each = 0; each < base.size(); ++each) {
        sums.insert(sums.end(), 9, base[each] + (each == sum ? change : 0));
      }
      return loss_at(loss, used, sums);
    };
    for (std::size_t sum = 0; sum < base.size(); ++sum) {
      EXPECT_LE(at(sum, 0), at(sum, 1e-3));
      EXPECT_LE(at(sum, 0), at(sum, -1e-3));
    }
  }
}

TEST(BoostingLoss, BeginsWithWeightedClasses) {
  const BoostingTargets targets{.values = {0, 1}, .weights = {1, 3}};
  EXPECT_THAT(base_of(BoostingLoss::binary, targets, 1),
              ElementsAre(DoubleNear(std::log(3), 1e-15)));
}

TEST(BoostingLoss, StaysFiniteForSumsOfAnySize) {
  for (const BoostingLoss loss : kLosses) {
    const BoostingTargets targets{.values = {1}, .weights = {}};
    for (const double size : {-1e6, 1e6}) {
      std::vector<double> sums = {size, -size, 0};
      sums.resize(sum_count_of(loss));
      EXPECT_TRUE(std::isfinite(loss_at(loss, targets, sums)));
      const std::vector<double> here = means(loss, sums);
      for (std::size_t sum = 0; sum < sums.size(); ++sum) {
        EXPECT_TRUE(std::isfinite(derivatives(loss, targets, 0, sum, here[sum]).gradient));
      }
    }
  }
}

TEST(BoostingLoss, GivesAClassWithoutRowsNextToNothing) {
  const BoostingTargets targets{.values = {1, 1}, .weights = {}};
  const double base = base_of(BoostingLoss::binary, targets, 1)[0];
  EXPECT_NEAR(base, 36, 0.1);  // the logarithm of 2^52
}

TEST(Median, IsTheMiddleOrTheMeanOfTheMiddleTwo) {
  std::vector<double> odd = {5, 1, 3};
  EXPECT_EQ(median_of(odd), 3);
  std::vector<double> even = {4, 1, 3, 8};
  EXPECT_EQ(median_of(even), 3.5);
  std::vector<double> one = {7};
  EXPECT_EQ(median_of(one), 7);
}

}  // namespace
}  // namespace ml_inference
