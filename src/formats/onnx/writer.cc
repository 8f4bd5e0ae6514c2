// SPDX-License-Identifier: MIT
#include "formats/onnx/writer.h"

#include "base/number_text.h"
#include "formats/format_error.h"
#include "formats/limits.h"
#include "formats/onnx/onnx.pb.h"
#include "formats/onnx/write_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ml_inference {
namespace {

using onnx::AttributeProto;
using onnx::TensorProto;

// The versions in which the operators have the form written here: doubles in tree ensembles came
// with ai.onnx.ml 3 (ONNX 1.12, IR version 8), text in Gather and Cast is older.
constexpr OnnxVersions kVersions{.file = 8, .operators = 17, .ml = 3};

AttributeProto& add_attribute(onnx::NodeProto& node, std::string_view name,
                              AttributeProto::AttributeType type) {
  AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(std::string(name));
  attribute.set_type(type);
  return attribute;
}

void add_integer(onnx::NodeProto& node, std::string_view name, std::int64_t value) {
  add_attribute(node, name, AttributeProto::INT).set_i(value);
}

void add_text(onnx::NodeProto& node, std::string_view name, std::string_view value) {
  add_attribute(node, name, AttributeProto::STRING).set_s(std::string(value));
}

void set_raw(TensorProto& tensor, std::span<const double> values) {
  tensor.set_data_type(TensorProto::DOUBLE);
  tensor.add_dims(static_cast<std::int64_t>(values.size()));
  tensor.set_raw_data(values.data(), values.size_bytes());
}

// An array with a value for each node or weight, filled as the forest is walked.
class Integers {
 public:
  Integers(onnx::NodeProto& node, std::string_view name)
      : attribute_(add_attribute(node, name, AttributeProto::INTS)) {}

  void add(std::size_t value) { attribute_.add_ints(static_cast<std::int64_t>(value)); }

