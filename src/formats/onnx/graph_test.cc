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

TEST(OnnxGraph, RefusesAMapWithOtherLabels) {
  ModelProto model = small_classifier();
  set_texts(put_behind(model, 1, "ZipMap", "ai.onnx.ml"), "classlabels_strings", {"a", "c", "b"});
  EXPECT_EQ(refusal_of(model),
            "onnx: node 1 'ZipMap': other labels than those of the ensemble is not known here");
}

TEST(OnnxGraph, RefusesAnOperatorThatItDoesNotKnowByName) {
  ModelProto model = small_classifier();
  put_behind(model, 1, "Softmax");
  EXPECT_EQ(refusal_of(model),
            "onnx: node 1 'Softmax': the operator (domain '') is not known here");
}

TEST(OnnxGraph, RefusesAGraphWithoutAnEnsembleAndOneWithTwo) {
  ModelProto two = small_classifier();
  *two.mutable_graph()->add_node() = ensemble_of(two);
  EXPECT_EQ(refusal_of(two),
            "onnx: node 1 'TreeEnsembleClassifier': a second tree ensemble, expected one");
  ModelProto none = small_classifier();
  none.mutable_graph()->clear_node();
  EXPECT_EQ(refusal_of(none), "onnx: the graph has 0 nodes and no tree ensemble, expected one");
}

TEST(OnnxGraph, TakesADivisionByTheNumberOfTreesForAnAverage) {
  ModelProto model = small_classifier();
  add_constant(model, "count", 2);
  put_behind(model, 1, "Div").add_input("count");
  const Result<Model> read = load(model);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->only_forest()->aggregation(), Aggregation::average);
}

TEST(OnnxGraph, RefusesADivisionByAnythingElse) {
  ModelProto model = small_classifier();
  add_constant(model, "count", 3);
  put_behind(model, 1, "Div").add_input("count");
  EXPECT_EQ(refusal_of(model),
            "onnx: node 0 'TreeEnsembleClassifier': the sum is divided by 3, expected by the 2 "
            "trees");
}

TEST(OnnxGraph, RefusesAScoreBesideTheSameScoreDivided) {
  ModelProto model = small_classifier();
  add_constant(model, "count", 2);
  put_behind(model, 1, "Div").add_input("count");
  model.mutable_graph()->add_output()->set_name("scores");
  EXPECT_THAT(refusal_of(model), HasSubstr("a score beside the same score divided"));
}

TEST(OnnxGraph, NamesFeaturesByInputsOfOneColumn) {
  const Result<Model> read = load(joined_columns());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_THAT(read->schema().feature_names, ElementsAre("width", "height"));
}

TEST(OnnxGraph, RefusesInputsThatTheEnsembleDoesNotTake) {
  ModelProto model = joined_columns();
  *model.mutable_graph()->add_input() = model.graph().input(0);
  model.mutable_graph()->mutable_input(2)->set_name("depth");
  EXPECT_EQ(refusal_of(model), "onnx: the graph has 3 inputs, of which the ensemble takes 2");
}

TEST(OnnxGraph, RefusesFeaturesThatAreComparedAsFloat64) {
  ModelProto model = small_classifier();
  auto& type = *model.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type();
  type.set_elem_type(TensorProto::DOUBLE);
  EXPECT_THAT(refusal_of(model), HasSubstr("features are compared as float64, expected float32"));
  set_integer(put_before(model, "Cast"), "to", TensorProto::FLOAT);
  EXPECT_EQ(refusal_of(model), "read");
}

TEST(OnnxGraph, RefusesInputsOfOtherTypesAndShapes) {
  ModelProto model = small_classifier();
  auto& type = *model.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type();
  type.set_elem_type(TensorProto::INT64);
  EXPECT_EQ(refusal_of(model),
            "onnx: input 'f' has element type 7, expected 1 (float) or 11 (double)");
  type.set_elem_type(TensorProto::FLOAT);
  type.mutable_shape()->mutable_dim(1)->set_dim_value(-5);
  EXPECT_EQ(refusal_of(model), "onnx: an input has -5 features, expected 1 to 1000000");
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

TEST(OnnxGraph, RefusesAnOutputThatNoTreeDecides) {
  ModelProto model = small_classifier();
  model.mutable_graph()->add_output()->set_name("f");
  EXPECT_THAT(refusal_of(model), HasSubstr("an output that no tree decides"));
}

TEST(OnnxGraph, RefusesMoreNodesThanAnyModelHas) {
  ModelProto model = small_classifier();
  for (int node = 0; node < 10'000; ++node) model.mutable_graph()->add_node();
  EXPECT_EQ(refusal_of(model), "onnx: the graph has 10001 nodes, expected at most 10000");
}

}  // namespace
}  // namespace ml_inference
