// SPDX-License-Identifier: MIT
#include "api/torchserve/torchserve_dialect.h"

#include "api/testing/asking.h"
#include "api/testing/stumps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ml_inference {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kTarget = "/predictions/iris";

class TorchServeDialectTest : public ::testing::Test {
 protected:
  TorchServeDialectTest() {
    CatalogModel iris{.name = "iris"};
    for (const std::int64_t number : {1, 2}) {
      iris.versions.push_back({.number = number,
                               .state = VersionState::available,
                               .model = testing::make_stumps(testing::iris_schema())});
    }
    CatalogModel rose = iris;
    rose.name = "rose";
    asked.readiness.publish(ModelCatalog({std::move(iris), std::move(rose)}));
  }

  std::string body(std::string_view request, int status = 200) {
    const HttpResponse response = asked.post(kTarget, request, "application/x-www-form-urlencoded");
    EXPECT_EQ(response.status, status) << response.body;
    return response.body;
  }

  testing::Asking asked;
};

TEST_F(TorchServeDialectTest, AnswersBareRowsWithBarePredictions) {
  EXPECT_EQ(body("[5.1,3.5,1.4,0.2]"), R"("setosa")");
  EXPECT_EQ(body("[[5.1,3.5,1.4,0.2],[1,2,3,4]]"), R"(["setosa","versicolor"])");
  EXPECT_EQ(body(R"({"data":[5.1,3.5,1.4,0.2]})"), R"("setosa")");
  EXPECT_EQ(body(R"({"instances":[[5.1,3.5,1.4,0.2]]})"), R"(["setosa"])");
  EXPECT_EQ(body(R"({"sepal length":1,"sepal width":1,"petal length":3,"petal width":1})"),
            R"("versicolor")");
  EXPECT_EQ(asked.post("/predictions/iris/2", "[5.1,3.5,1.4,0.2]").body, R"("setosa")");
}

TEST_F(TorchServeDialectTest, RefusesInTorchServesForm) {
  EXPECT_EQ(body("", 400), R"({"code":400,"type":"BadRequestException","message":"the body is )"
                           R"(empty, expected JSON"})");
  EXPECT_EQ(body("[1,2,3]", 400),
            R"({"code":400,"type":"BadRequestException","message":"data: List should have at )"
            R"(least 4 items after validation, not 3"})");
  EXPECT_EQ(asked.post("/predictions/x", "[]").body,
            R"({"code":404,"type":"ResourceNotFoundException","message":"there is no model 'x'"})");
  EXPECT_EQ(asked.post("/explanations/iris", "[]").status, 501);
}

TEST_F(TorchServeDialectTest, ListsModels) {
  const std::string file(testing::make_stumps(testing::iris_schema())->name());
  EXPECT_EQ(asked.get("/models").body, R"({"models":[{"modelName":"iris","modelUrl":")" + file +
                                           R"("},{"modelName":"rose","modelUrl":")" + file +
                                           R"("}]})");
  EXPECT_EQ(
      asked.get("/models?limit=1").body,
      R"({"nextPageToken":"1","models":[{"modelName":"iris","modelUrl":")" + file + R"("}]})");
  EXPECT_EQ(asked.get("/models?limit=1&next_page_token=1").body,
            R"({"models":[{"modelName":"rose","modelUrl":")" + file + R"("}]})");
  EXPECT_EQ(asked.get("/models?next_page_token=9").body, R"({"models":[]})");
  EXPECT_EQ(asked.get("/models?limit=x").status, 400);
}

TEST_F(TorchServeDialectTest, DescribesAModelAndItsVersions) {
  const std::string newest = asked.get("/models/iris").body;
  EXPECT_THAT(newest, HasSubstr(R"([{"modelName":"iris","modelVersion":"2","modelUrl":"stumps",)"
                                R"("engine":"test","runtime":"ml-inference","status":"READY")"));
  EXPECT_EQ(asked.get("/models/iris/2").body, newest);
  EXPECT_THAT(asked.get("/models/iris/all").body, HasSubstr(R"("modelVersion":"1")"));
  EXPECT_EQ(asked.get("/models/iris/3").status, 404);
  EXPECT_EQ(asked.get("/models/x").status, 404);
  testing::Asking empty;
  EXPECT_EQ(empty.get("/models/x").status, 503);
  EXPECT_EQ(empty.get("/models").body, R"({"models":[]})");
}

TEST_F(TorchServeDialectTest, ChangesNothingWithoutARepository) {
  for (const char* method : {"PUT", "DELETE"}) {
    const HttpResponse response = asked.ask({.method = method, .target = "/models/iris"});
    EXPECT_EQ(response.status, 405) << method << ", as TorchServe without its model API";
    EXPECT_EQ(response.allow, "GET, HEAD");
  }
  EXPECT_EQ(asked.post("/models?url=x", "").status, 405);
}

TEST_F(TorchServeDialectTest, ShowsTheIndexToOptions) {
  const HttpResponse response = asked.ask({.method = "OPTIONS", .target = "/"});
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr(R"("endpoints":[)"));
}

}  // namespace
}  // namespace ml_inference
