// SPDX-License-Identifier: MIT
#include "server/http2_header.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

TEST(Http2Header, KeepsTheFieldsThatItKnows) {
  Http2Header header;
  header.take(":method", "POST", 1'000);
  header.take("x-other", "x", 1'000);
  header.take("accept", "a", 1'000);
  header.take("accept", "b", 1'000);
  header.take("te", "trailers", 1'000);
  EXPECT_EQ(header.method, "POST");
  EXPECT_EQ(header.accept, "b");
  EXPECT_TRUE(header.has_te_trailers);
  EXPECT_EQ(header.size, 7U + 4 + 7 + 1 + 2 * 7 + 2 + 8 + 5 * 32);
}

TEST(Http2Header, JoinsWhatBelongsToATraceAndCountsSecrets) {
  Http2Header header;
  for (const char* const name : {"traceparent", "tracestate", "authorization"}) {
    header.take(name, "a", 1'000);
    header.take(name, "b", 1'000);
  }
  EXPECT_EQ(header.traceparent, "a,b");
  EXPECT_EQ(header.tracestate, "a,b");
  EXPECT_EQ(header.authorization, "b");
  EXPECT_EQ(header.authorization_count, 2U);
}

TEST(Http2Header, MakesNoSizeOfTwo) {
  Http2Header header;
  header.take("inference-header-content-length", "5", 1'000);
  header.take("inference-header-content-length", "7", 1'000);
  EXPECT_EQ(header.json_size, "5,7");
}

TEST(Http2Header, KeepsWhatTheClientHas) {
  Http2Header header;
  header.take("if-none-match", "W/\"1\"", 1'000);
  EXPECT_EQ(header.if_none_match, "W/\"1\"");
  header.clear();
  EXPECT_EQ(header.if_none_match, "");
}

TEST(Http2Header, KeepsNothingBeyondItsLimit) {
  Http2Header header;
  header.take("accept", std::string(100, 'x'), 100);
  EXPECT_TRUE(header.accept.empty());
  EXPECT_EQ(header.size, 138U);
  header.clear();
  EXPECT_EQ(header.size, 0U);
}

}  // namespace
}  // namespace ml_inference
