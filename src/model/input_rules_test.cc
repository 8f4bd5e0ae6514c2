// SPDX-License-Identifier: MIT
#include "model/input_rules.h"

#include <gtest/gtest.h>

#include <limits>

namespace ml_inference {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kFloatMax = std::numeric_limits<float>::max();

TEST(InputRules, TakesEveryFiniteFloat32) {
  const InputRules rules;
  for (const double value : {0.0, -0.0, 5.1, kFloatMax, -kFloatMax, 1e-320}) {
    EXPECT_EQ(cell_fault(rules, value), CellFault::none) << value;
  }
}

TEST(InputRules, RefusesWhatTheModelWasNotTrainedOn) {
  const InputRules rules;
  EXPECT_EQ(cell_fault(rules, kNan), CellFault::missing);
  EXPECT_EQ(cell_fault(rules, kInfinity), CellFault::infinite);
  EXPECT_EQ(cell_fault(rules, -kInfinity), CellFault::infinite);
  EXPECT_EQ(cell_fault(rules, 1e39), CellFault::too_large);
  EXPECT_EQ(cell_fault(rules, -1e39), CellFault::too_large);
}

// The cast rounds to nearest: what rounds down to the largest float32 is one.
TEST(InputRules, DrawsTheLineWhereTheCastToFloat32Does) {
  const InputRules rules;
  EXPECT_EQ(cell_fault(rules, 3.4028235e38), CellFault::none);
  EXPECT_EQ(cell_fault(rules, 3.4028236e38), CellFault::too_large);
}

TEST(InputRules, TakesMissingValuesWhereTheModelDoes) {
  InputRules rules;
  rules.accepts_missing = true;
  EXPECT_EQ(cell_fault(rules, kNan), CellFault::none);
  EXPECT_EQ(cell_fault(rules, kInfinity), CellFault::infinite);
}

TEST(InputRules, TakesInfinitiesWhereTheModelDoes) {
  InputRules rules;
  rules.accepts_infinite = true;
  EXPECT_EQ(cell_fault(rules, -kInfinity), CellFault::none);
  EXPECT_EQ(cell_fault(rules, 1e39), CellFault::none);
  EXPECT_EQ(cell_fault(rules, kNan), CellFault::missing);
}

TEST(InputRules, TakesEveryFiniteNumberWhereTheModelComputesInFloat64) {
  const InputRules rules{.type = NumberType::float64};
  EXPECT_EQ(cell_fault(rules, 1e300), CellFault::none);
  EXPECT_EQ(cell_fault(rules, kInfinity), CellFault::infinite);
}

TEST(InputRules, SaysInWordsWhatIsWrong) {
  EXPECT_EQ(cell_fault_text(CellFault::none), "");
  for (const CellFault fault : {CellFault::missing, CellFault::infinite, CellFault::too_large}) {
    EXPECT_TRUE(cell_fault_text(fault).starts_with("is ")) << cell_fault_text(fault);
  }
}

}  // namespace
}  // namespace ml_inference
