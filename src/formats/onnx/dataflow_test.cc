// SPDX-License-Identifier: MIT
// Graphs of operators: what they compute, and hostile ones. That the answers are onnxruntime's is
// what tests/golden/check compares; here are the rules that a golden file does not show.
#include "formats/onnx/dataflow.h"

#include "formats/load_model.h"
#include "formats/onnx/operators.h"
#include "formats/onnx/testing/onnx_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

using namespace testing;  // NOLINT: the messages of our own tests
using onnx::ModelProto;
using onnx::TensorProto;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// A graph with an input "x" of that type, [N, width], and an output "y".
ModelProto empty_graph(std::int64_t width, TensorProto::DataType type = TensorProto::FLOAT,
                       std::int64_t version = 18) {
  ModelProto model;
  model.set_ir_version(8);
  for (const char* domain : {"", "ai.onnx.ml"}) {
    onnx::OperatorSetIdProto& set = *model.add_opset_import();
    set.set_domain(domain);
    set.set_version(*domain == '\0' ? version : 3);
  }
  onnx::ValueInfoProto& input = *model.mutable_graph()->add_input();
  input.set_name("x");
  auto& tensor = *input.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(type);
  tensor.mutable_shape()->add_dim()->set_dim_param("N");
  tensor.mutable_shape()->add_dim()->set_dim_value(width);
  model.mutable_graph()->add_output()->set_name("y");
  return model;
}

void add_integers(ModelProto& model, const char* name, const std::vector<std::int64_t>& values) {
  TensorProto& tensor = *model.mutable_graph()->add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(TensorProto::INT64);
  tensor.add_dims(static_cast<std::int64_t>(values.size()));
  tensor.mutable_int64_data()->Add(values.begin(), values.end());
}

void add_floats(ModelProto& model, const char* name, const std::vector<std::int64_t>& shape,
                const std::vector<float>& values) {
  TensorProto& tensor = *model.mutable_graph()->add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(TensorProto::FLOAT);
  tensor.mutable_dims()->Add(shape.begin(), shape.end());
  tensor.mutable_float_data()->Add(values.begin(), values.end());
}

Model read(const ModelProto& file) {
  Result<Model> read = load_model(file.SerializeAsString(), "test");
  if (!read) ADD_FAILURE() << read.error().message;
  return std::move(read).value();
}

std::vector<double> answers(const Model& model, const std::vector<double>& row) {
  std::vector<double> out(model.schema().answer_width());
  Workspace workspace;
  model.estimator().predict({row, 1, row.size()}, out, workspace);
  return out;
}

std::vector<double> answers(const ModelProto& file, const std::vector<double>& row) {
  return answers(read(file), row);
}

TEST(OnnxDataflow, ComputesInFloat32WhereTheGraphDoes) {
  ModelProto model = empty_graph(2);
  add_floats(model, "third", {1}, {1.0F / 3});
  add_node(model, "Mul", {"x", "third"}, {"a"});
  add_node(model, "Add", {"a", "x"}, {"y"});
  const float expected = 0.1F * (1.0F / 3) + 0.1F;
  EXPECT_THAT(answers(model, {0.1, 3}), ElementsAre(static_cast<double>(expected), 4));
}

TEST(OnnxDataflow, ExpandsToNothing) {
  ModelProto model = empty_graph(1);
  add_integers(model, "shape", {1, 0});
  add_node(model, "Expand", {"x", "shape"}, {"nothing"});
  set_integer(add_node(model, "Concat", {"nothing", "x"}, {"y"}), "axis", 1);
  EXPECT_THAT(answers(model, {3}), ElementsAre(3));
}

TEST(OnnxDataflow, RefusesToKeepDimensionsByANumberThatIsNoFlag) {
  ModelProto model = empty_graph(2);
  set_integer(add_node(model, "ArgMax", {"x"}, {"y"}), "keepdims", 2);
  EXPECT_THAT(load_model(model.SerializeAsString(), "test").error().message,
              HasSubstr("keepdims is 2, expected 0 or 1"));
}

