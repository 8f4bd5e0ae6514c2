// SPDX-License-Identifier: MIT
#include "server/coded_answer.h"

#include "server/content_coding.h"
#include "server/testing/coded.h"
#include "server/testing/path_handler.h"

#include <gtest/gtest.h>

#include <string>

namespace ml_inference {
namespace {

using testing::inflated;

class CodedAnswerTest : public ::testing::Test {
 protected:
  // The answer to a body, which echoes it; and whether a worker made or coded it.
  bool ask(std::string_view target, std::string_view body, std::string_view accept_encoding) {
    response_.clear();
    request_ = {
        .method = "POST", .target = target, .body = body, .accept_encoding = accept_encoding};
    auto work = handle_coded(handler_, request_, response_, budget_);
    if (work == nullptr) return false;
    work->run({.stop = stop_.get_token()});
    if (work->finish && !stop_.stop_requested()) work->finish(stop_.get_token());
    return true;
  }

  testing::Stage stage_;
  testing::PathHandler handler_{stage_};
  BodyBudget budget_{10'000'000};
  std::stop_source stop_;
  HttpRequest request_;
  HttpResponse response_;
};

TEST_F(CodedAnswerTest, CodesOnlyForThoseWhoAsk) {
  const std::string body(2000, 'x');
  EXPECT_FALSE(ask("/a", body, ""));
  EXPECT_EQ(response_.content_encoding, "");
  EXPECT_FALSE(ask("/a", body, "br, gzip"));
  EXPECT_EQ(response_.content_encoding, "gzip");
  EXPECT_EQ(inflated(response_.body), "POST /a " + body);
  EXPECT_FALSE(ask("/a", body, "deflate"));
  EXPECT_EQ(response_.content_encoding, "deflate");
  EXPECT_FALSE(ask("/a", body, "identity"));
  EXPECT_EQ(response_.content_encoding, "");
}

TEST_F(CodedAnswerTest, LeavesSmallAnswersAloneUnlessTheyMustBeCoded) {
  const std::string body(1000, 'x');
  ask("/a", body, "gzip");
  EXPECT_EQ(response_.content_encoding, "");
  ask("/a", body, "gzip, identity;q=0");
  EXPECT_EQ(response_.content_encoding, "gzip");
}

TEST_F(CodedAnswerTest, CodesOnTheWorkerThatMakesTheAnswer) {
  const std::string body(2000, 'x');
  EXPECT_TRUE(ask("/work", body, "gzip"));
  EXPECT_EQ(inflated(response_.body), "POST /work " + body);
  EXPECT_TRUE(ask("/work", body, ""));
  EXPECT_EQ(response_.body, "POST /work " + body);
}

TEST_F(CodedAnswerTest, LeavesLargeAnswersToAWorkerExceptVitalOnes) {
  const std::string body(kCodedInlineSizeMax, 'x');
  EXPECT_TRUE(ask("/a", body, "gzip"));
  EXPECT_EQ(inflated(response_.body), "POST /a " + body);
  EXPECT_FALSE(ask("/health", body, "gzip"));
  EXPECT_EQ(response_.content_encoding, "gzip");
}

TEST_F(CodedAnswerTest, KeepsTheAnswerAsItIsWithoutMemoryOrWhenItIsNotWanted) {
  const std::string body(20'000, 'x');
  ASSERT_TRUE(budget_.try_take(budget_.left()));
  ask("/a", body, "gzip");
  EXPECT_EQ(response_.body, "POST /a " + body);
  budget_.give_back(10'000'000);
  ask("/a", body, "gzip");
  EXPECT_EQ(response_.content_encoding, "gzip");
  EXPECT_EQ(budget_.left(), 10'000'000U);
  stop_.request_stop();
  ask("/work", body, "gzip");
  EXPECT_EQ(response_.content_encoding, "");
}

}  // namespace
}  // namespace ml_inference
