// SPDX-License-Identifier: MIT
#include "app/row_progress.h"

#include <gtest/gtest.h>

#include <chrono>

namespace ml_inference {
namespace {

using std::chrono::milliseconds;

TEST(RowProgress, TellsRowsAndSpeed) {
  EXPECT_EQ(progress_text(0, milliseconds(0)), "0 rows, 0 rows/s");
  EXPECT_EQ(progress_text(999, milliseconds(2000)), "999 rows, 499 rows/s");
  EXPECT_EQ(progress_text(1'234'567, milliseconds(500)), "1,234,567 rows, 2,469,134 rows/s");
}

TEST(RowProgress, SaysNothingInTheFirstMomentAndWhereItIsNotShown) {
  ::testing::internal::CaptureStderr();
  {
    RowProgress hidden(RowProgress::Shown::no);
    hidden.show(1);
    RowProgress shown(RowProgress::Shown::yes);
    shown.show(1);
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace ml_inference
