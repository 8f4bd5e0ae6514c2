// SPDX-License-Identifier: MIT
#include "api/tensor_rows.h"

#include "api/limits.h"
#include "api/testing/stumps.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

const std::vector<double> kRow{5.1, 3.5, 1.4, 0.2};

Schema text_schema() {
  Schema schema;
  schema.feature_names = {"size", "colour"};
  schema.categories = {{.feature = 1, .labels = {"red", "blue"}}};
  return schema;
}

GivenTensor tensor_of(std::string_view name, std::vector<std::int64_t> shape,
                      std::span<const double> values) {
  return {.name = name, .type = TensorType::float64, .shape = std::move(shape), .elements = values};
}

class TensorRowsTest : public ::testing::Test {
 protected:
  // The error, or what is wrong with single values; nothing when all went well.
  std::string read(const Schema& schema, const std::vector<GivenTensor>& tensors) {
    call_.clear();
    FaultList faults;
    const JsonRows rows(schema);
    const Result<void> done = read_tensors(rows, tensors, call_, faults);
    if (!done) return done.error().message;
    return faults.empty() ? "" : faults.summary();
  }

  PredictCall call_;
};

TEST_F(TensorRowsTest, TakeOneTensorOfAnyName) {
  EXPECT_EQ(read(testing::iris_schema(), {tensor_of("anything", {1, 4}, kRow)}), "");
  EXPECT_EQ(call_.request.cells, kRow);
  EXPECT_EQ(call_.request.row_count, 1U);
}

TEST_F(TensorRowsTest, TakeATensorForEachFeatureInAnyOrder) {
  const std::vector<double> sizes{1, 2};
  GivenTensor colours{.name = "colour", .type = TensorType::bytes, .shape = {2, 1}};
  colours.elements = std::vector<std::string_view>{"blue", "red"};
  EXPECT_EQ(read(text_schema(), {colours, tensor_of("size", {2}, sizes)}), "");
  EXPECT_EQ(call_.request.cells, (std::vector{1.0, 1.0, 2.0, 0.0}));
}

TEST_F(TensorRowsTest, TakeAColumnOfTheOnlyFeature) {
  Schema schema;
  schema.feature_names = {"x"};
  const std::vector<double> values{1, 2, 3};
  EXPECT_EQ(read(schema, {tensor_of("any", {3}, values)}), "");
  EXPECT_EQ(call_.request.row_count, 3U);
  EXPECT_EQ(read(schema, {tensor_of("any", {3, 1}, values)}), "");
  EXPECT_EQ(call_.request.cells, values);
}

TEST_F(TensorRowsTest, SayWhichShapeIsExpected) {
  EXPECT_EQ(read(testing::iris_schema(), {tensor_of("t", {4}, kRow)}),
            "input 't' has the shape [4], expected [rows, 4]");
  EXPECT_EQ(read(testing::iris_schema(), {tensor_of("t", {2, 2}, kRow)}),
            "input 't' has the shape [2, 2], expected [rows, 4]");
  EXPECT_EQ(read(testing::iris_schema(), {}), "there is no input tensor");
}

TEST_F(TensorRowsTest, SayWhichTensorsDoNotFit) {
  const std::vector<double> two{1, 2};
  const GivenTensor size = tensor_of("size", {2}, two);
  EXPECT_EQ(read(text_schema(), {size, size}), "input 'size' stands twice");
  EXPECT_EQ(read(text_schema(), {size, tensor_of("weight", {2}, two)}),
            "input 'weight' is unknown, expected one of shape [rows, 2], or one for each feature "
            "by its name");
  EXPECT_EQ(read(text_schema(), {size, tensor_of("colour", {1, 2}, two)}),
            "input 'colour' has the shape [1, 2], expected [rows] or [rows, 1]");
  EXPECT_EQ(read(text_schema(), {size, tensor_of("colour", {1}, std::span(two).first(1))}),
            "input 'colour' has 1 rows, those before it have 2");
  Schema three = text_schema();
  three.feature_names.push_back("z");
  EXPECT_EQ(read(three, {size, tensor_of("z", {2}, two)}), "input 'colour' is missing");
}

