// SPDX-License-Identifier: MIT
#include "formats/onnx/values.h"

#include "formats/format_error.h"
#include "formats/onnx/onnx.pb.h"
#include "formats/onnx/testing/onnx_files.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ml_inference {
namespace {

using onnx::TensorProto;

template <class Use>
std::string refusal_in(const Use& use) {
  try {
    use();
  } catch (const FormatError& refusal) {
    return refusal.error.message;
  }
  return "taken";
}

std::vector<double> values_of(const TensorProto& tensor) {
  const std::string bytes = tensor.SerializeAsString();
  OnnxMemory memory(bytes.size());
  const OnnxNumbers numbers(OnnxTensorFields(bytes), "t", memory);
  std::vector<double> out;
  for (std::size_t index = 0; index < numbers.size(); ++index) out.push_back(numbers[index]);
  return out;
}

TensorProto tensor_of(TensorProto::DataType type, std::int64_t size) {
  TensorProto tensor;
  tensor.set_data_type(type);
  tensor.add_dims(size);
  return tensor;
}

TEST(OnnxNumbers, ReadsAllFourWaysInWhichATensorKeepsNumbers) {
  const float floats[] = {0.5F, -2};
  const double doubles[] = {0.1, -2};
  TensorProto raw_floats = tensor_of(TensorProto::FLOAT, 2);
  raw_floats.set_raw_data(floats, sizeof(floats));
  EXPECT_EQ(values_of(raw_floats), (std::vector<double>{0.5, -2}));
  TensorProto raw_doubles = tensor_of(TensorProto::DOUBLE, 2);
  raw_doubles.set_raw_data(doubles, sizeof(doubles));
  EXPECT_EQ(values_of(raw_doubles), (std::vector<double>{0.1, -2}));
  TensorProto listed_floats = tensor_of(TensorProto::FLOAT, 1);
  listed_floats.add_float_data(0.25F);
  EXPECT_EQ(values_of(listed_floats), std::vector<double>{0.25});
  TensorProto listed_doubles = tensor_of(TensorProto::DOUBLE, 1);
  listed_doubles.add_double_data(0.1);
  EXPECT_EQ(values_of(listed_doubles), std::vector<double>{0.1});
}

TEST(OnnxNumbers, RefusesASizeThatContradictsItself) {
  TensorProto tensor = tensor_of(TensorProto::DOUBLE, 3);
  tensor.set_raw_data(std::string(16, '\0'));
  EXPECT_EQ(refusal_in([&] { values_of(tensor); }), "onnx: t has 2 values, expected 3");
  tensor.set_raw_data(std::string(17, '\0'));
  EXPECT_EQ(refusal_in([&] { values_of(tensor); }),
            "onnx: t has 17 bytes, expected a multiple of 8");
  tensor.set_dims(0, -1);
  tensor.set_raw_data("");
  EXPECT_EQ(refusal_in([&] { values_of(tensor); }), "onnx: t has 0 values, expected -1");
}

TEST(OnnxNumbers, RefusesOtherTypesShapesAndPlaces) {
  TensorProto tensor = tensor_of(TensorProto::INT64, 1);
  EXPECT_EQ(refusal_in([&] { values_of(tensor); }),
            "onnx: t has data type 7, expected 1 (float) or 11 (double)");
  tensor = tensor_of(TensorProto::FLOAT, 1);
  tensor.add_float_data(1);
  tensor.add_dims(1);
  EXPECT_EQ(refusal_in([&] { values_of(tensor); }), "onnx: t has 2 dimensions, expected at most 1");
  tensor.set_data_location(1);
  EXPECT_EQ(refusal_in([&] { values_of(tensor); }),
            "onnx: t lies in another file, expected it in this one");
}

// A node as the file has it, with what its attributes point to.
struct Written {
  explicit Written(const onnx::NodeProto& message)
      : bytes(message.SerializeAsString()), memory(bytes.size()), node(bytes, memory) {}

