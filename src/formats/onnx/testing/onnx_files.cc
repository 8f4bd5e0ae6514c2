// SPDX-License-Identifier: MIT
#include "formats/onnx/testing/onnx_files.h"

#include "base/assert.h"
#include "formats/load_model.h"

#include <algorithm>

namespace ml_inference::testing {
namespace {

using onnx::AttributeProto;
using onnx::TensorProto;

void add_input(onnx::ModelProto& model, const char* name, std::int64_t width) {
  onnx::ValueInfoProto& input = *model.mutable_graph()->add_input();
  input.set_name(name);
  auto& tensor = *input.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(TensorProto::FLOAT);
  tensor.mutable_shape()->add_dim()->set_dim_param("N");
  tensor.mutable_shape()->add_dim()->set_dim_value(width);
}

onnx::ModelProto small_ensemble(const char* type, const std::vector<std::string>& outputs) {
  onnx::ModelProto model;
  model.set_ir_version(8);
  model.set_producer_name("a test");
  onnx::OperatorSetIdProto& operators = *model.add_opset_import();
  operators.set_domain("ai.onnx.ml");
  operators.set_version(3);
  add_input(model, "f", 2);
  onnx::NodeProto& node = add_node(model, type, {"f"}, outputs, "ai.onnx.ml");
  set_integers(node, "nodes_treeids", {0, 0, 0, 0, 0, 1});
  set_integers(node, "nodes_nodeids", {0, 1, 2, 3, 4, 0});
  set_texts(node, "nodes_modes", {"BRANCH_LEQ", "LEAF", "BRANCH_LEQ", "LEAF", "LEAF", "LEAF"});
  set_integers(node, "nodes_featureids", {0, 0, 1, 0, 0, 0});
  set_floats(node, "nodes_values", {1.5F, 0, 2.5F, 0, 0, 0});
  set_integers(node, "nodes_truenodeids", {1, 0, 3, 0, 0, 0});
  set_integers(node, "nodes_falsenodeids", {2, 0, 4, 0, 0, 0});
  for (const std::string& output : outputs) model.mutable_graph()->add_output()->set_name(output);
  return model;
}

}  // namespace

onnx::ModelProto small_classifier() {
  onnx::ModelProto model = small_ensemble("TreeEnsembleClassifier", {"label", "scores"});
  onnx::NodeProto& node = ensemble_of(model);
  set_texts(node, "classlabels_strings", {"a", "b", "c"});
  set_integers(node, "class_treeids", {0, 0, 0, 1, 1, 1});
  set_integers(node, "class_nodeids", {1, 3, 4, 0, 0, 0});
  set_integers(node, "class_ids", {0, 1, 2, 0, 1, 2});
  set_floats(node, "class_weights", {1, 1, 1, 0.5F, 0.25F, 0.125F});
  return model;
}

onnx::ModelProto small_regressor() {
  onnx::ModelProto model = small_ensemble("TreeEnsembleRegressor", {"prediction"});
  onnx::NodeProto& node = ensemble_of(model);
  set_integer(node, "n_targets", 1);
  set_integers(node, "target_treeids", {0, 0, 0, 1});
  set_integers(node, "target_nodeids", {1, 3, 4, 0});
  set_integers(node, "target_ids", {0, 0, 0, 0});
  set_floats(node, "target_weights", {10, 20, 30, 4});
  return model;
}

onnx::NodeProto& ensemble_of(onnx::ModelProto& model) {
  return *model.mutable_graph()->mutable_node(0);
}

AttributeProto& attribute_of(onnx::NodeProto& node, std::string_view name) {
  for (AttributeProto& attribute : *node.mutable_attribute()) {
    if (attribute.name() == name) return attribute;
  }
  AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(std::string(name));
  return attribute;
}

void set_integer(onnx::NodeProto& node, std::string_view name, std::int64_t value) {
  AttributeProto& attribute = attribute_of(node, name);
  attribute.set_type(AttributeProto::INT);
  attribute.set_i(value);
}

void set_text(onnx::NodeProto& node, std::string_view name, std::string_view value) {
  AttributeProto& attribute = attribute_of(node, name);
  attribute.set_type(AttributeProto::STRING);
  attribute.set_s(std::string(value));
}

void set_integers(onnx::NodeProto& node, std::string_view name,
                  const std::vector<std::int64_t>& values) {
  AttributeProto& attribute = attribute_of(node, name);
  attribute.set_type(AttributeProto::INTS);
  attribute.clear_ints();
  attribute.mutable_ints()->Add(values.begin(), values.end());
}

void set_floats(onnx::NodeProto& node, std::string_view name, const std::vector<float>& values) {
  AttributeProto& attribute = attribute_of(node, name);
  attribute.set_type(AttributeProto::FLOATS);
  attribute.clear_floats();
  attribute.mutable_floats()->Add(values.begin(), values.end());
}

void set_texts(onnx::NodeProto& node, std::string_view name,
               const std::vector<std::string>& values) {
  AttributeProto& attribute = attribute_of(node, name);
  attribute.set_type(AttributeProto::STRINGS);
  attribute.clear_strings();
  for (const std::string& value : values) attribute.add_strings(value);
}

void remove_attribute(onnx::NodeProto& node, std::string_view name) {
  auto& attributes = *node.mutable_attribute();
  const auto found = std::ranges::find(attributes, name, &AttributeProto::name);
  ASSERT(found != attributes.end());
  attributes.erase(found);
}

onnx::NodeProto& add_node(onnx::ModelProto& model, std::string_view type,
                          const std::vector<std::string>& inputs,
                          const std::vector<std::string>& outputs, std::string_view domain) {
  onnx::NodeProto& node = *model.mutable_graph()->add_node();
  node.set_op_type(std::string(type));
  node.set_domain(std::string(domain));
  for (const std::string& input : inputs) node.add_input(input);
  for (const std::string& output : outputs) node.add_output(output);
  return node;
}

std::string refusal_of(const onnx::ModelProto& model) {
  constexpr std::string_view kSource = "a test";
  const Result<Model> read = load_model(model.SerializeAsString(), kSource);
  return read ? "read" : read.error().message.substr(kSource.size() + 2);
}

}  // namespace ml_inference::testing
