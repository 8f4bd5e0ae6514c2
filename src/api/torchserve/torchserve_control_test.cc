// SPDX-License-Identifier: MIT
#include "api/torchserve/torchserve_control.h"

#include "api/testing/asking.h"
#include "api/testing/told_control.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

class TorchServeControlTest : public ::testing::Test {
 protected:
  HttpResponse ask(std::string_view method, std::string_view target) {
    return asking_.ask({.method = method, .target = target});
  }

  testing::ToldControl control_;
  testing::Asking asking_{{.version = "1.2.3"}, &control_};
};

TEST_F(TorchServeControlTest, UnloadsAModel) {
  EXPECT_EQ(ask("DELETE", "/models/rose").body, R"({"status":"Model \"rose\" unregistered"})");
  EXPECT_EQ(control_.calls, (std::vector<std::string>{"unload rose"}));
  EXPECT_EQ(ask("DELETE", "/models/rose/1.0").status, 501);
  control_.outcome = fail(Code::not_found, "there is no model 'rose'");
  EXPECT_EQ(ask("DELETE", "/models/rose").status, 404);
}

TEST_F(TorchServeControlTest, MakesAnotherVersionAnswer) {
  EXPECT_EQ(ask("PUT", "/models/rose/3.0/set-default").status, 200);
  EXPECT_EQ(control_.calls, (std::vector<std::string>{"default rose 3"}));
  EXPECT_EQ(ask("PUT", "/models/rose/new/set-default").status, 400);
}

}  // namespace
}  // namespace ml_inference
