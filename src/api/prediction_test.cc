// SPDX-License-Identifier: MIT
#include "api/prediction.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

std::string error_body(Dialect dialect, int status) {
  HttpResponse response;
  response.body = "of before";
  write_error(dialect, status, "no \"x\"", response);
  EXPECT_EQ(response.status, status);
  EXPECT_EQ(response.outcome, "no \"x\"");
  return response.body;
}

TEST(WriteError, HasTheFormOfItsDialect) {
  EXPECT_EQ(error_body(Dialect::own, 404), R"({"detail":"no \"x\""})");
  EXPECT_EQ(error_body(Dialect::oip, 404), R"({"error":"no \"x\""})");
  EXPECT_EQ(error_body(Dialect::v1, 400), R"({"error":"no \"x\""})");
  EXPECT_EQ(error_body(Dialect::scoring, 400),
            R"({"error_code":"BAD_REQUEST","message":"no \"x\""})");
  EXPECT_EQ(error_body(Dialect::torchserve, 404),
            R"({"code":404,"type":"ResourceNotFoundException","message":"no \"x\""})");
  EXPECT_EQ(error_body(Dialect::grpc, 404), "");
}

TEST(WriteError, GivesGrpcItsStatus) {
  HttpResponse response;
  write_error(Dialect::grpc, {Code::not_found, "no model"}, response);
  EXPECT_EQ(response.grpc_status, 5);
  EXPECT_EQ(response.grpc_message, "no model");
}

TEST(WriteError, AsksToComeBackWhereThatHelps) {
  HttpResponse response;
  write_error(Dialect::oip, {Code::unavailable, "loading"}, response);
  EXPECT_EQ(response.status, 503);
  EXPECT_TRUE(response.retry_later);
  write_error(Dialect::oip, {Code::invalid_argument, "wrong"}, response);
  EXPECT_EQ(response.status, 400);
  EXPECT_FALSE(response.retry_later);
  write_error(Dialect::own, {Code::invalid_argument, "wrong"}, response);
  EXPECT_EQ(response.status, 422);
}

TEST(MediaType, IsWithoutParametersAndInLowerCase) {
  EXPECT_EQ(media_type("Text/CSV ; charset=utf-8"), "text/csv");
  EXPECT_EQ(media_type(""), "");
  EXPECT_TRUE(is_json("application/vnd.x+JSON; a=b"));
  EXPECT_FALSE(is_json("text/json"));
}

}  // namespace
}  // namespace ml_inference
