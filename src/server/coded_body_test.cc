// SPDX-License-Identifier: MIT
#include "server/coded_body.h"

#include "server/testing/coded.h"

#include <gtest/gtest.h>

#include <string>

namespace ml_inference {
namespace {

using testing::gzip;
using testing::zlib;

constexpr std::size_t kSizeMax = 50'000;

class CodedBodyTest : public ::testing::Test {
 protected:
  // What is wrong with a body that comes at once; empty: nothing, and body_ is what it decodes to.
  std::string fault(ContentCoding coding, std::string_view stream) {
    body_.clear();
    coded_.reset(coding);
    share_.release();
    auto refusal = coded_.take(stream, body_);
    if (!refusal) refusal = coded_.end(body_);
    return refusal ? std::to_string(refusal->status) + " " + refusal->detail : "";
  }

  BodyBudget budget_{200'000};
  BodyShare share_{budget_};
  CodedBody coded_{kSizeMax, share_};
  std::string body_;
};

TEST_F(CodedBodyTest, KeepsOutOfTheBudgetOnlyWhatTheBodyTakes) {
  const std::string text(40'000, 'b');
  EXPECT_EQ(fault(ContentCoding::gzip, gzip(text)), "");
  EXPECT_EQ(body_, text);
  EXPECT_EQ(budget_.left(), 160'000U);
  EXPECT_EQ(fault(ContentCoding::deflate, zlib(text)), "");
  EXPECT_EQ(body_, text);
}

TEST_F(CodedBodyTest, SaysWhatIsWrong) {
  const std::string too_much(kSizeMax + 1, 'b');
  EXPECT_EQ(fault(ContentCoding::gzip, gzip(too_much)),
            "413 the body is over the limit of 50000 bytes once it is decoded from gzip");
  EXPECT_EQ(fault(ContentCoding::deflate, gzip("x")),
            "400 the body is no deflate stream: incorrect header check");
  EXPECT_EQ(fault(ContentCoding::deflate, zlib("x").substr(0, 5)),
            "400 the body ends within its deflate stream");
  share_.release();
  ASSERT_TRUE(budget_.try_take(budget_.left() - 50'000));
  EXPECT_EQ(fault(ContentCoding::gzip, gzip("x")),
            "503 the bodies of other requests fill the memory that is set aside for them");
}

TEST_F(CodedBodyTest, TakesNoBytesForAnEmptyBody) {
  coded_.reset(ContentCoding::gzip);
  EXPECT_FALSE(coded_.end(body_));
  EXPECT_EQ(budget_.left(), 200'000U);
}

}  // namespace
}  // namespace ml_inference
