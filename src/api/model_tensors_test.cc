// SPDX-License-Identifier: MIT
#include "api/model_tensors.h"

#include "api/testing/stumps.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ml_inference {
namespace {

// "name type columns width", one a tensor.
std::string inputs_text(const ModelTensors& tensors) {
  std::string text;
  for (const InputTensor& input : tensors.inputs()) {
    text += input.name + " " + std::string(tensor_type_name(input.type)) + " " +
            std::to_string(input.width) + ";";
  }
  return text;
}

std::string outputs_text(const ModelTensors& tensors) {
  std::string text;
  for (const OutputTensor& output : tensors.outputs()) {
    text += output.name + " " + std::string(tensor_type_name(output.type)) +
            (output.has_columns ? " " + std::to_string(output.width) : "") + ";";
  }
  return text;
}

Schema regression() {
  Schema schema;
  schema.feature_names = {"x", "y"};
  schema.input.type = NumberType::float64;
  schema.targets[0].task = Task::regression;
  return schema;
}

TEST(ModelTensors, KnowsTheProtocolsTypes) {
  for (const char* const name : {"BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16",
                                 "INT32", "INT64", "FP16", "FP32", "FP64", "BYTES"}) {
    EXPECT_EQ(tensor_type_name(parse_tensor_type(name).value()), name);
  }
  EXPECT_EQ(tensor_type_size(TensorType::float16), 2U);
  EXPECT_EQ(tensor_type_size(TensorType::bytes), 0U);
  EXPECT_FALSE(parse_tensor_type("fp32").has_value());
  EXPECT_FALSE(parse_tensor_type("").has_value());
}

TEST(ModelTensors, HasOneInputOfAllNumbers) {
  EXPECT_EQ(inputs_text({testing::iris_schema(), {}}), "input FP32 4;");
  EXPECT_EQ(inputs_text({regression(), {}}), "input FP64 2;");
}

TEST(ModelTensors, HasAnInputForEachFeatureWhereSomeHaveCategories) {
  Schema schema = regression();
  schema.categories = {{.feature = 1, .labels = {"red", "blue"}}};
  EXPECT_EQ(inputs_text({schema, {}}), "x FP64 1;y BYTES 1;");
}

TEST(ModelTensors, CallsItsOutputsAsScikitLearnCallsItsFunctions) {
  Schema schema = testing::iris_schema();
  EXPECT_EQ(outputs_text({schema, {}}), "predict BYTES;predict_proba FP64 3;");
  schema.targets[0].score_count = 3;
  EXPECT_EQ(outputs_text({schema, {}}),
            "predict BYTES;predict_proba FP64 3;decision_function FP64 3;");
  EXPECT_EQ(outputs_text({regression(), {}}), "predict FP64;");
}

TEST(ModelTensors, GivesClassesAsWhatTheyAre) {
  Schema schema = testing::iris_schema();
  schema.targets[0].class_labels = {std::int64_t{3}, std::int64_t{5}};
  EXPECT_EQ(outputs_text({schema, {}}), "predict INT64;predict_proba FP64 2;");
  schema.targets[0].class_labels = {true, false};
  EXPECT_EQ(outputs_text({schema, {}}), "predict BOOL;predict_proba FP64 2;");
  schema.targets[0].class_labels = {0.5, 1.5};
  EXPECT_EQ(outputs_text({schema, {}}), "predict FP64;predict_proba FP64 2;");
  schema.targets[0].class_labels = {std::int64_t{3}, (std::int64_t{1} << 53) + 1};
  EXPECT_EQ(outputs_text({schema, {}}), "predict BYTES;predict_proba FP64 2;");
}

TEST(ModelTensors, NumbersTheOutputsOfSeveralTargets) {
  Schema schema = testing::iris_schema();
  schema.targets.push_back(schema.targets[0]);
  EXPECT_EQ(outputs_text({schema, {}}),
            "predict BYTES 2;predict_proba_0 FP64 3;predict_proba_1 FP64 3;");
}

TEST(ModelTensors, TakesTheNamesAndTheMeaningOfAFolder) {
  const TensorNames classes{.input = "input__0", .output = "output__0"};
  const ModelTensors indices(testing::iris_schema(), classes);
  EXPECT_EQ(inputs_text(indices), "input__0 FP32 4;");
  EXPECT_EQ(outputs_text(indices), "output__0 FP32;");
  const std::vector answer{0.125, 0.25, 0.625};
  EXPECT_EQ(indices.number(indices.outputs()[0], answer, 0), 2);
  TensorNames probabilities = classes;
  probabilities.predict_probabilities = true;
  const ModelTensors shares(testing::iris_schema(), probabilities);
  EXPECT_EQ(outputs_text(shares), "output__0 FP32 3;");
  EXPECT_EQ(shares.number(shares.outputs()[0], answer, 1), 0.25);
}

TEST(ModelTensors, FollowsAThresholdOfTwoClasses) {
  Schema schema = testing::iris_schema();
  schema.targets[0].class_labels = {"no", "yes"};
  const std::vector answer{0.75, 0.25};
  const ModelTensors by_library(schema, {});
  EXPECT_EQ(by_library.text(by_library.outputs()[0], answer, 0), "no");
  const ModelTensors by_threshold(schema, {.threshold = 0.125});
  EXPECT_EQ(by_threshold.text(by_threshold.outputs()[0], answer, 0), "yes");
}

TEST(ModelTensors, ReadsAnswers) {
  Schema schema = testing::iris_schema();
  schema.targets[0].class_labels = {std::int64_t{-7}, std::int64_t{9}, std::int64_t{11}};
  const ModelTensors tensors(schema, {});
  const std::vector answer{0.125, 0.625, 0.25};
  EXPECT_EQ(tensors.number(*tensors.find_output("predict"), answer, 0), 9);
  EXPECT_EQ(tensors.number(*tensors.find_output(OutputKind::probabilities), answer, 2), 0.25);
  EXPECT_EQ(tensors.column_label(*tensors.find_output("predict_proba"), 0), "-7");
  EXPECT_EQ(tensors.column_label(*tensors.find_output("predict"), 0), "");
  EXPECT_EQ(tensors.find_output("output"), nullptr);
  EXPECT_EQ(tensors.find_output(OutputKind::scores), nullptr);
}

}  // namespace
}  // namespace ml_inference
