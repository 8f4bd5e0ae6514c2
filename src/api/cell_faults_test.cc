// SPDX-License-Identifier: MIT
#include "api/cell_faults.h"

#include "api/validation.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace ml_inference {
namespace {

TEST(CellFaults, SayOfEveryRefusalWhatWasExpected) {
  for (const CellRefusal refusal :
       {CellRefusal::not_a_number, CellRefusal::missing, CellRefusal::infinite,
        CellRefusal::too_large, CellRefusal::unknown_category}) {
    const CellFaultText text = cell_fault_message(refusal);
    EXPECT_EQ(std::ranges::count(kFaultTypes, text.type), 1) << text.type;
    EXPECT_FALSE(text.message.empty());
  }
}

}  // namespace
}  // namespace ml_inference