 private:
  AttributeProto& attribute_;
};

// As a tensor of doubles, or for a forest in float32 as floats.
void add_numbers(onnx::NodeProto& node, const std::string& name, NumberType type,
                 std::span<const double> values) {
  if (type == NumberType::float64) {
    const std::string tensor_name = name + "_as_tensor";
    return set_raw(*add_attribute(node, tensor_name, AttributeProto::TENSOR).mutable_t(), values);
  }
  AttributeProto& floats = add_attribute(node, name, AttributeProto::FLOATS);
  for (const double value : values) floats.add_floats(static_cast<float>(value));
}

// Calls visit(tree, node number in the tree, node) for every node, tree after tree.
template <class Visit>
void for_each_node(const Forest& forest, const Visit& visit) {
  for (std::size_t tree = 0; tree < forest.tree_count(); ++tree) {
    const std::size_t begin = forest.roots()[tree];
    const std::size_t end =
        tree + 1 < forest.tree_count() ? forest.roots()[tree + 1] : forest.nodes().size();
    for (std::size_t node = begin; node < end; ++node) {
      visit(tree, node - begin, forest.nodes()[node]);
    }
  }
}

const char* mode_of(const ForestNode& node) {
  if (node.is_leaf()) return "LEAF";
  return node.is_strict() ? "BRANCH_LT" : "BRANCH_LEQ";
}

void add_nodes(onnx::NodeProto& ensemble, const Forest& forest) {
  Integers tree_ids(ensemble, "nodes_treeids");
  Integers node_ids(ensemble, "nodes_nodeids");
  Integers feature_ids(ensemble, "nodes_featureids");
  Integers true_ids(ensemble, "nodes_truenodeids");
  Integers false_ids(ensemble, "nodes_falsenodeids");
  Integers tracks_true(ensemble, "nodes_missing_value_tracks_true");
  AttributeProto& modes = add_attribute(ensemble, "nodes_modes", AttributeProto::STRINGS);
  std::vector<double> thresholds;
  for_each_node(forest, [&](std::size_t tree, std::size_t number, const ForestNode& node) {
    const std::size_t root = forest.roots()[tree];
    tree_ids.add(tree);
    node_ids.add(number);
    feature_ids.add(node.is_leaf() ? 0 : node.feature());
    true_ids.add(node.is_leaf() ? 0 : node.left() - root);
    false_ids.add(node.is_leaf() ? 0 : node.right() - root);
    tracks_true.add(!node.is_leaf() && node.missing_goes_left() ? 1 : 0);
    modes.add_strings(mode_of(node));
    thresholds.push_back(node.is_leaf() ? 0 : node.threshold());
  });
  add_numbers(ensemble, "nodes_values", forest.shape().sum_type, thresholds);
}

// A leaf of the forest as its tree and its number in it.
struct LeafPlace {
  std::size_t tree;
  std::size_t node;
};

std::vector<LeafPlace> places_of_leaves(const Forest& forest) {
  std::vector<LeafPlace> places(forest.leaf_count());
  for_each_node(forest, [&](std::size_t tree, std::size_t number, const ForestNode& node) {
    if (node.is_leaf()) places[node.leaf()] = {tree, number};
  });
  return places;
}

// kind  "class" or "target". Every value of every leaf, zeros too: a class without a weight would
// be another thing than one with weight 0.
void add_weights(onnx::NodeProto& ensemble, const Forest& forest, const std::string& kind) {
  Integers tree_ids(ensemble, kind + "_treeids");
  Integers node_ids(ensemble, kind + "_nodeids");
  Integers output_ids(ensemble, kind + "_ids");
  std::vector<double> weights;
  const std::vector<LeafPlace> places = places_of_leaves(forest);
  for (std::size_t leaf = 0; leaf < places.size(); ++leaf) {
    const std::span<const double> values = forest.leaf_values(leaf);
    for (std::size_t output = 0; output < values.size(); ++output) {
      tree_ids.add(places[leaf].tree);
      node_ids.add(places[leaf].node);
      output_ids.add(output);
      weights.push_back(values[output]);
    }
  }
  add_numbers(ensemble, kind + "_weights", forest.shape().sum_type, weights);
}

// Why a model is not one forest alone.
std::string structure_text(const Model& model) {
  switch (model.size().forest_count) {
    case 0: return "no trees, expected one forest";
    case 1: return "steps around its forest, expected the forest alone";
    default: return fmt::format("{} forests, expected one", model.size().forest_count);
  }
}

// Tree ensembles have labels of two kinds.
bool has_sayable_labels(const Schema& schema) {
  return std::ranges::all_of(schema.class_labels(), [](const Label& label) {
    return std::holds_alternative<std::int64_t>(label) ||
           std::holds_alternative<std::string>(label);
  });
}

// Builds the ModelProto of one model.
class OnnxWriter {
 public:
  explicit OnnxWriter(const Model& model)
      : schema_(model.schema()), forest_(*model.only_forest()) {}

  onnx::ModelProto write() {
    write_header(file_, kVersions, schema_);
    onnx::GraphProto& graph = *file_.mutable_graph();
    graph.set_name("forest");
    add_value(*graph.add_input(), "features", TensorProto::FLOAT, schema_.feature_count());
    if (is_float64()) {
      add_integer(add_node("Cast", {"features"}, {"features_float64"}), "to", TensorProto::DOUBLE);
    }
    if (schema_.task() == Task::classification) {
      add_classifier();
    } else {
      add_regressor();
    }
    return std::move(file_);
  }

 private:
  // width 0: one value a row.
  static void add_value(onnx::ValueInfoProto& value, const char* name, TensorProto::DataType type,
                        std::size_t width) {
    value.set_name(name);
    auto& tensor = *value.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(type);
    tensor.mutable_shape()->add_dim()->set_dim_param("N");
    if (width != 0)
      tensor.mutable_shape()->add_dim()->set_dim_value(static_cast<std::int64_t>(width));
  }

  onnx::NodeProto& add_node(const char* type, std::initializer_list<const char*> inputs,
                            std::initializer_list<const char*> outputs) {
    onnx::NodeProto& node = *file_.mutable_graph()->add_node();
    node.set_op_type(type);
    for (const char* input : inputs) node.add_input(input);
    for (const char* output : outputs) node.add_output(output);
    return node;
  }

