// SPDX-License-Identifier: MIT
// Graphs around a tree ensemble: what is followed and what is refused.
#include "formats/onnx/graph.h"

#include "formats/load_model.h"
#include "formats/onnx/testing/onnx_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ml_inference {
namespace {

using namespace testing;  // NOLINT: the messages of our own tests
using onnx::ModelProto;
using onnx::TensorProto;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Result<Model> load(const ModelProto& model) {
  return load_model(model.SerializeAsString(), "test");
}

// Puts a node between the ensemble and the output with this index.
onnx::NodeProto& put_behind(ModelProto& model, int output, std::string_view type,
                            std::string_view domain = "") {
  onnx::ValueInfoProto& value = *model.mutable_graph()->mutable_output(output);
  const std::string before = value.name();
  value.set_name("out_" + before);
  return add_node(model, type, {before}, {value.name()}, domain);
}

// Puts a node before the ensemble.
onnx::NodeProto& put_before(ModelProto& model, std::string_view type) {
  add_node(model, type, {"f"}, {"g"});
  ensemble_of(model).set_input(0, "g");
  auto& nodes = *model.mutable_graph()->mutable_node();
  for (int index = nodes.size() - 1; index > 0; --index) nodes.SwapElements(index, index - 1);
  return *model.mutable_graph()->mutable_node(0);
}

void add_constant(ModelProto& model, const std::string& name, float value) {
  TensorProto& tensor = *model.mutable_graph()->add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(TensorProto::FLOAT);
  tensor.add_float_data(value);
}

// Two inputs of one column, joined.
ModelProto joined_columns() {
  ModelProto model = small_classifier();
  onnx::ValueInfoProto& first = *model.mutable_graph()->mutable_input(0);
  first.mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim(1)->set_dim_value(1);
  *model.mutable_graph()->add_input() = first;
  first.set_name("width");
  model.mutable_graph()->mutable_input(1)->set_name("height");
  onnx::NodeProto& concat = put_before(model, "Concat");
  concat.clear_input();
  concat.add_input("width");
  concat.add_input("height");
  set_integer(concat, "axis", 1);
  return model;
}

TEST(OnnxGraph, FollowsCastsIdentitiesAndMaps) {
  ModelProto model = small_classifier();
  set_integer(put_behind(model, 0, "Cast"), "to", TensorProto::STRING);
  put_behind(model, 1, "Identity");
  set_texts(put_behind(model, 1, "ZipMap", "ai.onnx.ml"), "classlabels_strings", {"a", "b", "c"});
  set_integer(put_before(model, "Cast"), "to", TensorProto::DOUBLE);
  EXPECT_EQ(refusal_of(model), "read");
}

TEST(OnnxGraph, TakesAMapInAnotherOrderAndRefusesOneWithOtherLabels) {
  ModelProto model = small_classifier();
  onnx::NodeProto& map = put_behind(model, 1, "ZipMap", "ai.onnx.ml");
  set_texts(map, "classlabels_strings", {"a", "c", "b"});
  const Result<Model> read = load(model);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->schema().class_labels(), (std::vector<Label>{"a", "c", "b"}));
  EXPECT_EQ(read->schema().targets[0].class_rule, ClassRule::stated);
  set_texts(*model.mutable_graph()->mutable_node(1), "classlabels_strings", {"a", "b", "d"});
  EXPECT_EQ(refusal_of(model),
            "onnx: output 'out_scores': the label 'c', which is none of the map's");
}

TEST(OnnxGraph, RefusesAnOperatorThatItDoesNotKnowByName) {
  ModelProto model = small_classifier();
  put_behind(model, 1, "Scan");
  EXPECT_THAT(refusal_of(model), StartsWith("onnx: node 1 'Scan': the operator (domain '') is not "
                                            "known here, expected one of: Abs, Add, And, "));
  put_behind(model, 0, "SVMClassifier", "ai.onnx.ml");
  model.mutable_graph()->mutable_node()->SwapElements(1, 2);
  EXPECT_THAT(refusal_of(model), HasSubstr("'SVMClassifier': the operator (domain 'ai.onnx.ml')"));
}

TEST(OnnxGraph, RefusesAGraphThatMakesItsOutputsTwiceOrNever) {
  ModelProto two = small_classifier();
  *two.mutable_graph()->add_node() = ensemble_of(two);
  EXPECT_EQ(refusal_of(two), "onnx: node 1 'TreeEnsembleClassifier': 'label' is made twice");
  ModelProto none = small_classifier();
  none.mutable_graph()->clear_node();
  EXPECT_EQ(refusal_of(none), "onnx: output 'label': nothing before it makes 'label'");
}

TEST(OnnxGraph, TakesADivisionByTheNumberOfTreesForAnAverageInFilesOfOurs) {
  ModelProto model = small_classifier();
  add_constant(model, "count", 2);
  put_behind(model, 1, "Div").add_input("count");
  const Result<Model> others = load(model);
  ASSERT_TRUE(others) << others.error().message;
  EXPECT_EQ(others->only_forest(), nullptr);
  model.set_producer_name("ml-inference");
  const Result<Model> ours = load(model);
  ASSERT_TRUE(ours) << ours.error().message;
  EXPECT_EQ(ours->only_forest()->aggregation(), Aggregation::average);
}

