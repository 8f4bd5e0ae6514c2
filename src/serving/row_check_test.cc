// SPDX-License-Identifier: MIT
#include "serving/row_check.h"

#include <gtest/gtest.h>

#include <limits>

namespace ml_inference {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kFloatMax = std::numeric_limits<float>::max();

TEST(RowCheck, TakesEveryFiniteFloat32) {
  const Schema schema;
  for (const double value : {0.0, -0.0, 5.1, kFloatMax, -kFloatMax, 1e-320}) {
    EXPECT_EQ(cell_fault(schema, value), CellFault::none) << value;
  }
}

TEST(RowCheck, RefusesWhatTheModelWasNotTrainedOn) {
  const Schema schema;
  EXPECT_EQ(cell_fault(schema, kNan), CellFault::missing);
  EXPECT_EQ(cell_fault(schema, kInfinity), CellFault::infinite);
  EXPECT_EQ(cell_fault(schema, -kInfinity), CellFault::infinite);
  EXPECT_EQ(cell_fault(schema, 1e39), CellFault::too_large);
  EXPECT_EQ(cell_fault(schema, -1e39), CellFault::too_large);
}

// The cast rounds to nearest: what rounds down to the largest float32 is one.
TEST(RowCheck, DrawsTheLineWhereTheCastToFloat32Does) {
  const Schema schema;
  EXPECT_EQ(cell_fault(schema, 3.4028235e38), CellFault::none);
  EXPECT_EQ(cell_fault(schema, 3.4028236e38), CellFault::too_large);
}

TEST(RowCheck, TakesMissingValuesWhereTheModelDoes) {
  Schema schema;
  schema.accepts_missing = true;
  EXPECT_EQ(cell_fault(schema, kNan), CellFault::none);
  EXPECT_EQ(cell_fault(schema, kInfinity), CellFault::infinite);
}

TEST(RowCheck, TakesInfinitiesWhereTheModelDoes) {
  Schema schema;
  schema.accepts_infinite = true;
  EXPECT_EQ(cell_fault(schema, -kInfinity), CellFault::none);
  EXPECT_EQ(cell_fault(schema, 1e39), CellFault::none);
  EXPECT_EQ(cell_fault(schema, kNan), CellFault::missing);
}

TEST(RowCheck, SaysInWordsWhatIsWrong) {
  EXPECT_EQ(cell_fault_text(CellFault::none), "");
  for (const CellFault fault : {CellFault::missing, CellFault::infinite, CellFault::too_large}) {
    EXPECT_TRUE(cell_fault_text(fault).starts_with("is ")) << cell_fault_text(fault);
  }
}

}  // namespace
}  // namespace ml_inference
