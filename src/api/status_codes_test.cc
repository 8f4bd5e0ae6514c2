// SPDX-License-Identifier: MIT
#include "api/status_codes.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

TEST(StatusCodes, AClientsFaultIsNeverAServerError) {
  EXPECT_EQ(http_status(Code::invalid_argument), 422);
  EXPECT_EQ(http_status(Code::not_found), 404);
}

TEST(StatusCodes, EveryStatusOfACodeHasAReason) {
  for (const Code code :
       {Code::invalid_argument, Code::not_found, Code::resource_exhausted, Code::deadline_exceeded,
        Code::unavailable, Code::unimplemented, Code::data_loss, Code::internal}) {
    EXPECT_FALSE(http_reason(http_status(code)).empty());
  }
}

}  // namespace
}  // namespace ml_inference
