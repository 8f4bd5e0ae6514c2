// SPDX-License-Identifier: MIT
// The files of tests/golden/xgboost with their answers, for tests.
#pragma once

#include "formats/xgboost/xgboost_file.h"

#include <cstddef>
#include <string>
#include <vector>

namespace ml_inference::testing {

/// A model file, and what the library answered after it had read it.
struct XgboostAnswers {
  std::string bytes;  ///< of the model file
  XgboostFile file;
  std::size_t trees = 0;  ///< how many of its trees the answers come from
  std::vector<std::vector<float>> rows;
  std::vector<std::vector<float>> margins;
  std::vector<std::vector<float>> predictions;  ///< what the library's predict() gives
};

/// "2.1.4/multi_softprob", for each file with answers.
[[nodiscard]] std::vector<std::string> xgboost_golden_names();

/// Reads one of them. Throws FormatError when the model is refused.
[[nodiscard]] XgboostAnswers read_xgboost_answers(const std::string& name);

/// The name with nothing in it but letters, digits and underscores.
[[nodiscard]] std::string xgboost_test_name(std::string name);

}  // namespace ml_inference::testing
