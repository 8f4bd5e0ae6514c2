// SPDX-License-Identifier: MIT
#include "api/oip/oip_information.h"

#include "api/testing/asking.h"
#include "api/testing/stumps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ml_inference {
namespace {

using ::testing::HasSubstr;

class OipInformationTest : public ::testing::Test {
 protected:
  // Version 1 answers, version 2 is broken; another model is not there yet.
  void publish() {
    CatalogModel iris;
    iris.name = "iris";
    iris.versions = {{.number = 1,
                      .state = VersionState::available,
                      .model = testing::make_stumps(testing::iris_schema())},
                     {.number = 2, .state = VersionState::failed, .reason = "damaged"}};
    CatalogModel rose;
    rose.name = "rose";
    rose.versions = {{.state = VersionState::loading}};
    rose.is_required = false;
    asking_.readiness.publish(ModelCatalog({iris, rose}));
  }

  std::string body_of(std::string_view target, int status = 200) {
    const HttpResponse response = asking_.get(target);
    EXPECT_EQ(response.status, status) << target;
    return response.body;
  }

  testing::Asking asking_;
};

TEST_F(OipInformationTest, TellsOfTheServer) {
  EXPECT_EQ(body_of("/v2"), R"({"name":"ml-inference","version":"1.2.3","extensions":)"
                            R"(["binary_tensor_data","classification","statistics",)"
                            R"("model_repository"]})");
  EXPECT_EQ(body_of("/v2/health/live"), R"({"live":true})");
  EXPECT_EQ(body_of("/v2/health/ready", 503), R"({"ready":false})");
  EXPECT_EQ(body_of("/v2/models"), R"({"models":[]})");
  EXPECT_EQ(body_of("/v2/models/iris", 503), R"({"error":"starting"})");
  publish();
  EXPECT_EQ(body_of("/v2/health/ready"), R"({"ready":true})");
  EXPECT_EQ(body_of("/v2/models"), R"({"models":["iris","rose"]})");
}

TEST_F(OipInformationTest, TellsOfAModel) {
  publish();
  EXPECT_EQ(body_of("/v2/models/iris"),
            R"({"name":"iris","versions":["1"],"platform":"ml-inference_test","inputs":)"
            R"([{"name":"input","datatype":"FP32","shape":[-1,4]}],"outputs":)"
            R"([{"name":"predict","datatype":"BYTES","shape":[-1]},)"
            R"({"name":"predict_proba","datatype":"FP64","shape":[-1,3]}]})");
  EXPECT_EQ(body_of("/v2/models/iris/versions/1"), body_of("/v2/models/iris"));
  EXPECT_EQ(body_of("/v2/models/iris/versions/2", 503),
            R"({"error":"model 'iris' version 2 is failed: damaged"})");
  EXPECT_EQ(body_of("/v2/models/iris/versions/3", 404),
            R"({"error":"model 'iris' has no version 3"})");
  EXPECT_THAT(body_of("/v2/models/iris/config"),
              HasSubstr(R"("input":[{"name":"input","data_type":"TYPE_FP32","dims":[4]}])"));
  EXPECT_THAT(body_of("/v2/models/iris/config"),
              HasSubstr(R"({"name":"predict","data_type":"TYPE_STRING","dims":[1]})"));
}

TEST_F(OipInformationTest, TellsWhetherAModelAnswers) {
  publish();
  EXPECT_EQ(body_of("/v2/models/iris/ready"), R"({"name":"iris","ready":true})");
  EXPECT_EQ(body_of("/v2/models/iris/versions/2/ready", 503), R"({"name":"iris","ready":false})");
  EXPECT_EQ(body_of("/v2/models/rose/ready", 503), R"({"name":"rose","ready":false})");
  EXPECT_EQ(body_of("/v2/models/tulip/ready", 404), R"({"error":"there is no model 'tulip'"})");
}

TEST_F(OipInformationTest, ListsTheVersionsAndTheirStates) {
  publish();
  EXPECT_EQ(asking_.post("/v2/repository/index", "").body,
            R"([{"name":"iris","version":"1","state":"READY","reason":""},)"
            R"({"name":"iris","version":"2","state":"UNAVAILABLE","reason":"damaged"},)"
            R"({"name":"rose","version":"1","state":"LOADING","reason":""}])");
  EXPECT_EQ(asking_.post("/v2/repository/index", R"({"ready":true})").body,
            R"([{"name":"iris","version":"1","state":"READY","reason":""}])");
  EXPECT_EQ(asking_.post("/v2/repository/index", R"({"ready":1})").status, 400);
  EXPECT_EQ(asking_.post("/v2/repository/index", "[").status, 400);
}

TEST_F(OipInformationTest, CountsForEachVersionThatAnswers) {
  publish();
  const std::string all = body_of("/v2/models/stats");
  EXPECT_THAT(all,
              HasSubstr(R"({"model_stats":[{"name":"iris","version":"1","last_inference":0,)"));
  EXPECT_EQ(body_of("/v2/models/iris/stats"), all);
  EXPECT_EQ(body_of("/v2/models/iris/versions/1/stats"), all);
  EXPECT_EQ(body_of("/v2/models/iris/versions/2/stats"), R"({"model_stats":[]})");
  EXPECT_EQ(body_of("/v2/models/tulip/stats", 404), R"({"error":"there is no model 'tulip'"})");
}

}  // namespace
}  // namespace ml_inference
