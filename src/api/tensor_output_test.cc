// SPDX-License-Identifier: MIT
#include "api/tensor_output.h"

#include "api/testing/stumps.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

SpokenModel speak(const Schema& schema) {
  CatalogModel model;
  model.name = "iris";
  const ModelVersion version{.model = testing::make_stumps(schema)};
  return SpokenModel(model, version);
}

const std::vector<double> kAnswers{0.125, 0.625, 0.25, 1, 0, 0};  // two rows of three classes

TEST(TensorOutput, WritesClassesAndNumbersAsJson) {
  const SpokenModel model = speak(testing::iris_schema());
  std::string out;
  append_json_elements(out, {.tensor = model.tensors.find_output("predict")}, model, kAnswers);
  EXPECT_EQ(out, R"("versicolor","setosa")");
  out.clear();
  append_json_elements(out, {.tensor = model.tensors.find_output("predict_proba")}, model,
                       kAnswers);
  EXPECT_EQ(out, "0.125,0.625,0.25,1.0,0.0,0.0");
}

TEST(TensorOutput, WritesWhatJsonHasNoNumberForAsText) {
  const SpokenModel model = speak(testing::iris_schema());
  const std::vector<double> odd{std::numeric_limits<double>::quiet_NaN(),
                                std::numeric_limits<double>::infinity(), 0};
  std::string out;
  append_json_elements(out, {.tensor = model.tensors.find_output("predict_proba")}, model, odd);
  EXPECT_EQ(out, R"("NaN","Infinity",0.0)");
}

TEST(TensorOutput, WritesSinglePrecisionWithItsOwnDigits) {
  CatalogModel model;
  model.tensor_names = {.output = "out", .predict_probabilities = true};
  const SpokenModel spoken(model, {.model = testing::make_stumps(testing::iris_schema())});
  const std::vector<double> tenths{0.1, 0.2, 1e30};
  std::string out;
  append_json_elements(out, {.tensor = spoken.tensors.find_output("out")}, spoken, tenths);
  EXPECT_EQ(out, "0.1,0.2,1e+30");
}

TEST(TensorOutput, WritesRawElementsOfTheSizeThatItSays) {
  const SpokenModel model = speak(testing::iris_schema());
  for (const char* const name : {"predict", "predict_proba"}) {
    const WantedOutput output{.tensor = model.tensors.find_output(name)};
    std::string out;
    append_raw(out, output, model, kAnswers);
    EXPECT_EQ(out.size(), raw_size(output, model, kAnswers)) << name;
  }
  std::string texts;
  append_raw(texts, {.tensor = model.tensors.find_output("predict")}, model, kAnswers);
  EXPECT_EQ(texts, std::string("\x0A\0\0\0versicolor\x06\0\0\0setosa", 24));
  std::string numbers;
  append_raw(numbers, {.tensor = model.tensors.find_output("predict_proba")}, model, kAnswers);
  EXPECT_EQ(std::memcmp(numbers.data(), kAnswers.data(), numbers.size()), 0);
}

TEST(TensorOutput, WritesWholeNumbersAndTruths) {
  Schema schema = testing::iris_schema();
  schema.targets[0].class_labels = {std::int64_t{-1}, std::int64_t{5}, std::int64_t{6}};
  const SpokenModel whole = speak(schema);
  std::string out;
  append_json_elements(out, {.tensor = whole.tensors.find_output("predict")}, whole, kAnswers);
  EXPECT_EQ(out, "5,-1");
  out.clear();
  append_raw(out, {.tensor = whole.tensors.find_output("predict")}, whole, kAnswers);
  EXPECT_EQ(out, std::string("\x05\0\0\0\0\0\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 16));
  schema.targets[0].class_labels = {false, true};
  const SpokenModel truth = speak(schema);
  const std::vector<double> two{0.25, 0.75, 1, 0};
  out.clear();
  append_json_elements(out, {.tensor = truth.tensors.find_output("predict")}, truth, two);
  EXPECT_EQ(out, "true,false");
  out.clear();
  append_raw(out, {.tensor = truth.tensors.find_output("predict")}, truth, two);
  EXPECT_EQ(out, std::string("\1\0", 2));
}

TEST(TensorOutput, NamesTheBestClassesFirst) {
  const SpokenModel model = speak(testing::iris_schema());
  const WantedOutput output{.tensor = model.tensors.find_output("predict_proba"), .class_count = 2};
  EXPECT_EQ(wanted_type(output), TensorType::bytes);
  EXPECT_EQ(wanted_shape(output, 2), (std::vector<std::int64_t>{2, 2}));
  std::string out;
  append_json_elements(out, output, model, kAnswers);
  EXPECT_EQ(out, R"("0.625000:1:versicolor","0.250000:2:virginica",)"
                 R"("1.000000:0:setosa","0.000000:1:versicolor")");
  std::string raw;
  append_raw(raw, output, model, kAnswers);
  EXPECT_EQ(raw.size(), raw_size(output, model, kAnswers));
}

TEST(TensorOutput, HasTheShapeOfItsRows) {
  const SpokenModel model = speak(testing::iris_schema());
  EXPECT_EQ(wanted_shape({.tensor = model.tensors.find_output("predict")}, 7),
            (std::vector<std::int64_t>{7}));
  EXPECT_EQ(wanted_shape({.tensor = model.tensors.find_output("predict_proba")}, 7),
            (std::vector<std::int64_t>{7, 3}));
  EXPECT_EQ(
      wanted_shape({.tensor = model.tensors.find_output("predict_proba"), .class_count = 9}, 7),
      (std::vector<std::int64_t>{7, 3}));
}

}  // namespace
}  // namespace ml_inference
