// SPDX-License-Identifier: MIT
#include "api/oip/oip_dialect.h"

#include "api/limits.h"
#include "api/testing/asking.h"
#include "api/testing/stumps.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kInfer = "/v2/models/iris/infer";

template <class Element>
std::string bytes_of(const std::vector<Element>& elements) {
  std::string bytes(elements.size() * sizeof(Element), '\0');
  std::memcpy(bytes.data(), elements.data(), bytes.size());
  return bytes;
}

// {"inputs":[...], more}
std::string with_inputs(std::string_view inputs, std::string_view more = "") {
  return fmt::format(R"({{"inputs":[{}]{}}})", inputs, more);
}

constexpr std::string_view kSetosa =
    R"({"name":"input","shape":[1,4],"datatype":"FP32","data":[5.1,3.5,1.4,0.2]})";

class OipDialectTest : public ::testing::Test {
 protected:
  OipDialectTest() {
    asking_.readiness.publish("iris", testing::make_stumps(testing::iris_schema()));
  }

  HttpResponse infer(std::string_view body) { return asking_.post(kInfer, body); }

  HttpResponse infer_binary(std::string_view json, std::string_view binary) {
    const std::string body = std::string(json) + std::string(binary);
    const std::string size = std::to_string(json.size());
    return asking_.ask({.method = "POST",
                        .target = kInfer,
                        .content_type = "application/octet-stream",
                        .body = body,
                        .json_size = size});
  }

  std::string error(std::string_view body) {
    const HttpResponse response = infer(body);
    EXPECT_EQ(response.status, 400) << response.body;
    return response.body;
  }

  testing::Asking asking_;
};

TEST_F(OipDialectTest, AnswersWithAllOutputs) {
  const HttpResponse response = infer(with_inputs(kSetosa, R"(,"id":"seven\"")"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body,
            R"({"model_name":"iris","model_version":"1","id":"seven\"","outputs":[)"
            R"({"name":"predict","datatype":"BYTES","shape":[1],"data":["setosa"]},)"
            R"({"name":"predict_proba","datatype":"FP64","shape":[1,3],"data":[1.0,0.0,0.0]}]})");
  EXPECT_EQ(response.prediction_count, 1U);
  EXPECT_EQ(response.json_size, 0U);
}

TEST_F(OipDialectTest, AnswersWithTheOutputsThatAreWanted) {
  const HttpResponse response = infer(with_inputs(kSetosa, R"(,"outputs":[{"name":"predict"}])"));
  EXPECT_EQ(response.body,
            R"({"model_name":"iris","model_version":"1","outputs":[)"
            R"({"name":"predict","datatype":"BYTES","shape":[1],"data":["setosa"]}]})");
  EXPECT_THAT(infer(with_inputs(kSetosa, R"(,"outputs":[{"name":"predict_proba",)"
                                         R"("parameters":{"classification":1}}])"))
                  .body,
              HasSubstr(R"("datatype":"BYTES","shape":[1,1],"data":["1.000000:0:setosa"])"));
}

TEST_F(OipDialectTest, AnswersByOneVersion) {
  EXPECT_EQ(asking_.post("/v2/models/iris/versions/1/infer", with_inputs(kSetosa)).status, 200);
  const HttpResponse other = asking_.post("/v2/models/iris/versions/2/infer", with_inputs(kSetosa));
  EXPECT_EQ(other.status, 404);
  EXPECT_EQ(other.body, R"({"error":"model 'iris' has no version 2"})");
  EXPECT_EQ(asking_.post("/v2/models/rose/infer", "").status, 404);
}

TEST_F(OipDialectTest, TakesAndGivesBinaryTensors) {
  const std::string row = bytes_of(std::vector<float>{5.1F, 3.5F, 1.4F, 0.2F});
  const HttpResponse response =
      infer_binary(R"({"inputs":[{"name":"i","shape":[1,4],"datatype":"FP32","parameters":)"
                   R"({"binary_data_size":16}}],"parameters":{"binary_data_output":true}})",
                   row);
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.content_type, "application/octet-stream");
  const std::string json =
      R"({"model_name":"iris","model_version":"1","outputs":[)"
      R"({"name":"predict","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":10}},)"
      R"({"name":"predict_proba","datatype":"FP64","shape":[1,3],)"
      R"("parameters":{"binary_data_size":24}}]})";
  EXPECT_EQ(response.json_size, json.size());
  EXPECT_EQ(response.body,
            json + std::string("\x06\0\0\0setosa", 10) + bytes_of(std::vector<double>{1, 0, 0}));
}