TEST(OnnxGraph, DividesByAnythingElse) {
  ModelProto model = small_classifier();
  add_constant(model, "count", 4);
  put_behind(model, 1, "Div").add_input("count");
  const Result<Model> read = load(model);
  ASSERT_TRUE(read) << read.error().message;
  const std::vector<double> row = {1.5, 9};
  std::vector<double> out(read->schema().answer_width());
  Workspace workspace;
  read->estimator().predict({row, 1, 2}, out, workspace);
  EXPECT_THAT(out, ElementsAre(0.375, 0.0625, 0.03125, 0));
}

TEST(OnnxGraph, TakesMoreNumbersThanClassesForScores) {
  ModelProto model = small_classifier();
  add_constant(model, "count", 2);
  put_behind(model, 1, "Div").add_input("count");
  model.mutable_graph()->add_output()->set_name("scores");
  const Result<Model> read = load(model);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->schema().score_count(), 3U);
  EXPECT_EQ(read->schema().output_count(), 3U);
}

TEST(OnnxGraph, NamesFeaturesByInputsOfOneColumn) {
  const Result<Model> read = load(joined_columns());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_THAT(read->schema().feature_names, ElementsAre("width", "height"));
}

TEST(OnnxGraph, TakesInputsThatTheEnsembleDoesNotTake) {
  ModelProto model = joined_columns();
  *model.mutable_graph()->add_input() = model.graph().input(0);
  model.mutable_graph()->mutable_input(2)->set_name("depth");
  const Result<Model> read = load(model);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_THAT(read->schema().feature_names, ElementsAre("width", "height", "depth"));
}

TEST(OnnxGraph, ComparesFeaturesAsFloat64WhereTheyAre) {
  ModelProto model = small_classifier();
  auto& type = *model.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type();
  type.set_elem_type(TensorProto::DOUBLE);
  const Result<Model> read = load(model);
  ASSERT_TRUE(read) << read.error().message;
  const std::vector<double> row = {1.5 + 1e-12, 9};
  std::vector<double> out(read->schema().answer_width());
  Workspace workspace;
  read->estimator().predict({row, 1, 2}, out, workspace);
  EXPECT_EQ(out[0], 0.5);
  set_integer(put_before(model, "Cast"), "to", TensorProto::FLOAT);
  EXPECT_EQ(refusal_of(model), "read");
}

TEST(OnnxGraph, RefusesInputsOfOtherTypesAndShapes) {
  ModelProto model = small_classifier();
  auto& type = *model.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type();
  type.set_elem_type(10);
  EXPECT_THAT(refusal_of(model), StartsWith("onnx: input 'f' has element type 10, expected 1 "));
  type.set_elem_type(TensorProto::FLOAT);
  type.mutable_shape()->mutable_dim(1)->set_dim_value(-5);
  EXPECT_EQ(refusal_of(model), "onnx: an input has -5 features, expected 1 to 1000000");
  type.mutable_shape()->mutable_dim(0)->set_dim_value(4);
  type.mutable_shape()->mutable_dim(1)->set_dim_value(2);
  EXPECT_EQ(refusal_of(model), "onnx: input 'f' takes 4 rows at once, expected any number of rows");
  type.mutable_shape()->add_dim();
  EXPECT_EQ(refusal_of(model), "onnx: input 'f' has 3 dimensions, expected 2 (rows, features)");
}

TEST(OnnxGraph, TakesAnOpenWidthFromTheLargestFeature) {
  ModelProto model = small_classifier();
  auto& type = *model.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type();
  type.mutable_shape()->mutable_dim(1)->clear_dim_value();
  const Result<Model> read = load(model);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_THAT(read->schema().feature_names, ElementsAre("x0", "x1"));
}

TEST(OnnxGraph, RefusesValuesThatNobodyMakesOrTwoMake) {
  ModelProto model = small_classifier();
  ensemble_of(model).set_input(0, "h");
  EXPECT_EQ(refusal_of(model),
            "onnx: node 0 'TreeEnsembleClassifier': nothing before it makes 'h'");
  model = small_classifier();
  add_node(model, "Identity", {"f"}, {"scores"});
  EXPECT_EQ(refusal_of(model), "onnx: node 1 'Identity': 'scores' is made twice");
  model = small_classifier();
  model.mutable_graph()->add_output()->set_name("what");
  EXPECT_EQ(refusal_of(model), "onnx: output 'what': nothing before it makes 'what'");
}

TEST(OnnxGraph, TakesFeaturesAmongTheOutputsForScores) {
  ModelProto model = small_classifier();
  model.mutable_graph()->add_output()->set_name("f");
  const Result<Model> read = load(model);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->schema().score_count(), 2U);
}

TEST(OnnxGraph, RefusesMoreNodesThanAnyModelHas) {
  ModelProto model = small_classifier();
  for (int node = 0; node < 10'000; ++node) model.mutable_graph()->add_node();
  EXPECT_EQ(refusal_of(model), "onnx: the graph has 10001 nodes, expected at most 10000");
}

}  // namespace
}  // namespace ml_inference