  // The sums are divided behind the ensemble, in float32, because a classifier has no average.
  void add_classifier() {
    const bool averages = forest_.aggregation() == Aggregation::average;
    const char* const scores = averages ? "sums" : "probabilities";
    // Of two classes onnxruntime's own label is the second one whenever that has a positive score.
    const bool has_own_label = schema_.class_labels().size() > 2;
    onnx::NodeProto& ensemble = add_node("TreeEnsembleClassifier", {ensemble_input()},
                                         {has_own_label ? "label" : "own_label", scores});
    ensemble.set_domain("ai.onnx.ml");
    add_class_labels(ensemble);
    add_nodes(ensemble, forest_);
    add_weights(ensemble, forest_, "class");
    add_text(ensemble, "post_transform", "NONE");
    if (!has_own_label) add_best_label(scores);
    if (averages) add_division(scores, "probabilities");
    onnx::GraphProto& graph = *file_.mutable_graph();
    add_value(*graph.add_output(), "label",
              has_text_labels() ? TensorProto::STRING : TensorProto::INT64, 0);
    add_value(*graph.add_output(), "probabilities", TensorProto::FLOAT,
              schema_.class_labels().size());
  }

  void add_class_labels(onnx::NodeProto& ensemble) {
    AttributeProto& labels =
        has_text_labels() ? add_attribute(ensemble, "classlabels_strings", AttributeProto::STRINGS)
                          : add_attribute(ensemble, "classlabels_int64s", AttributeProto::INTS);
    for (const Label& label : schema_.class_labels()) {
      if (const auto* number = std::get_if<std::int64_t>(&label)) labels.add_ints(*number);
      if (const auto* text = std::get_if<std::string>(&label)) labels.add_strings(*text);
    }
  }

  // The label of the first largest score, as we choose it.
  void add_best_label(const char* scores) {
    TensorProto& labels = *file_.mutable_graph()->add_initializer();
    labels.set_name("labels");
    labels.set_data_type(has_text_labels() ? TensorProto::STRING : TensorProto::INT64);
    labels.add_dims(static_cast<std::int64_t>(schema_.class_labels().size()));
    for (const Label& label : schema_.class_labels()) {
      if (const auto* number = std::get_if<std::int64_t>(&label)) labels.add_int64_data(*number);
      if (const auto* text = std::get_if<std::string>(&label)) labels.add_string_data(*text);
    }
    onnx::NodeProto& best = add_node("ArgMax", {scores}, {"best"});
    add_integer(best, "axis", 1);
    add_integer(best, "keepdims", 0);
    add_node("Gather", {"labels", "best"}, {"label"});
  }

  void add_division(const char* sums, const char* averages) {
    TensorProto& count = *file_.mutable_graph()->add_initializer();
    count.set_name("tree_count");
    count.set_data_type(TensorProto::FLOAT);
    count.add_float_data(static_cast<float>(forest_.tree_count()));
    add_node("Div", {sums, "tree_count"}, {averages});
  }

  void add_regressor() {
    onnx::NodeProto& ensemble =
        add_node("TreeEnsembleRegressor", {ensemble_input()}, {"prediction"});
    ensemble.set_domain("ai.onnx.ml");
    add_integer(ensemble, "n_targets", 1);
    // Divided inside, in float64.
    const bool averages = forest_.aggregation() == Aggregation::average;
    add_text(ensemble, "aggregate_function", averages ? "AVERAGE" : "SUM");
    add_nodes(ensemble, forest_);
    add_weights(ensemble, forest_, "target");
    add_text(ensemble, "post_transform", "NONE");
    add_value(*file_.mutable_graph()->add_output(), "prediction", TensorProto::FLOAT, 1);
  }

  [[nodiscard]] bool is_float64() const { return forest_.shape().sum_type == NumberType::float64; }

  [[nodiscard]] const char* ensemble_input() const {
    return is_float64() ? "features_float64" : "features";
  }

  [[nodiscard]] bool has_text_labels() const {
    return std::holds_alternative<std::string>(schema_.class_labels().front());
  }