TEST_F(OipDialectTest, GivesBinaryOutputsOneByOne) {
  const HttpResponse response =
      infer(with_inputs(kSetosa, R"(,"outputs":[{"name":"predict"},)"
                                 R"({"name":"predict_proba","parameters":{"binary_data":true}}])"));
  EXPECT_THAT(response.body, HasSubstr(R"("data":["setosa"]},)"));
  EXPECT_EQ(response.body.size(), response.json_size + 24);
}

TEST_F(OipDialectTest, TakesRowsWithoutAnyJson) {
  const std::string rows =
      bytes_of(std::vector<float>{5.1F, 3.5F, 1.4F, 0.2F, 6.0F, 3.0F, 5.0F, 2.0F});
  const HttpResponse response = infer_binary("", rows);
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.prediction_count, 2U);
  EXPECT_GT(response.json_size, 0U);
  EXPECT_EQ(infer_binary("", rows.substr(1)).body,
            R"({"error":"the body has 31 bytes, expected rows of 16: 4 times FP32"})");
}

TEST_F(OipDialectTest, SaysWhereTheJsonIsWrong) {
  EXPECT_THAT(error("{"), HasSubstr(R"({"error":"the JSON is broken at byte 1: )"));
  EXPECT_EQ(error("[]"), R"({"error":"the body is no object"})");
  EXPECT_EQ(error("{}"), R"({"error":"inputs is missing"})");
  EXPECT_EQ(error(R"({"inputs":7})"), R"({"error":"inputs is no list"})");
  EXPECT_EQ(error(R"({"inputs":[]})"), R"({"error":"there is no input tensor"})");
  EXPECT_EQ(error(R"({"inputs":[],"ouputs":[]})"),
            R"({"error":"'ouputs' is unknown, expected id, parameters, inputs, outputs"})");
  EXPECT_EQ(error(R"({"id":7,"inputs":[]})"), R"({"error":"id is no text"})");
  EXPECT_EQ(error(R"({"inputs":[{}]})"), R"({"error":"an input has no name"})");
  EXPECT_EQ(error(R"({"inputs":[{"name":"i"}]})"), R"({"error":"input 'i' has no shape"})");
  EXPECT_EQ(error(R"({"inputs":[{"name":"i","shape":[1.5]}]})"),
            R"({"error":"a size of a shape is no whole number from 0 to 2^53-1"})");
  EXPECT_EQ(error(R"({"inputs":[{"name":"i","shape":[1],"datatype":"float"}]})"),
            R"({"error":"input 'i' has the datatype 'float', expected BOOL, UINT8 to UINT64, )"
            R"(INT8 to INT64, FP16 to FP64 or BYTES"})");
  EXPECT_EQ(error(R"({"inputs":[{"name":"i","shape":[1],"datatype":"FP32"}]})"),
            R"({"error":"input 'i' has no data, expected data, or binary_data_size and bytes )"
            R"(behind the JSON"})");
  EXPECT_EQ(error(R"({"inputs":[{"name":"i","shape":[1],"datatype":"FP32","dat":[]}]})"),
            R"({"error":"'dat' is unknown in an input, expected name, shape, datatype, )"
            R"(parameters, data"})");
  EXPECT_EQ(
      error(R"({"inputs":[{"name":"i","shape":[1],"datatype":"FP32","data":[1],"data":[2]}]})"),
      R"({"error":"'data' stands twice in an input"})");
  EXPECT_EQ(error(R"({"inputs":[],"inputs":[]})"),
            R"({"error":"'inputs' stands twice in the body"})");
  EXPECT_EQ(error(R"({"inputs":[{"name":"i","shape":[1],"datatype":"FP32",)"
                  R"("parameters":{"shared_memory_region":"a"}}]})"),
            R"({"error":"this server reads no tensors from shared memory"})");
}