  std::string bytes;
  OnnxMemory memory;
  OnnxNode node;
};

TEST(OnnxNumbers, ReadsFloatsThatDoNotStandSideBySide) {
  // Two alone, two packed, one alone; field 7 of an attribute.
  const std::string one("\x3D\x00\x00\x80\x3F", 5);
  const std::string name("\x0A\x01v", 3);
  const std::string packed("\x3A\x08\x00\x00\x00\x40\x00\x00\x40\x40", 10);
  for (const std::string& bytes : {one + one + packed + one, one + name + one + packed + one}) {
    OnnxMemory memory(bytes.size());
    const OnnxNumbers numbers(bytes, 7, sizeof(float), memory);
    std::vector<double> out;
    for (std::size_t index = 0; index < numbers.size(); ++index) out.push_back(numbers[index]);
    EXPECT_EQ(out, (std::vector<double>{1, 1, 2, 3, 1}));
    EXPECT_EQ(memory.left(), onnx_memory_max(bytes.size()) - 5 * sizeof(float));
  }
}

TEST(OnnxNumbers, TakesNoMemoryForNumbersAtEvenDistances) {
  const std::string bytes("\x3D\x00\x00\x80\x3F\x3D\x00\x00\x00\x40", 10);
  OnnxMemory memory(bytes.size());
  const OnnxNumbers numbers(bytes, 7, sizeof(float), memory);
  EXPECT_EQ(numbers[1], 2);
  EXPECT_EQ(memory.left(), onnx_memory_max(bytes.size()));
}

TEST(OnnxAttributes, GivesWhatIsThereAndTheOtherwiseForWhatIsNot) {
  onnx::NodeProto node;
  testing::set_integer(node, "axis", 1);
  testing::set_text(node, "mode", "NONE");
  testing::set_integers(node, "ids", {3, 4});
  const Written written(node);
  const OnnxAttributes attributes(written.node, "node 0 'Cast'");
  EXPECT_EQ(attributes.integer("axis", 0), 1);
  EXPECT_EQ(attributes.integer("to", 7), 7);
  EXPECT_EQ(attributes.text("mode", ""), "NONE");
  EXPECT_EQ(attributes.integers("ids").size(), 2);
  EXPECT_TRUE(attributes.texts("names").empty());
  EXPECT_EQ(attributes.numbers("values").size(), 0);
}

TEST(OnnxAttributes, RefusesAListOfAxesThatIsLong) {
  onnx::NodeProto node;
  testing::set_integers(node, "axes", std::vector<std::int64_t>(70'000, 1));
  const Written written(node);
  const OnnxAttributes attributes(written.node, "node 0 'Squeeze'");
  EXPECT_EQ(attributes.integers("axes").size(), 70'000);
  EXPECT_EQ(refusal_in([&] { static_cast<void>(attributes.short_integers("axes")); }),
            "onnx: node 0 'Squeeze': axes has 70000 values, expected at most 65536");
}

TEST(OnnxAttributes, RefusesAnotherTypeThanAskedFor) {
  onnx::NodeProto node;
  testing::set_text(node, "axis", "1");
  const Written written(node);
  const OnnxAttributes attributes(written.node, "node 0 'Concat'");
  EXPECT_EQ(refusal_in([&] { static_cast<void>(attributes.integer("axis", 0)); }),
            "onnx: node 0 'Concat': attribute axis has type 3, expected 2");
}

TEST(OnnxAttributes, RefusesAnAttributeThatStandsTwice) {
  onnx::NodeProto node;
  testing::set_integer(node, "axis", 1);
  node.add_attribute()->set_name("axis");
  const Written written(node);
  EXPECT_EQ(refusal_in([&] { static_cast<void>(OnnxAttributes(written.node, "node 0 'Concat'")); }),
            "onnx: node 0 'Concat': attribute 'axis' stands twice");
}

TEST(OnnxAttributes, RefusesNumbersGivenInBothWays) {
  onnx::NodeProto node;
  testing::set_floats(node, "values", {1});
  testing::attribute_of(node, "values_as_tensor").set_type(onnx::AttributeProto::TENSOR);
  const Written written(node);
  const OnnxAttributes attributes(written.node, "node 0 'T'");
  EXPECT_EQ(refusal_in([&] { static_cast<void>(attributes.numbers("values")); }),
            "onnx: node 0 'T': both values and values_as_tensor are given, expected one of them");
}

TEST(OnnxAttributes, RefusesAnAttributeThatNobodyReads) {
  onnx::NodeProto node;
  testing::set_integer(node, "axis", 1);
  const Written written(node);
  const OnnxAttributes attributes(written.node, "node 0 'T'");
  EXPECT_EQ(refusal_in([&] { attributes.refuse_others_than({}); }),
            "onnx: node 0 'T': attribute 'axis' is not known");
}

}  // namespace
}  // namespace ml_inference
