// SPDX-License-Identifier: MIT
#include "api/oip/oip_control.h"

#include "api/testing/asking.h"
#include "api/testing/told_control.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ml_inference {
namespace {

constexpr std::string_view kLoad = "/v2/repository/models/rose/load";
constexpr std::string_view kUnload = "/v2/repository/models/rose/unload";

class OipControlTest : public ::testing::Test {
 protected:
  testing::ToldControl control_;
  testing::Asking asking_{{.version = "1.2.3"}, &control_};
};

TEST_F(OipControlTest, LoadsAndUnloads) {
  EXPECT_EQ(asking_.post(kLoad, "").body, R"({"name":"rose","load":true})");
  EXPECT_EQ(asking_.post(kUnload, R"({"parameters":{"unload_dependents":true}})").body,
            R"({"name":"rose","unload":true})");
  EXPECT_EQ(control_.calls, (std::vector<std::string>{"load rose ", "unload rose"}));
}

TEST_F(OipControlTest, HandsOverWhatIsUploaded) {
  EXPECT_EQ(
      asking_.post(kLoad, R"({"parameters":{"config":"{}","file:3/model.onnx":"Zm9v"}})").status,
      200);
  EXPECT_EQ(control_.calls, (std::vector<std::string>{"load rose {}", "3/model.onnx=foo"}));
}

TEST_F(OipControlTest, SaysWhatIsWrong) {
  const auto error = [&](std::string_view body) {
    const HttpResponse response = asking_.post(kLoad, body);
    EXPECT_EQ(response.status, 400);
    return response.body;
  };
  EXPECT_EQ(error("["), R"({"error":"the body is no JSON object such as {\"parameters\":{}}"})");
  EXPECT_EQ(error(R"({"parameters":7})"), R"({"error":"parameters is no object"})");
  EXPECT_EQ(error(R"({"params":{}})"), R"({"error":"'params' is unknown, expected parameters"})");
  EXPECT_EQ(error(R"({"parameters":{"config":7}})"),
            R"({"error":"parameter 'config' is no text"})");
  EXPECT_EQ(error(R"({"parameters":{"file:1/a":"!"}})"),
            R"({"error":"parameter 'file:1/a' is no base64"})");
  EXPECT_EQ(error(R"({"parameters":{"x":""}})"),
            R"({"error":"parameter 'x' is unknown, expected config or file:VERSION/NAME"})");
  EXPECT_TRUE(control_.calls.empty());
}

TEST_F(OipControlTest, UnloadsWhatIsNotLoadedAsTritonDoes) {
  control_.was_loaded = false;
  EXPECT_EQ(asking_.post(kUnload, "").status, 200);
}

TEST_F(OipControlTest, TellsWhyAModelDidNotLoad) {
  control_.outcome = fail(Code::not_found, "there is no model 'rose'");
  EXPECT_EQ(asking_.post(kLoad, "").status, 404);
  control_.outcome = fail(Code::unavailable, "not allowed");
  const HttpResponse response = asking_.post(kUnload, "");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, R"({"error":"not allowed"})");
}

TEST_F(OipControlTest, ListsModelsThatAreNotLoaded) {
  EXPECT_EQ(asking_.post("/v2/repository/index", "").body,
            R"([{"name":"rose","version":"4","state":"READY","reason":""},)"
            R"({"name":"tulip","version":"","state":"UNAVAILABLE","reason":""}])");
  EXPECT_EQ(asking_.post("/v2/repository/index", R"({"ready":true})").body,
            R"([{"name":"rose","version":"4","state":"READY","reason":""}])");
}

TEST_F(OipControlTest, WantsAToken) {
  asking_.live.set_tokens(TokenSet::parse("secret\n").value());
  EXPECT_EQ(asking_.post(kLoad, "").status, 401);
  EXPECT_TRUE(control_.calls.empty());
}

TEST(OipControl, IsRefusedWithoutARepository) {
  testing::Asking asking;
  EXPECT_EQ(asking.post(kLoad, "").status, 501);
}

}  // namespace
}  // namespace ml_inference