TEST_F(OipDialectTest, SaysWhichOutputIsWrong) {
  EXPECT_EQ(error(with_inputs(kSetosa, R"(,"outputs":[{"name":"predict",)"
                                       R"("parameters":{"shared_memory_region":"a"}}])")),
            R"({"error":"this server writes no tensors to shared memory"})");
  EXPECT_EQ(error(with_inputs(kSetosa, R"(,"outputs":[{"name":"p"}])")),
            R"({"error":"output 'p' is unknown, expected predict, predict_proba"})");
  EXPECT_EQ(error(with_inputs(kSetosa, R"(,"outputs":[{"name":"predict"},{"name":"predict"}])")),
            R"({"error":"output 'predict' stands twice"})");
  EXPECT_EQ(error(with_inputs(
                kSetosa, R"(,"outputs":[{"name":"predict","parameters":{"classification":1}}])")),
            R"({"error":"output 'predict' holds texts, and no values to choose classes by"})");
}

TEST_F(OipDialectTest, SaysWhereBytesAndJsonDisagree) {
  constexpr std::string_view kJson = R"({"inputs":[{"name":"i","shape":[1,4],"datatype":"FP32",)"
                                     R"("parameters":{"binary_data_size":16}}]})";
  EXPECT_EQ(infer_binary(kJson, "1234567").body,
            R"({"error":"input 'i' has binary_data_size 16, 7 bytes are left"})");
  EXPECT_EQ(infer_binary(kJson, std::string(17, '\0')).body,
            R"({"error":"1 bytes follow the tensors of the binary part"})");
  const HttpResponse beyond =
      asking_.ask({.method = "POST", .target = kInfer, .body = "{}", .json_size = "3"});
  EXPECT_EQ(beyond.body,
            R"({"error":"Inference-Header-Content-Length is '3', expected a number up )"
            R"(to the body's 2 bytes"})");
  EXPECT_EQ(beyond.status, 400);
}

TEST_F(OipDialectTest, SaysWhichValuesTheModelRefuses) {
  const std::string body =
      with_inputs(R"({"name":"input","shape":[1,4],"datatype":"FP32","data":[5.1,"x",1.4,null]})");
  EXPECT_EQ(
      error(body),
      R"~({"error":"inputs.input.0.sepal width: Input should be a valid number (and 1 more)"})~");
}

TEST_F(OipDialectTest, CountsWhatItWasAsked) {
  static_cast<void>(infer(with_inputs(kSetosa)));
  static_cast<void>(infer("{}"));
  const HttpResponse response = asking_.get("/v2/models/iris/stats");
  EXPECT_THAT(response.body, HasSubstr(R"("inference_count":1,"execution_count":1)"));
  EXPECT_THAT(response.body, HasSubstr(R"("fail":{"count":1,"ns":)"));
}

// What is admitted to memory by the estimate is what reading and writing may take.
TEST_F(OipDialectTest, EstimatesItsMemoryFromTheBodyAlone) {
  const SpokenModel model({.name = "iris"},
                          {.model = testing::make_stumps(testing::iris_schema())});
  const OipDialect dialect;
  const std::string small(64, '1');
  const std::string large(1 << 20, '1');
  const auto size_of = [&](std::string_view body) {
    return dialect.memory_size_max(
        {.model = model, .route = route_entry(0), .json_size = "0", .body = body});
  };
  EXPECT_LT(size_of(small), 100'000U);
  EXPECT_GT(size_of(large), large.size() * sizeof(double));
}

// A body of the greatest default size fits into the default budget, 32 MiB.
TEST_F(OipDialectTest, CountsAValueOfATensorOnceHoweverItIsSent) {
  const SpokenModel model({.name = "iris"},
                          {.model = testing::make_stumps(testing::iris_schema())});
  const OipDialect dialect;
  const auto size_of = [&](std::string_view body, std::string_view json_size) {
    return dialect.memory_size_max(
        {.model = model, .route = route_entry(0), .json_size = json_size, .body = body});
  };
  const std::string bytes(1 << 20, ',');
  EXPECT_LT(size_of(bytes, "100"), 24U << 20U);
  EXPECT_GT(size_of(bytes, ""), 80U << 20U);
  EXPECT_LT(size_of(bytes, "2000000"), 8U << 20U) << "is refused before it is read";
  std::string numbers = "[";
  while (numbers.size() < bytes.size()) numbers += "0.12345,";
  EXPECT_LT(size_of(numbers, ""), 24U << 20U);
}

}  // namespace
}  // namespace ml_inference
