// SPDX-License-Identifier: MIT
#include "api/http.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

TEST(HttpResponse, IsAsNewAfterClear) {
  HttpResponse response{.status = 405,
                        .content_type = "text/plain",
                        .allow = "GET, HEAD",
                        .retry_later = true,
                        .request_id = "id",
                        .body = "body",
                        .route = 3,
                        .prediction_count = 7,
                        .outcome = "setosa"};
  response.clear();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.allow, "");
  EXPECT_FALSE(response.retry_later);
  EXPECT_EQ(response.request_id, "");
  EXPECT_EQ(response.body, "");
  EXPECT_EQ(response.route, 0U);
  EXPECT_EQ(response.prediction_count, 0U);
  EXPECT_EQ(response.outcome, "");
}

TEST(HttpResponse, KeepsTheMemoryOfAUsualBodyAndGivesBackThatOfAHugeOne) {
  HttpResponse response;
  response.body.assign(2'000, 'x');
  response.clear();
  EXPECT_GE(response.body.capacity(), 2'000U);
  response.body.assign(1'000'000, 'x');
  response.clear();
  EXPECT_LT(response.body.capacity(), 2'000U);
}

}  // namespace
}  // namespace ml_inference