TEST(OnnxDataflow, ComputesInFloat64WhereTheGraphDoes) {
  ModelProto model = empty_graph(1, TensorProto::DOUBLE);
  add_node(model, "Exp", {"x"}, {"y"});
  EXPECT_THAT(answers(model, {0.1}), ElementsAre(std::exp(0.1)));
}

TEST(OnnxDataflow, TakesARowForABatchOfOne) {
  ModelProto model = empty_graph(3);
  add_node(model, "Shape", {"x"}, {"shape"});
  add_node(model, "ConstantOfShape", {"shape"}, {"zeros"});
  add_node(model, "Sum", {"x", "zeros", "x"}, {"twice"});
  set_integer(add_node(model, "ReduceSum", {"twice"}, {"y"}), "keepdims", 0);
  EXPECT_THAT(answers(model, {1, 2, 3}), ElementsAre(12));
}

TEST(OnnxDataflow, AnswersManyRowsAsItAnswersEach) {
  ModelProto model = small_regressor();
  add_node(model, "Neg", {"prediction"}, {"negative"});
  model.mutable_graph()->mutable_output(0)->set_name("negative");
  const Model read_model = read(model);
  std::vector<double> rows;
  for (int row = 0; row < 300; ++row) {
    rows.push_back(row % 7 * 0.5);
    rows.push_back(row % 11 * 0.5);
  }
  std::vector<double> out(300);
  Workspace workspace;
  read_model.estimator().predict({rows, 300, 2}, out, workspace);
  for (std::size_t row = 0; row < 300; ++row) {
    EXPECT_EQ(out[row], answers(read_model, {rows[2 * row], rows[2 * row + 1]})[0]);
  }
}

TEST(OnnxDataflow, HandsOutItsForests) {
  ModelProto model = small_regressor();
  add_node(model, "Neg", {"prediction"}, {"negative"});
  model.mutable_graph()->mutable_output(0)->set_name("negative");
  EXPECT_EQ(read(model).size().forest_count, 1U);
  EXPECT_EQ(read(model).size().tree_count, 2U);
}

TEST(OnnxDataflow, FollowsTheVersionOfSoftmax) {
  for (const std::int64_t version : {12, 13}) {
    ModelProto model = empty_graph(4, TensorProto::FLOAT, version);
    add_integers(model, "sizes", {1, 2, 2});
    add_node(model, "Reshape", {"x", "sizes"}, {"square"});
    add_node(model, "Softmax", {"square"}, {"y"});
    const double share = version < 13 ? 0.25 : 0.5;
    EXPECT_THAT(answers(model, {1, 1, 1, 1}), ElementsAre(share, share, share, share)) << version;
  }
}

TEST(OnnxDataflow, MapsTextsThatTheGraphLooksFor) {
  ModelProto model = empty_graph(1, TensorProto::STRING);
  onnx::NodeProto& encoder = add_node(model, "LabelEncoder", {"x"}, {"y"}, "ai.onnx.ml");
  set_texts(encoder, "keys_strings", {"red", "green"});
  set_floats(encoder, "values_floats", {0.5F, 2});
  attribute_of(encoder, "default_float").set_type(onnx::AttributeProto::FLOAT);
  attribute_of(encoder, "default_float").set_f(-7);
  const Model read_model = read(model);
  ASSERT_EQ(read_model.schema().categories.size(), 1U);
  EXPECT_EQ(read_model.schema().categories[0].labels, (std::vector<Label>{"green", "red"}));
  EXPECT_THAT(answers(read_model, {0}), ElementsAre(2));
  EXPECT_THAT(answers(read_model, {1}), ElementsAre(0.5));
  EXPECT_THAT(answers(read_model, {kNan}), ElementsAre(-7));
}

