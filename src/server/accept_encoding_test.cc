// SPDX-License-Identifier: MIT
#include "server/accept_encoding.h"

#include <gtest/gtest.h>

#include <string>

namespace ml_inference {
namespace {

using enum ContentCoding;

ContentCoding coding_for(std::string_view field) { return negotiate_coding(field).coding; }

TEST(AcceptEncoding, TakesWhatWeighsMost) {
  EXPECT_EQ(coding_for("gzip"), gzip);
  EXPECT_EQ(coding_for("deflate"), deflate);
  EXPECT_EQ(coding_for("gzip, deflate"), gzip);
  EXPECT_EQ(coding_for("deflate, gzip"), gzip);
  EXPECT_EQ(coding_for("gzip;q=0.5, deflate;q=0.501"), deflate);
  EXPECT_EQ(coding_for("gzip;q=0.001"), gzip);
  EXPECT_EQ(coding_for("br, zstd, GZIP ; Q=1.000"), gzip);
  EXPECT_EQ(coding_for("x-gzip"), gzip);
  EXPECT_EQ(coding_for("gzip;q=0, x-gzip"), gzip);
}

TEST(AcceptEncoding, LeavesTheAnswerAloneUnlessItIsAskedFor) {
  for (const char* field : {"", "identity", "br", "gzip;q=0", "gzip;q=0.000, deflate;q=0", ",,",
                            " , ;q=1", "identity, gzip;q=0.5", "*;q=0", "*;q=0, identity"}) {
    EXPECT_EQ(negotiate_coding(field), WantedCoding()) << field;
  }
}

TEST(AcceptEncoding, LetsAStarStandForWhatIsNotNamed) {
  EXPECT_EQ(coding_for("*"), gzip);
  EXPECT_EQ(coding_for("gzip;q=0, *"), deflate);
  EXPECT_EQ(coding_for("*;q=0, deflate"), deflate);
  EXPECT_EQ(coding_for("gzip;q=0.4, *;q=0.3"), gzip);
}

TEST(AcceptEncoding, HearsThatIdentityIsRefused) {
  EXPECT_TRUE(negotiate_coding("identity;q=0, gzip").refuses_identity);
  EXPECT_TRUE(negotiate_coding("*;q=0, gzip").refuses_identity);
  EXPECT_FALSE(negotiate_coding("*;q=0, gzip, identity;q=0.1").refuses_identity);
  EXPECT_FALSE(negotiate_coding("gzip").refuses_identity);
}

TEST(AcceptEncoding, TakesABrokenWeightForNone) {
  for (const char* weight :
       {"2", "1.001", "0.1234", "-1", ".5", "0,5", "1.0x", "", "0.5;x", "1x", "0x", "q=1"}) {
    const std::string field = "gzip;q=" + std::string(weight);
    EXPECT_EQ(coding_for(field), identity) << field;
  }
  EXPECT_EQ(coding_for("gzip;level=9"), identity);
  EXPECT_EQ(coding_for("gzip;q=1.,deflate;q=0.5"), gzip);
}

}  // namespace
}  // namespace ml_inference
