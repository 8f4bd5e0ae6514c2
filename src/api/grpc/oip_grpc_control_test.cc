// SPDX-License-Identifier: MIT
#include "api/grpc/oip_grpc_control.h"

#include "api/grpc/oip.pb.h"
#include "api/testing/asking.h"
#include "api/testing/told_control.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ml_inference {
namespace {

class OipGrpcControlTest : public ::testing::Test {
 protected:
  HttpResponse ask(const std::string& method, const google::protobuf::MessageLite& message) {
    const std::string target = "/inference.GRPCInferenceService/" + method;
    const std::string body = message.SerializeAsString();
    return asking_.post(target, body, "application/grpc");
  }

  testing::ToldControl control_;
  testing::Asking asking_{{.version = "1.2.3"}, &control_};
};

TEST_F(OipGrpcControlTest, LoadsAndUnloadsInTritonsForm) {
  inference::RepositoryModelLoadRequest load;
  load.set_model_name("rose");
  (*load.mutable_parameters())["config"].set_string_param("{}");
  (*load.mutable_parameters())["file:3/m.onnx"].set_bytes_param("foo");
  const HttpResponse loaded = ask("RepositoryModelLoad", load);
  EXPECT_EQ(loaded.grpc_status, 0);
  EXPECT_TRUE(loaded.body.empty());
  inference::RepositoryModelUnloadRequest unload;
  unload.set_model_name("rose");
  EXPECT_EQ(ask("RepositoryModelUnload", unload).grpc_status, 0);
  EXPECT_EQ(control_.calls,
            (std::vector<std::string>{"load rose {}", "3/m.onnx=foo", "unload rose"}));
}

TEST_F(OipGrpcControlTest, AnswersKServesFormInItsOwn) {
  inference::RepositoryModelLoadRequest load;
  load.set_repository_name("rose");
  inference::RepositoryModelLoadResponse answer;
  ASSERT_TRUE(answer.ParseFromString(ask("RepositoryModelLoad", load).body));
  EXPECT_EQ(answer.model_name(), "rose");
  EXPECT_TRUE(answer.isloaded());
  EXPECT_EQ(control_.calls, (std::vector<std::string>{"load rose "}));
}

TEST_F(OipGrpcControlTest, SaysWhatIsWrong) {
  inference::RepositoryModelLoadRequest load;
  load.set_model_name("rose");
  (*load.mutable_parameters())["x"].set_bool_param(true);
  EXPECT_EQ(ask("RepositoryModelLoad", load).grpc_status, 3);
  load.clear_parameters();
  (*load.mutable_parameters())["config"].set_bytes_param("{}");
  EXPECT_EQ(ask("RepositoryModelLoad", load).grpc_message,
            "parameter 'config' has no string_param");
  load.clear_parameters();
  (*load.mutable_parameters())["file:1/m.onnx"].set_string_param("Zm9v");
  EXPECT_EQ(ask("RepositoryModelLoad", load).grpc_message,
            "parameter 'file:1/m.onnx' has no bytes_param");
  inference::RepositoryModelUnloadRequest unload;
  unload.set_model_name("rose");
  (*unload.mutable_parameters())["x"].set_bool_param(true);
  EXPECT_EQ(ask("RepositoryModelUnload", unload).grpc_status, 3);
  unload.clear_parameters();
  EXPECT_TRUE(control_.calls.empty());
  control_.outcome = fail(Code::not_found, "there is no model 'rose'");
  const HttpResponse refused = ask("RepositoryModelUnload", unload);
  EXPECT_EQ(refused.grpc_status, 5);
  EXPECT_EQ(refused.grpc_message, "there is no model 'rose'");
}

}  // namespace
}  // namespace ml_inference