  const Schema& schema_;
  const Forest& forest_;
  onnx::ModelProto file_;
};

// One sum s for two classes, which become 1 - s and s: onnxruntime says the same of weights for the
// first class alone, none of them negative.
bool is_one_of_two(const Model& model) {
  const Link expected{.two_classes = true, .type = NumberType::float32};
  const Forest& forest = *model.only_forest();
  if (!(*model.link() == expected) || forest.shape().sum_type != NumberType::float32) return false;
  for (std::size_t leaf = 0; leaf < forest.leaf_count(); ++leaf) {
    if (!(forest.leaf_values(leaf)[0] >= 0)) return false;
  }
  return true;
}

bool fits_float32(const Forest& forest) {
  const auto fits = [](double value) { return rounded(NumberType::float32, value) == value; };
  for (std::size_t leaf = 0; leaf < forest.leaf_count(); ++leaf) {
    if (!std::ranges::all_of(forest.leaf_values(leaf), fits)) return false;
  }
  return std::ranges::all_of(forest.nodes(), [&](const ForestNode& node) {
    return node.is_leaf() || node.is_categorical() || fits(node.threshold());
  });
}

// What the model has that the graph cannot say; empty when it can say everything.
std::string unsayable(const Model& model) {
  const Schema& schema = model.schema();
  if (model.only_forest() == nullptr) return structure_text(model);
  if (schema.targets.size() != 1) return count_text(schema.targets.size(), "target");
  if (!has_sayable_labels(schema)) {
    return fmt::format("the class {}, expected labels that are whole numbers or text",
                       label_text(schema.class_labels().front()));
  }
  if (schema.score_count() != 0) return "scores beside its outputs";
  if (!schema.categories.empty()) return "features with categories";
  if (schema.task() == Task::classification && schema.class_labels().size() < 2) {
    return "1 class, expected at least 2";
  }
  if (!model.link()->is_identity() && !is_one_of_two(model)) {
    return fmt::format("the link {}, expected identity", link_text(*model.link()));
  }
  const ForestShape& shape = model.only_forest()->shape();
  if (shape.feature_type != NumberType::float32) return "float64 features, expected float32";
  if (shape.sum_type == NumberType::float32 && !fits_float32(*model.only_forest())) {
    return "float32 sums of numbers that float32 cannot hold";
  }
  if (shape.sum_type == NumberType::float32 && shape.aggregation == Aggregation::average &&
      schema.task() == Task::classification) {
    return "averages in float32 of classes";
  }
  if (!shape.base.empty()) return "a base, expected sums that begin with 0";
  if (shape.takes_any_leaf_value) return "leaves of any value, expected finite ones";
  if (shape.leaf_width != shape.output_count) {
    return fmt::format("leaves of {} values, expected one for each of the {} outputs",
                       shape.leaf_width, shape.output_count);
  }
  for (const ForestNode& node : model.only_forest()->nodes()) {
    if (node.is_leaf() ? node.is_linear() : node.is_categorical() || node.zero_is_missing()) {
      return "linear leaves or tests of categories or of zeros, expected plain ones";
    }
  }
  return "";
}

Result<std::string> bytes_of(const onnx::ModelProto& file) {
  const std::size_t size = file.ByteSizeLong();
  if (size > kModelFileSizeMax) {
    return fail(Code::resource_exhausted, fmt::format("onnx: the model takes {} bytes, expected at "
                                                      "most {}",
                                                      size, kModelFileSizeMax));
  }
  return file.SerializeAsString();
}

}  // namespace

Result<std::string> write_onnx(const Model& model) {
  if (const std::string what = unsayable(model); !what.empty()) {
    return fail(Code::unimplemented, "onnx: the model has " + what);
  }
  return bytes_of(OnnxWriter(model).write());
}

Result<std::string> convert_to_onnx(const Model& model) {
  try {
    return bytes_of(write_model_graph(model));
  } catch (const FormatError& refusal) {
    // A forest that is too wide for that may still be said with answers in float32.
    if (unsayable(model).empty()) return write_onnx(model);
    return std::unexpected(refusal.error);
  }
}

Result<std::string> write_trained_onnx(const Model& model) {
  return unsayable(model).empty() ? write_onnx(model) : convert_to_onnx(model);
}

}  // namespace ml_inference
