// SPDX-License-Identifier: MIT
#include "api/upload_parameter.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

TEST(UploadParameter, IsKnownByItsName) {
  using enum UploadParameter::Kind;
  EXPECT_EQ(parse_upload_parameter("config")->kind, config);
  EXPECT_EQ(parse_upload_parameter("unload_dependents")->kind, dependents);
  EXPECT_EQ(parse_upload_parameter("file:3/m.onnx")->kind, file);
  EXPECT_EQ(parse_upload_parameter("file:3/m.onnx")->file, "3/m.onnx");
  EXPECT_EQ(parse_upload_parameter("fil\n").error().message,
            "parameter 'fil\\n' is unknown, expected config or file:VERSION/NAME");
}

}  // namespace
}  // namespace ml_inference