TEST_F(TensorRowsTest, SayWhichValueIsRefused) {
  std::vector<double> values = kRow;
  values.insert(values.end(), kRow.begin(), kRow.end());
  values[6] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(read(testing::iris_schema(), {tensor_of("t", {2, 4}, values)}),
            "inputs.t.1.petal length: Input should be a finite number");
  values[6] = 1e39;
  EXPECT_EQ(read(testing::iris_schema(), {tensor_of("t", {2, 4}, values)}),
            "inputs.t.1.petal length: Input should be a finite number, at most 3.4028235e+38 in "
            "magnitude");
  GivenTensor colours{.name = "colour", .type = TensorType::bytes, .shape = {1}};
  colours.elements = std::vector<std::string_view>{"green"};
  const std::vector<double> one{1};
  EXPECT_EQ(read(text_schema(), {tensor_of("size", {1}, one), colours}),
            "inputs.colour.0.colour: Input should be one of the feature's categories");
}

TEST_F(TensorRowsTest, KeepMissingAndInfiniteValuesWhereTheModelTakesThem) {
  Schema schema = testing::iris_schema();
  schema.input.accepts_missing = true;
  schema.input.accepts_infinite = true;
  std::vector<double> values = kRow;
  values[1] = std::numeric_limits<double>::infinity();
  EXPECT_EQ(read(schema, {tensor_of("t", {1, 4}, values)}), "");
  EXPECT_EQ(call_.request.cells, values);
}

TEST_F(TensorRowsTest, StayInTheMessageWhereAllOfItsNumbersAreTaken) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  std::vector<float> values(4'000, 0.5F);
  GivenTensor tensor{.name = "t", .type = TensorType::float32, .shape = {1'000, 4}};
  const auto raw = [&] {
    return RawElements{
        {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)}};
  };
  tensor.elements = raw();
  EXPECT_EQ(read(testing::iris_schema(), {tensor}), "");
  EXPECT_EQ(call_.request.row_count, 1'000U);
  EXPECT_TRUE(call_.request.cells.empty());
  std::vector<double> cells;
  call_.request.append_cells(cells);
  EXPECT_EQ(cells, std::vector(4'000, 0.5));

  for (const std::size_t index : {0U, 1'023U, 1'024U, 3'999U}) {
    values.assign(values.size(), 0.5F);
    values[index] = kInfinity;
    tensor.elements = raw();
    EXPECT_NE(read(testing::iris_schema(), {tensor}), "") << index;
    EXPECT_TRUE(call_.request.packed.empty());
  }
}

TEST_F(TensorRowsTest, AreOnlyCountedForAModelThatLooksAtNone) {
  Schema schema = testing::iris_schema();
  schema.takes_any_width = true;
  const std::vector<double> values{1, 2, 3, 4, 5, 6};
  EXPECT_EQ(read(schema, {tensor_of("t", {3, 2}, values)}), "");
  EXPECT_EQ(call_.request.row_count, 3U);
  EXPECT_TRUE(call_.request.cells.empty());
}

TEST_F(TensorRowsTest, MayBeNone) {
  EXPECT_EQ(read(testing::iris_schema(), {tensor_of("t", {0, 4}, {})}), "");
  EXPECT_EQ(call_.request.row_count, 0U);
}

TEST_F(TensorRowsTest, AreNoMoreThanARequestMayHave) {
  const std::vector<double> values((kRowsPerRequestMax + 1) * 4, 1.0);
  EXPECT_EQ(read(testing::iris_schema(),
                 {tensor_of("t", {static_cast<std::int64_t>(kRowsPerRequestMax) + 1, 4}, values)}),
            "input 't' has 10001 rows, expected at most 10000");
}

TEST_F(TensorRowsTest, AreNoMoreThanTheModelsFolderSays) {
  const Schema schema = testing::iris_schema();
  const JsonRows rows(schema);
  FaultList faults;
  const std::vector<double> values(12, 1.0);
  const std::vector<GivenTensor> given{tensor_of("t", {3, 4}, values)};
  const ModelTensors two(schema, {.row_count_max = 2});
  const ModelTensors many(schema, {.row_count_max = 1'000'000'000});
  const auto done = read_tensors(rows, given, call_, faults, two.row_count_max());
  EXPECT_EQ(done.error().message, "input 't' has 3 rows, expected at most 2");
  EXPECT_EQ(many.row_count_max(), kDeclaredRowsMax);
  EXPECT_EQ(ModelTensors(schema, {}).row_count_max(), kRowsPerRequestMax);
  EXPECT_TRUE(read_tensors(rows, given, call_, faults, many.row_count_max()));
}

}  // namespace
}  // namespace ml_inference
