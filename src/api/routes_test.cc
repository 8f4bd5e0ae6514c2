// SPDX-License-Identifier: MIT
#include "api/routes.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

TEST(Routes, StandAtTheirNumbers) {
  for (std::size_t index = 0; index < kRoutes.size(); ++index) {
    EXPECT_EQ(kRoutes[index].route, static_cast<Route>(index));
  }
}

TEST(Routes, FindsThePathInEveryFormOfATarget) {
  EXPECT_EQ(find_route("/predict"), Route::predict);
  EXPECT_EQ(find_route("/predict?x=1"), Route::predict);
  EXPECT_EQ(find_route("/%70redict"), Route::predict);
  EXPECT_EQ(find_route("/predict%3Fx"), Route::unknown);
  EXPECT_EQ(find_route("http://example.test/predict"), Route::predict);
  EXPECT_EQ(find_route("http://example.test"), Route::index);
  EXPECT_EQ(find_route("HTTPS://example.test/predict?x=1"), Route::predict);
  EXPECT_EQ(find_route("http://example.test?x=/predict"), Route::index) << "a path is not a query";
  EXPECT_EQ(find_route("/"), Route::index);
  EXPECT_EQ(find_route("/?a"), Route::index);
}

TEST(Routes, KnowsNoOtherPaths) {
  for (const char* target :
       {"", "*", "predict", "/predict/", "//predict", "/Predict", "/predict%", "/predict%2",
        "/predict%zz", "/%2570redict", "/..", "\xFF", "%2Fpredict", "http:///predict",
        "http://a/http://b/predict", "ftp://a/predict"}) {
    EXPECT_EQ(find_route(target), Route::unknown) << target;
  }
}

TEST(Routes, ComparesMethodsWhole) {
  EXPECT_TRUE(allows(route_entry(Route::health), "GET"));
  EXPECT_TRUE(allows(route_entry(Route::health), "HEAD"));
  EXPECT_FALSE(allows(route_entry(Route::health), "POST"));
  EXPECT_FALSE(allows(route_entry(Route::health), "GE"));
  EXPECT_FALSE(allows(route_entry(Route::health), "get"));
  EXPECT_FALSE(allows(route_entry(Route::unknown), "GET"));
}

TEST(TargetPath, HasNothingThatMayBeASecret) {
  EXPECT_EQ(target_path("/a%20b/c"), "/a%20b/c");
  for (const char* target : {"/a?token=s3cret", "/a#s3cret", "http://me:s3cret@host/a?s3cret",
                             "HTTPS://s3cret@host:1/a#s3cret?s3cret"}) {
    EXPECT_EQ(target_path(target), "/a") << target;
  }
  EXPECT_EQ(target_path("http://me:s3cret@host?s3cret"), "/");
  EXPECT_EQ(target_path("*"), "*");
  for (const char* target :
       {"", "a", "me:s3cret@host:443", "ftp://me:s3cret@host/a", "http://?a"}) {
    EXPECT_EQ(target_path(target), "") << target;
  }
}

}  // namespace
}  // namespace ml_inference
