// SPDX-License-Identifier: MIT
#include "api/torchserve/torchserve_control.h"

#include "api/testing/asking.h"
#include "api/testing/told_control.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

class TorchServeControlTest : public ::testing::Test {
 protected:
  HttpResponse ask(std::string_view method, std::string_view target, std::string_view body = {}) {
    return asking_.ask({.method = method, .target = target, .body = body});
  }

  testing::ToldControl control_;
  testing::Asking asking_{{.version = "1.2.3"}, &control_};
};

TEST_F(TorchServeControlTest, UnloadsAModel) {
  EXPECT_EQ(ask("DELETE", "/models/rose").body, R"({"status":"Model \"rose\" unregistered"})");
  EXPECT_EQ(control_.calls, (std::vector<std::string>{"unload rose"}));
  EXPECT_EQ(ask("DELETE", "/models/rose/1.0").status, 405);
  control_.was_loaded = false;
  EXPECT_EQ(ask("DELETE", "/models/rose").status, 404);
  control_.outcome = fail(Code::not_found, "there is no model 'rose'");
  EXPECT_EQ(ask("DELETE", "/models/rose").status, 404);
}

TEST_F(TorchServeControlTest, MakesAnotherVersionAnswer) {
  EXPECT_EQ(ask("PUT", "/models/rose/3.0/set-default").status, 200);
  EXPECT_EQ(control_.calls, (std::vector<std::string>{"default rose 3"}));
  EXPECT_EQ(ask("PUT", "/models/rose/new/set-default").status, 400);
  EXPECT_EQ(ask("PUT", "/models/rose/03/set-default").status, 400);
}

TEST_F(TorchServeControlTest, LoadsWhatSageMakerNames) {
  constexpr std::string_view kBody = R"({"model_name":"iris","url":"/opt/ml/models/1/model"})";
  EXPECT_EQ(ask("POST", "/models", kBody).body, R"({"status":"Model \"iris\" loaded"})");
  EXPECT_EQ(control_.calls, (std::vector<std::string>{"add iris /opt/ml/models/1/model"}));
  control_.is_new = false;
  EXPECT_EQ(ask("POST", "/models", kBody).status, 409);
  control_.outcome = fail(Code::resource_exhausted, "no memory");
  const HttpResponse full = ask("POST", "/models", kBody);
  EXPECT_EQ(full.status, 507);
  EXPECT_EQ(full.body, R"({"code":507,"type":"InternalServerException","message":"no memory"})");
  control_.outcome = fail(Code::not_found, "no folder");
  EXPECT_EQ(ask("POST", "/models", kBody).status, 404);
  control_.outcome = fail(Code::invalid_argument, "not below");
  EXPECT_EQ(ask("POST", "/models", kBody).status, 400);
}

TEST_F(TorchServeControlTest, TellsSageMakersLoadFromTorchServesByTheBody) {
  EXPECT_EQ(ask("POST", "/models?url=iris.mar").status, 501);
  for (const char* body :
       {"{", "[]", "{}", R"({"model_name":"a"})", R"({"model_name":1,"url":""})"}) {
    EXPECT_EQ(ask("POST", "/models", body).status, 400) << body;
  }
  EXPECT_TRUE(control_.calls.empty());
}

}  // namespace
}  // namespace ml_inference
