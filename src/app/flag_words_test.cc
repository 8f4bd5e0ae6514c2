// SPDX-License-Identifier: MIT
#include "app/flag_words.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

TEST(FlagWords, StandForOptions) {
  EXPECT_EQ(with_flag_names("max_features: expected 1 to 4, got 9"),
            "--max-features: expected 1 to 4, got 9");
  EXPECT_EQ(with_flag_names("class_weights: expected 3, one a class, got 2"),
            "--class-weight: expected 3, one a class, got 2");
  EXPECT_EQ(with_flag_names("fold 1 of 5, trained on 80 rows: max_samples: expected 1 to 80"),
            "fold 1 of 5, trained on 80 rows: --max-samples: expected 1 to 80");
  EXPECT_EQ(with_flag_names("cross-validation: expected 2 folds or more, got 1"),
            "--cv: expected 2 folds or more, got 1");
}

TEST(FlagWords, LeaveTheDataAndEverydayWordsAlone) {
  EXPECT_EQ(with_flag_names("column 'max_bins': expected at most 255 categories (max_bins)"),
            "column 'max_bins': expected at most 255 categories (--max-bins)");
  EXPECT_EQ(with_flag_names("loss: expected none for a classification, which takes the log loss"),
            "--loss: expected none for a classification, which takes the log loss");
  EXPECT_EQ(with_flag_names("'"), "'");
  EXPECT_EQ(with_flag_names(""), "");
}

}  // namespace
}  // namespace ml_inference
