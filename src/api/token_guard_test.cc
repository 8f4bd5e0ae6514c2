// SPDX-License-Identifier: MIT
#include "api/token_guard.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

const RouteEntry& route_at(std::string_view target) {
  return route_entry(find_route(target).route);
}

TEST(TokenGuard, GuardsPredictionsAndChangesOfTheModels) {
  for (const char* const target :
       {"/predict", "/models/a/predict", "/v2/models/a/infer", "/v1/models/a:predict",
        "/v1/models/a:classify", "/invocations", "/predictions/a", "/v2/repository/models/a/load",
        "/v2/repository/models/a/unload", "/models"}) {
    EXPECT_TRUE(TokenGuard::is_guarded(route_at(target), "POST")) << target;
  }
  EXPECT_TRUE(TokenGuard::is_guarded(route_at("/models/a"), "DELETE"));
}

TEST(TokenGuard, LeavesOpenWhatOnlyTells) {
  for (const char* const target :
       {"/", "/health", "/ready", "/metrics", "/openapi.json", "/v2", "/v2/models/a",
        "/v1/models/a", "/ping", "/models", "/models/a"}) {
    EXPECT_FALSE(TokenGuard::is_guarded(route_at(target), "GET")) << target;
  }
}

TEST(TokenGuard, FollowsTheTokens) {
  LiveApi live;
  TokenGuard guard(live);
  EXPECT_FALSE(guard.refusal("").has_value());
  live.set_tokens(TokenSet::parse("first\n").value());
  EXPECT_EQ(guard.refusal("").value().detail,
            "Authorization is missing, expected 'Bearer' and a token");
  EXPECT_EQ(guard.refusal("Bearer second").value().challenge,
            R"(Bearer realm="ml-inference", error="invalid_token")");
  EXPECT_FALSE(guard.refusal("Bearer first").has_value());
  live.set_tokens(TokenSet::parse("second\n").value());
  EXPECT_TRUE(guard.refusal("Bearer first").has_value());
  EXPECT_FALSE(guard.refusal("Bearer second").has_value());
}

}  // namespace
}  // namespace ml_inference
