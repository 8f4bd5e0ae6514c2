// SPDX-License-Identifier: MIT
#include "model/graph/movement.h"

#include "model/workspace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace ml_inference {
namespace {

using ::testing::ElementsAre;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();

std::vector<double> result_of(const Operation& operation, const std::vector<Operand>& in,
                              std::size_t size) {
  std::vector<double> out(size);
  const OperationResult result{out.data(), out.size()};
  Workspace workspace;
  operation.run(1, in, {&result, 1}, workspace);
  return out;
}

Operand operand(const std::vector<double>& values) {
  return {values.data(), values.size(), values.size()};
}

TEST(Columns, OfTextTakeTheNearestOfTheCategoriesThatThereAre) {
  const std::vector<double> row{0, 1, 7, 1e300, kInfinity, -5, kNotANumber};
  EXPECT_THAT(result_of(Columns(ElementType::text, 0, row.size(), {10, 11}), {operand(row)}, 7),
              ElementsAre(10, 11, 11, 11, 11, 10, -1));
}

TEST(GatherBy, PointsIntoTheAxisWhateverTheIndex) {
  const std::vector<double> data{3, 4, 5};
  const std::vector<double> indices{2, -1, -3, 1e300, -1e300, kNotANumber};
  const GatherBy gather({.outer = 1, .axis = 3, .inner = 1}, true, true);
  EXPECT_THAT(result_of(gather, {operand(data), operand(indices)}, 6),
              ElementsAre(5, 5, 3, 5, 3, 3));
  const std::vector<Operand> in{operand(data), operand(indices)};
  EXPECT_FALSE(gather.fault(0, in).empty());
}

}  // namespace
}  // namespace ml_inference
