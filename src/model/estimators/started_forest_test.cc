// SPDX-License-Identifier: MIT
#include "model/estimators/started_forest.h"

#include "model/estimators/constant.h"
#include "model/forest_builder.h"
#include "model/workspace.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

// As many trees of one leaf each, all with this step, for each of the sums.
Forest steps(std::size_t tree_count, double step, std::size_t sum_count) {
  ForestBuilder builder({.feature_count = 1, .output_count = sum_count, .leaf_width = 1});
  for (std::size_t tree = 0; tree < tree_count * sum_count; ++tree) {
    builder.start_tree(1, tree % sum_count);
    builder.leaf(0, std::array{step});
  }
  return std::move(builder).build().value();
}

std::vector<double> answer(std::vector<double> first, StartRule rule, Forest forest) {
  const StartedForest estimator(std::make_unique<Constant>(1, std::move(first)), rule, 0.125,
                                std::move(forest), Link{}, false);
  std::vector<double> out(estimator.answer_width());
  Workspace workspace;
  estimator.predict({std::array{0.0}, 1, 1}, out, workspace);
  return out;
}

TEST(StartedForest, AddsTreeAfterTreeToItsStart) {
  // Each 1 is lost beside 2^53; their sum would not be.
  const double large = 9007199254740992;
  EXPECT_EQ(answer({large}, StartRule::as_is, steps(4, 1, 1)), std::vector<double>{large});
}

TEST(StartedForest, StartsWithTheSecondClasssLogit) {
  const double logit = std::log(0.75 / 0.25);
  EXPECT_EQ(answer({0.25, 0.75}, StartRule::logit, steps(1, 1, 1)), std::vector<double>{logit + 1});
  EXPECT_EQ(answer({0.25, 0.75}, StartRule::half_logit, steps(1, 1, 1)),
            std::vector<double>{logit / 2 + 1});
}

TEST(StartedForest, StartsWithTheLogarithmOfEachClass) {
  EXPECT_EQ(answer({0.5, 0.25, 0.25}, StartRule::log, steps(1, 0, 3)),
            (std::vector<double>{std::log(0.5), std::log(0.25), std::log(0.25)}));
  const std::vector<double> centred =
      answer({0.5, 0.25, 0.25}, StartRule::centred_log, steps(1, 0, 3));
  EXPECT_NEAR(centred[0], std::log(0.5) - (std::log(0.5) + 2 * std::log(0.25)) / 3, 1e-15);
  EXPECT_EQ(centred[1], centred[2]);
}

TEST(StartedForest, KeepsProbabilitiesAwayFromZeroAndOne) {
  EXPECT_EQ(answer({1, 0}, StartRule::logit, steps(1, 0, 1)),
            std::vector<double>{std::log(0.125 / 0.875)});
  EXPECT_EQ(answer({1, 0, 0}, StartRule::log, steps(1, 0, 3)),
            (std::vector<double>{std::log(0.875), std::log(0.125), std::log(0.125)}));
}

}  // namespace
}  // namespace ml_inference
