// SPDX-License-Identifier: MIT
#include "api/docs/docs_files.h"

#include "api/routes.h"
#include "api/testing/asking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace ml_inference {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string field(const HttpResponse& response, std::string_view name) {
  const auto found = std::ranges::find(response.fields, name, &HeaderField::name);
  return found == response.fields.end() ? "" : std::string(found->value);
}

bool has_docs() { return find_docs_file("/docs") != nullptr; }

TEST(DocsFiles, HasEachFileThatTheRoutesName) {
  for (const RouteEntry& route : all_routes()) {
    if (route.operation != Operation::docs) continue;
    EXPECT_EQ(find_docs_file(route.path) != nullptr, has_docs()) << route.path;
  }
  EXPECT_EQ(find_docs_file("/docs/other"), nullptr);
}

TEST(DocsFiles, AnswersCompressedWhereTheClientTakesThatAndElsePlainly) {
  if (!has_docs()) GTEST_SKIP() << "built without ML_INFERENCE_DOCS";
  testing::Asking asked;
  const HttpResponse plain = asked.get("/docs");
  EXPECT_EQ(plain.status, 200);
  EXPECT_EQ(plain.content_type, "text/html; charset=utf-8");
  EXPECT_EQ(plain.content_encoding, "");
  EXPECT_THAT(plain.body, HasSubstr("swagger-ui-bundle.js"));
  const HttpResponse coded =
      asked.ask({.method = "GET", .target = "/docs", .accept_encoding = "br, gzip"});
  EXPECT_EQ(coded.content_encoding, "gzip");
  EXPECT_EQ(gunzip(coded.body), plain.body);
}

TEST(DocsFiles, AllowsThePageNothingInlineAndNothingFromElsewhere) {
  if (!has_docs()) GTEST_SKIP() << "built without ML_INFERENCE_DOCS";
  testing::Asking asked;
  const HttpResponse response = asked.get("/docs");
  const std::string policy = field(response, "content-security-policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'; script-src 'self'; style-src 'self';"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  EXPECT_EQ(field(response, "x-content-type-options"), "nosniff");
  EXPECT_THAT(response.body, Not(HasSubstr("http")));
}

TEST(DocsFiles, SaysThatTheClientsCopyIsStillTheSame) {
  if (!has_docs()) GTEST_SKIP() << "built without ML_INFERENCE_DOCS";
  testing::Asking asked;
  const std::string tag = field(asked.get("/docs/init.js"), "etag");
  EXPECT_THAT(tag, ::testing::MatchesRegex("W/\"[0-9a-f]{16}\""));
  const auto ask = [&](std::string_view tags) {
    return asked.ask({.method = "GET", .target = "/docs/init.js", .if_none_match = tags});
  };
  EXPECT_EQ(ask(tag).status, 304);
  EXPECT_EQ(ask(tag).body, "");
  EXPECT_EQ(field(ask(tag), "etag"), tag);
  EXPECT_EQ(ask("W/\"x\", " + tag).status, 304);
  EXPECT_EQ(ask("*").status, 304);
  EXPECT_THAT(asked.get("/metrics").body, HasSubstr(R"(route="/docs/init.js",status="304")"));
  EXPECT_EQ(ask("W/\"0000000000000000\"").status, 200);
}

TEST(AcceptsGzip, ByNameByWeightAndByStar) {
  for (const char* yes :
       {"gzip", "GZIP", "br;q=1, gzip;q=0.1", "x-gzip", "*", "identity, *;q=0.5"}) {
    EXPECT_TRUE(accepts_gzip(yes)) << yes;
  }
  for (const char* no : {"", "br", "gzip;q=0", "gzip;q=0.000, *", "*;q=0", "gzip;q=x", "gzippy"}) {
    EXPECT_FALSE(accepts_gzip(no)) << no;
  }
}

TEST(Gunzip, RefusesWhatIsNoWholeStream) {
  EXPECT_EQ(gunzip(""), std::nullopt);
  EXPECT_EQ(gunzip("no gzip"), std::nullopt);
}

}  // namespace
}  // namespace ml_inference