TEST(OnnxDataflow, RefusesTextsThatItDoesNotKnow) {
  ModelProto model = empty_graph(1, TensorProto::STRING);
  add_node(model, "Identity", {"x"}, {"y"});
  EXPECT_EQ(refusal_of(model), "onnx: input 'x': texts of which the graph looks for none");
}

TEST(OnnxDataflow, RefusesARowWhoseIndexLiesBeyondTheArray) {
  ModelProto model = empty_graph(1, TensorProto::INT64);
  add_floats(model, "table", {3}, {10, 20, 30});
  add_node(model, "Gather", {"table", "x"}, {"y"});
  const Model read_model = read(model);
  Workspace workspace;
  EXPECT_THAT(answers(read_model, {-1}), ElementsAre(30));
  EXPECT_EQ(read_model.estimator().refusal(std::vector<double>{2}, workspace), std::nullopt);
  EXPECT_EQ(read_model.estimator().refusal(std::vector<double>{3}, workspace),
            "an index of its graph is 3, expected 0 to 2");
  EXPECT_EQ(read_model.estimator().refusal(std::vector<double>{0.5}, workspace),
            "column 0 is 0.5, expected a whole number");
}

TEST(OnnxDataflow, StatesTheLabelThatTheGraphChooses) {
  ModelProto model = empty_graph(2);
  add_integers(model, "classes", {7, 5});
  onnx::NodeProto& least = add_node(model, "ArgMin", {"x"}, {"at"});
  set_integer(least, "axis", 1);
  add_node(model, "ArrayFeatureExtractor", {"classes", "at"}, {"y"}, "ai.onnx.ml");
  model.mutable_graph()->add_output()->set_name("x");
  const Model read_model = read(model);
  EXPECT_EQ(read_model.schema().class_labels(),
            (std::vector<Label>{std::int64_t{7}, std::int64_t{5}}));
  EXPECT_THAT(answers(read_model, {0.75, 0.25}), ElementsAre(0.75, 0.25, 1));
}

TEST(OnnxDataflow, KnowsLabelsThatAreComputed) {
  ModelProto model = empty_graph(1);
  add_floats(model, "zero", {1}, {0});
  add_integers(model, "two", {2});
  add_integers(model, "one", {1});
  add_node(model, "Greater", {"x", "zero"}, {"inside"});
  set_integer(add_node(model, "Cast", {"inside"}, {"bit"}), "to", TensorProto::INT64);
  add_node(model, "Mul", {"bit", "two"}, {"twice"});
  add_node(model, "Sub", {"twice", "one"}, {"y"});
  const Model read_model = read(model);
  EXPECT_EQ(read_model.schema().class_labels(),
            (std::vector<Label>{std::int64_t{-1}, std::int64_t{1}}));
  EXPECT_THAT(answers(read_model, {3}), ElementsAre(1));
}

