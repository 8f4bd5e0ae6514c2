// SPDX-License-Identifier: MIT
#include "formats/format_error.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

TEST(FormatError, CarriesTheCodeAndTheMessage) {
  try {
    refuse(Code::data_loss, "onnx: {} has {} values, expected {}", "nodes_modes", 2, 3);
  } catch (const FormatError& refusal) {
    EXPECT_EQ(refusal.error,
              (Error{Code::data_loss, "onnx: nodes_modes has 2 values, expected 3"}));
  }
}

TEST(FormatError, QuotesTextOutOfAFileWithoutItsControlCharacters) {
  EXPECT_EQ(quoted_text("a\n\x1b[31m\xC3\xA4"),
            "'a?"
            "?[31m?"
            "?'");
  EXPECT_EQ(quoted_text(""), "''");
  EXPECT_EQ(quoted_text(std::string(65, 'x')), "'" + std::string(64, 'x') + "...'");
}

}  // namespace
}  // namespace ml_inference
