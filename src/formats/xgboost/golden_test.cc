// SPDX-License-Identifier: MIT
// The files of tests/golden/xgboost, written by many versions of XGBoost, against the answers that
// each gave after it had read its file again: what is read has to give their margins to the last
// bit. The files are made by tools/golden/xgboost_golden.py.
#include "formats/xgboost/reader.h"
#include "formats/xgboost/testing/golden_answers.h"
#include "formats/xgboost/testing/xgboost_oracle.h"

#include <gtest/gtest.h>

#include <bit>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

class XgboostGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(XgboostGolden, GivesTheMarginsOfTheLibrary) {
  const testing::XgboostAnswers answers = testing::read_xgboost_answers(GetParam());
  EXPECT_TRUE(begins_like_xgboost(answers.bytes));
  ASSERT_EQ(answers.rows.size(), answers.margins.size());
  for (std::size_t row = 0; row < answers.rows.size(); ++row) {
    const std::vector<float> ours =
        testing::xgboost_margins(answers.file, answers.rows[row], answers.trees);
    const std::vector<float>& theirs = answers.margins[row];
    ASSERT_EQ(ours.size(), theirs.size()) << "row " << row;
    for (std::size_t output = 0; output < ours.size(); ++output) {
      EXPECT_EQ(std::bit_cast<std::uint32_t>(ours[output]),
                std::bit_cast<std::uint32_t>(theirs[output]))
          << "row " << row << " output " << output << ": " << ours[output] << ", expected "
          << theirs[output];
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, XgboostGolden, ::testing::ValuesIn(testing::xgboost_golden_names()),
                         [](const auto& name) { return testing::xgboost_test_name(name.param); });

}  // namespace
}  // namespace ml_inference