TEST(OnnxDataflow, ReadsATreeEnsembleOfVersionFive) {
  ModelProto model = empty_graph(1);
  model.mutable_opset_import(1)->set_version(5);
  onnx::NodeProto& node = add_node(model, "TreeEnsemble", {"x"}, {"y"}, "ai.onnx.ml");
  set_integer(node, "n_targets", 1);
  set_integers(node, "tree_roots", {0});
  set_integers(node, "nodes_featureids", {0, 0});
  set_integers(node, "nodes_truenodeids", {1, 0});
  set_integers(node, "nodes_falsenodeids", {2, 1});
  set_integers(node, "nodes_trueleafs", {0, 1});
  set_integers(node, "nodes_falseleafs", {1, 1});
  set_integers(node, "leaf_targetids", {0, 0, 0});
  const auto tensor = [&](const char* name, TensorProto::DataType type,
                          const std::vector<float>& values) {
    onnx::AttributeProto& attribute = attribute_of(node, name);
    attribute.set_type(onnx::AttributeProto::TENSOR);
    TensorProto& t = *attribute.mutable_t();
    t.Clear();
    t.set_data_type(type);
    t.add_dims(static_cast<std::int64_t>(values.size()));
    for (const float value : values) {
      if (type == TensorProto::FLOAT) t.add_float_data(value);
      if (type == TensorProto::UINT8) t.add_int32_data(static_cast<std::int32_t>(value));
    }
  };
  tensor("nodes_splits", TensorProto::FLOAT, {2.5F, 0});
  tensor("nodes_modes", TensorProto::UINT8, {0, 6});
  tensor("leaf_weights", TensorProto::FLOAT, {10, 20, 30});
  tensor("membership_values", TensorProto::FLOAT, {1, 2, static_cast<float>(kNan)});
  EXPECT_THAT(answers(model, {3}), ElementsAre(30));
  EXPECT_THAT(answers(model, {2}), ElementsAre(10));
  EXPECT_THAT(answers(model, {1.5}), ElementsAre(20));
  set_integers(node, "nodes_truenodeids", {0, 0});
  EXPECT_THAT(refusal_of(model), HasSubstr("node 0 is reached twice, expected trees"));
  set_integers(node, "nodes_truenodeids", {9, 0});
  EXPECT_THAT(refusal_of(model), HasSubstr("a node is 9, expected 0 to 1"));
}

// --- hostile graphs

TEST(OnnxDataflow, RefusesValuesThatComeLater) {
  ModelProto model = empty_graph(1);
  add_node(model, "Add", {"x", "y"}, {"z"});
  add_node(model, "Neg", {"z"}, {"y"});
  EXPECT_EQ(refusal_of(model), "onnx: node 0 'Add': nothing before it makes 'y'");
}

TEST(OnnxDataflow, RefusesArraysThatAreMadeHuge) {
  for (const std::string type : {"ConstantOfShape", "Expand", "Tile"}) {
    ModelProto model = empty_graph(1);
    add_integers(model, "sizes", {1'000'000'000, 1'000'000'000});
    const bool is_first = type == "ConstantOfShape";
    add_node(model, type,
             is_first ? std::vector<std::string>{"sizes"} : std::vector<std::string>{"x", "sizes"},
             {"y"});
    EXPECT_THAT(refusal_of(model), StartsWith("onnx: node 0 '" + type + "'")) << type;
    EXPECT_THAT(refusal_of(model), HasSubstr("more than 2097152 elements")) << type;
  }
}

TEST(OnnxDataflow, RefusesArraysThatDouble) {
  ModelProto model = empty_graph(1);
  std::string last = "x";
  for (int step = 0; step < 60; ++step) {
    const std::string next = step == 59 ? "y" : "v" + std::to_string(step);
    set_integer(add_node(model, "Concat", {last, last}, {next}), "axis", 1);
    last = next;
  }
  EXPECT_THAT(refusal_of(model), HasSubstr("more than 2097152 elements a row"));
}

TEST(OnnxDataflow, ReadsALongChainWithoutDescending) {
  ModelProto model = empty_graph(1);
  std::string last = "x";
  for (int step = 0; step < 9'999; ++step) {
    const std::string next = step == 9'998 ? "y" : "v" + std::to_string(step);
    add_node(model, "Neg", {last}, {next});
    last = next;
  }
  EXPECT_THAT(answers(model, {2}), ElementsAre(-2));
}

