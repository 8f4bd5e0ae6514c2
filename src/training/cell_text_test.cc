// SPDX-License-Identifier: MIT
#include "training/cell_text.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

TEST(CellText, TellsMissingValuesFromWords) {
  for (const char* text : {"", " ", "nan", "N/A", "NULL"}) EXPECT_TRUE(is_missing_cell(text));
  for (const char* text : {"0", "unknown", "?", "-"}) EXPECT_FALSE(is_missing_cell(text));
}

TEST(CellText, TellsCodesFromNumbers) {
  for (const char* text : {"007", "00", " 01", "-01", "01.5"}) EXPECT_TRUE(is_zero_padded(text));
  for (const char* text : {"", "-", "0", "0.5", "7", "10", "0x1"}) {
    EXPECT_FALSE(is_zero_padded(text)) << text;
  }
}

TEST(CellText, ReadsWholeNumbersThatStandForThemselvesAlone) {
  EXPECT_EQ(whole_number_cell("3"), 3);
  EXPECT_EQ(whole_number_cell(" -1e3 "), -1000);
  EXPECT_EQ(whole_number_cell("3.0"), 3);
  EXPECT_EQ(whole_number_cell("9007199254740991"), 9007199254740991);
  for (const char* text : {"", "x", "0.5", "inf", "007", "9007199254740992", "9007199254740993"}) {
    EXPECT_EQ(whole_number_cell(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace ml_inference
