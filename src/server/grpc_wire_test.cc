// SPDX-License-Identifier: MIT
#include "server/grpc_wire.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

TEST(GrpcWire, KnowsTheContentTypesOfProtocolBuffers) {
  for (const char* type : {"application/grpc", "application/grpc+proto", "Application/GRPC",
                           "application/grpc;charset=utf-8", "application/grpc+proto; a=b"}) {
    EXPECT_TRUE(is_grpc(type)) << type;
  }
  for (const char* type : {"", "application/json", "application/grpc-web", "application/grpc+json",
                           "application/grp", "application/grpc+protox"}) {
    EXPECT_FALSE(is_grpc(type)) << type;
  }
}

TEST(GrpcWire, ReadsTimeouts) {
  using std::chrono::nanoseconds;
  EXPECT_EQ(parse_grpc_timeout("1n"), nanoseconds(1));
  EXPECT_EQ(parse_grpc_timeout("20u"), nanoseconds(20'000));
  EXPECT_EQ(parse_grpc_timeout("100m"), nanoseconds(100'000'000));
  EXPECT_EQ(parse_grpc_timeout("0S"), nanoseconds(0));
  EXPECT_EQ(parse_grpc_timeout("2M"), nanoseconds(std::chrono::minutes(2)));
  EXPECT_EQ(parse_grpc_timeout("99999999H"), nanoseconds(std::chrono::hours(24 * 365)));
  for (const char* text : {"", "1", "m", "-1m", "+1m", "1s", "1.5S", "123456789m", " 1m", "1m "}) {
    EXPECT_FALSE(parse_grpc_timeout(text)) << text;
  }
}

TEST(GrpcWire, EscapesWhatAMessageMayNotHold) {
  std::string text = "> ";
  append_grpc_message(text, "50% of \xC3\xA4\r\n~ ");
  EXPECT_EQ(text, "> 50%25 of %C3%A4%0D%0A~ ");
}

TEST(GrpcWire, SaysWhatHttpStatusesMean) {
  EXPECT_EQ(grpc_status_of_http(200), GrpcStatus::ok);
  EXPECT_EQ(grpc_status_of_http(422), GrpcStatus::invalid_argument);
  EXPECT_EQ(grpc_status_of_http(404), GrpcStatus::unimplemented);
  EXPECT_EQ(grpc_status_of_http(503), GrpcStatus::unavailable);
  EXPECT_EQ(grpc_status_of_http(504), GrpcStatus::deadline_exceeded);
  EXPECT_EQ(grpc_status_of_http(413), GrpcStatus::resource_exhausted);
  EXPECT_EQ(grpc_status_of_http(418), GrpcStatus::unknown);
}

}  // namespace
}  // namespace ml_inference
