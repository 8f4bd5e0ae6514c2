// SPDX-License-Identifier: MIT
#include "model/estimators/first_outputs.h"

#include "model/estimators/constant.h"
#include "model/workspace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace ml_inference {
namespace {

TEST(FirstOutputs, LeavesOutWhatStandsBehindThem) {
  const FirstOutputs two(std::make_unique<Constant>(std::size_t{1}, std::vector<double>{1, 2, 3}),
                         2);
  const std::vector<double> rows(2);
  std::vector<double> out(4);
  Workspace workspace;
  two.predict({rows, 2, 1}, out, workspace);
  EXPECT_THAT(out, ::testing::ElementsAre(1, 2, 1, 2));
  EXPECT_EQ(two.answer_width(), 2U);
}

}  // namespace
}  // namespace ml_inference
