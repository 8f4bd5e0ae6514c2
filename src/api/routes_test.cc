// SPDX-License-Identifier: MIT
#include "api/routes.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

// What a target names: the path of the table, and what stands at its variables.
std::string named(const char* target) {
  const RouteMatch match = find_route(target);
  std::string text(match.entry().path);
  for (const std::string& value : {match.model, match.version, match.label}) {
    if (!value.empty()) text += " " + value;
  }
  return text;
}

TEST(Routes, FindsThePathInEveryFormOfATarget) {
  EXPECT_EQ(named("/predict"), "/predict");
  EXPECT_EQ(named("/predict?x=1"), "/predict");
  EXPECT_EQ(named("/%70redict"), "/predict");
  EXPECT_EQ(named("/predict%3Fx"), "");
  EXPECT_EQ(named("http://example.test/predict"), "/predict");
  EXPECT_EQ(named("http://example.test"), "/");
  EXPECT_EQ(named("HTTPS://example.test/predict?x=1"), "/predict");
  EXPECT_EQ(named("http://example.test?x=/predict"), "/") << "a path is not a query";
  EXPECT_EQ(named("/"), "/");
  EXPECT_EQ(named("/?a"), "/");
}

TEST(Routes, FindsModelsVersionsAndLabels) {
  EXPECT_EQ(named("/models/iris/predict"), "/models/{model}/predict iris");
  EXPECT_EQ(named("/models/iris/versions/2/predict"), "/models/{model}/predict iris 2");
  EXPECT_EQ(named("/v2/models/iris/infer"), "/v2/models/{model}/infer iris");
  EXPECT_EQ(named("/v2/models/stats"), "/v2/models/stats");
  EXPECT_EQ(named("/v2/models/stats/stats"), "/v2/models/{model}/stats stats");
  EXPECT_EQ(named("/v1/models/iris:predict"), "/v1/models/{model}:predict iris");
  EXPECT_EQ(named("/v1/models/iris"), "/v1/models/{model} iris");
  EXPECT_EQ(named("/v1/models/iris/labels/canary:regress"),
            "/v1/models/{model}:regress iris canary");
  EXPECT_EQ(named("/v1/models/a.b/versions/1"), "/v1/models/{model} a.b 1");
  EXPECT_EQ(named("/predictions/iris/3"), "/predictions/{model}/{version} iris 3");
}

TEST(Routes, DecodesNamesWithinTheirSegment) {
  EXPECT_EQ(named("/v2/models/a%20b/ready"), "/v2/models/{model}/ready a b");
  EXPECT_EQ(named("/v1/models/iris%3Apredict"), "/v1/models/{model}:predict iris");
  EXPECT_EQ(named("/v2/models/a%2Fready"), "") << "a slash in a name is none of the path's";
  EXPECT_EQ(named("/%762/models/a/ready"), "/v2/models/{model}/ready a");
}

TEST(Routes, KnowsNoOtherPaths) {
  for (const char* target : {"",
                             "*",
                             "predict",
                             "/predict/",
                             "//predict",
                             "/Predict",
                             "/predict%",
                             "/predict%2",
                             "/predict%zz",
                             "/%2570redict",
                             "/..",
                             "\xFF",
                             "%2Fpredict",
                             "http:///predict",
                             "http://a/http://b/predict",
                             "ftp://a/predict",
                             "/v2/",
                             "/v2/models//ready",
                             "/v2/models/a/infer/",
                             "/v1/models/iris:guess",
                             "AIP_PREDICT_ROUTE",
                             "/AIP_PREDICT_ROUTE"}) {
    EXPECT_EQ(find_route(target).route, 0U) << target;
  }
}

TEST(Routes, ListEveryPathOfARoute) {
  EXPECT_EQ(route_paths(find_route("/v1/models/a:predict").entry()),
            (std::vector<std::string>{"/v1/models/{model}:predict",
                                      "/v1/models/{model}/versions/{version}:predict",
                                      "/v1/models/{model}/labels/{label}:predict"}));
  EXPECT_EQ(route_paths(find_route("/v2/models/a/ready").entry()),
            (std::vector<std::string>{"/v2/models/{model}/ready",
                                      "/v2/models/{model}/versions/{version}/ready"}));
  EXPECT_EQ(route_paths(find_route("/predict").entry()), (std::vector<std::string>{"/predict"}));
}

TEST(Routes, TakesPathsOfTheOperatorsChoice) {
  const std::vector<RouteAlias> aliases{{"/score", Operation::predict, Dialect::v1},
                                        {"/predict", Operation::ready, Dialect::v1}};
  EXPECT_EQ(find_route("/score?x", aliases).entry().path, "AIP_PREDICT_ROUTE");
  EXPECT_EQ(find_route("/predict", aliases).entry().path, "AIP_HEALTH_ROUTE");
  EXPECT_EQ(find_route("/health", aliases).entry().path, "/health");
}

TEST(Routes, AnswersInTheFormOfThePathsAround) {
  EXPECT_EQ(dialect_of_path("/v2/nothing"), Dialect::oip);
  EXPECT_EQ(dialect_of_path("/v1/nothing"), Dialect::v1);
  EXPECT_EQ(dialect_of_path("/nothing"), Dialect::own);
}

TEST(Routes, ComparesMethodsWhole) {
  const RouteEntry& health = find_route("/health").entry();
  EXPECT_TRUE(allows(health, "GET"));
  EXPECT_TRUE(allows(health, "HEAD"));
  EXPECT_FALSE(allows(health, "POST"));
  EXPECT_FALSE(allows(health, "GE"));
  EXPECT_FALSE(allows(health, "get"));
  EXPECT_FALSE(allows(route_entry(0), "GET"));
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