TEST(OnnxDataflow, RefusesTypesAndShapesThatDoNotFit) {
  ModelProto types = empty_graph(2);
  add_integers(types, "whole", {1});
  add_node(types, "Add", {"x", "whole"}, {"y"});
  EXPECT_EQ(refusal_of(types),
            "onnx: node 0 'Add': the inputs are float and int64, expected one type");
  ModelProto shapes = empty_graph(2);
  add_floats(shapes, "three", {3}, {1, 2, 3});
  add_node(shapes, "Add", {"x", "three"}, {"y"});
  EXPECT_EQ(refusal_of(shapes), "onnx: node 0 'Add': the shapes of the inputs do not fit");
  ModelProto sizes = empty_graph(2);
  add_integers(sizes, "sizes", {7, -1});
  add_node(sizes, "Reshape", {"x", "sizes"}, {"y"});
  EXPECT_THAT(refusal_of(sizes), StartsWith("onnx: node 0 'Reshape': "));
  ModelProto constant = empty_graph(2);
  add_floats(constant, "short", {5}, {1});
  add_node(constant, "Add", {"x", "short"}, {"y"});
  EXPECT_EQ(refusal_of(constant), "onnx: 'short' has 1 values, expected 5");
  ModelProto negative = empty_graph(2);
  add_floats(negative, "bad", {-5}, {1});
  add_node(negative, "Add", {"x", "bad"}, {"y"});
  EXPECT_EQ(refusal_of(negative), "onnx: 'bad' has a size of -5");
}

TEST(OnnxDataflow, RefusesShapesThatDependOnTheRow) {
  ModelProto model = empty_graph(2, TensorProto::INT64);
  add_node(model, "Reshape", {"x", "x"}, {"y"});
  EXPECT_EQ(refusal_of(model),
            "onnx: node 0 'Reshape': input 1 depends on the row, expected a constant");
}

TEST(OnnxDataflow, RefusesMoreProductsThanARowShouldTake) {
  ModelProto model = empty_graph(1000);
  add_integers(model, "sizes", {1000, 1000});
  add_node(model, "ConstantOfShape", {"sizes"}, {"square"});
  add_integers(model, "turns", {400, 1});
  add_node(model, "Tile", {"x", "turns"}, {"rows"});
  add_node(model, "MatMul", {"rows", "square"}, {"y"});
  EXPECT_THAT(refusal_of(model), HasSubstr("more than 268435456 products a row"));
}

TEST(OnnxDataflow, KnowsAboutWhatARowCosts) {
  ModelProto model = empty_graph(2);
  add_integers(model, "sizes", {1000, 1000});
  add_node(model, "ConstantOfShape", {"sizes"}, {"square"});
  add_integers(model, "turns", {1, 500});
  add_node(model, "Tile", {"x", "turns"}, {"rows"});
  add_node(model, "MatMul", {"rows", "square"}, {"y"});
  const std::size_t steps = read(model).size().steps_per_row;
  EXPECT_GE(steps, 3'000'000U);  // the products
  EXPECT_LE(steps, 3'010'000U);  // and each number that is read or written; not the constant
}

TEST(OnnxDataflow, RefusesAttributesThatItDoesNotKnow) {
  ModelProto model = empty_graph(2);
  set_integer(add_node(model, "Neg", {"x"}, {"y"}), "broadcast", 1);
  EXPECT_EQ(refusal_of(model), "onnx: node 0 'Neg': attribute 'broadcast' is not known");
}

TEST(OnnxDataflow, RefusesAWeightThatLiesInAnotherFile) {
  ModelProto model = empty_graph(2);
  add_floats(model, "far", {1}, {1});
  model.mutable_graph()->mutable_initializer(0)->set_data_location(1);
  add_node(model, "Add", {"x", "far"}, {"y"});
  EXPECT_EQ(refusal_of(model), "onnx: 'far' lies in another file, expected it in this one");
}

TEST(OnnxOperators, StandEachInTheDocuments) {
  std::ifstream file(std::string(ML_INFERENCE_SOURCE_DIR) + "/docs/formats/onnx.md");
  std::ostringstream text;
  text << file.rdbuf();
  for (const auto list : {elementwise_operators(), shape_operators(), reduction_operators(),
                          ml_operators(), ensemble_operators()}) {
    for (const OnnxOperator& known : list) {
      EXPECT_THAT(text.str(), HasSubstr("`" + std::string(known.name) + "`"));
    }
  }
}

}  // namespace
}  // namespace ml_inference
