// SPDX-License-Identifier: MIT
#include "load/http_exchange.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

constexpr std::string_view kAnswer =
    "HTTP/1.1 200 OK\r\nserver: x\r\ncontent-LENGTH:  2\r\nConnection: Close\r\n\r\n{}";

TEST(ReadAnswer, FindsStatusBodyAndEnd) {
  const std::string two = std::string(kAnswer) + "HTTP/1.1 2";
  const auto answer = read_answer(two);
  ASSERT_TRUE(answer.has_value() && answer->has_value());
  EXPECT_EQ((*answer)->status, 200);
  EXPECT_EQ((*answer)->body, "{}");
  EXPECT_EQ((*answer)->size_bytes, kAnswer.size());
  EXPECT_TRUE((*answer)->closes_connection);
}

TEST(ReadAnswer, WaitsForTheRestAtEveryByte) {
  for (std::size_t size = 0; size < kAnswer.size(); ++size) {
    const auto answer = read_answer(kAnswer.substr(0, size));
    ASSERT_TRUE(answer.has_value()) << size;
    EXPECT_FALSE(answer->has_value()) << size;
  }
}

TEST(ReadAnswer, RefusesWhatItDoesNotUnderstand) {
  EXPECT_FALSE(read_answer("SMTP ready to go\r\n\r\n").has_value());
  EXPECT_EQ(read_answer("HTTP/1.1 2x0\r\n\r\n").error().code, Code::data_loss);
  EXPECT_EQ(read_answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").error().code,
            Code::unimplemented);
}

TEST(PostRequest, CountsItsBody) {
  EXPECT_TRUE(
      post_request("/predict", "{\"a\":1}").ends_with("Content-Length: 7\r\n\r\n{\"a\":1}"));
}

}  // namespace
}  // namespace ml_inference
