// SPDX-License-Identifier: MIT
// The arrays of a tree ensemble, honest and hostile.
#include "formats/onnx/forest.h"

#include "data/matrix.h"
#include "formats/load_model.h"
#include "formats/onnx/testing/onnx_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

using namespace testing;  // NOLINT: the messages of our own tests
using onnx::ModelProto;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

Model read(const ModelProto& model) {
  Result<Model> read = load_model(model.SerializeAsString(), "test");
  if (!read) ADD_FAILURE() << read.error().message;
  return std::move(read).value();
}

std::vector<double> predict(const ModelProto& file, const std::vector<float>& row) {
  const Model model = read(file);
  std::vector<double> out(model.schema().answer_width());
  const std::vector<double> wide(row.begin(), row.end());
  Workspace workspace;
  model.estimator().predict({wide, 1, wide.size()}, out, workspace);
  out.resize(model.schema().output_count());
  return out;
}

// The message without "onnx: node 0 'TreeEnsemble...': ".
std::string refusal(const ModelProto& model) {
  const std::string text = refusal_of(model);
  const std::size_t at = text.find("': ");
  return at == std::string::npos ? text : text.substr(at + 3);
}

ModelProto regressor_with(const std::string& name, const std::vector<std::int64_t>& values) {
  ModelProto model = small_regressor();
  set_integers(ensemble_of(model), name, values);
  return model;
}

// A regressor of one test: 1 for the true branch, 2 for the false one.
ModelProto one_test(const std::string& mode, float threshold, bool tracks_true) {
  ModelProto model = small_regressor();
  onnx::NodeProto& node = ensemble_of(model);
  set_integers(node, "nodes_treeids", {0, 0, 0});
  set_integers(node, "nodes_nodeids", {0, 1, 2});
  set_texts(node, "nodes_modes", {mode, "LEAF", "LEAF"});
  set_integers(node, "nodes_featureids", {1, 0, 0});
  set_floats(node, "nodes_values", {threshold, 0, 0});
  set_integers(node, "nodes_truenodeids", {1, 0, 0});
  set_integers(node, "nodes_falsenodeids", {2, 0, 0});
  set_integers(node, "nodes_missing_value_tracks_true", {tracks_true ? 1 : 0, 0, 0});
  set_integers(node, "target_treeids", {0, 0});
  set_integers(node, "target_nodeids", {1, 2});
  set_integers(node, "target_ids", {0, 0});
  set_floats(node, "target_weights", {1, 2});
  return model;
}

TEST(OnnxForest, AnswersAsTheTreesSay) {
  EXPECT_THAT(predict(small_classifier(), {1.5F, 9}), ElementsAre(1.5, 0.25, 0.125));
  EXPECT_THAT(predict(small_classifier(), {1.6F, 2.5F}), ElementsAre(0.5, 1.25, 0.125));
  EXPECT_THAT(predict(small_regressor(), {1.6F, 2.6F}), ElementsAre(34));
}

TEST(OnnxForest, ComparesAsEveryModeSays) {
  const auto holds = [](const std::string& mode, float value, float threshold) {
    if (mode == "BRANCH_LEQ") return value <= threshold;
    if (mode == "BRANCH_LT") return value < threshold;
    if (mode == "BRANCH_GTE") return value >= threshold;
    return value > threshold;
  };
  for (const std::string mode : {"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT"}) {
    for (const float threshold : {-kInfinity, -2.5F, -0.0F, 0.0F, 1e-45F, 1.0F, 3e38F}) {
      const ModelProto model = one_test(mode, threshold, false);
      for (const float value :
           {std::nextafter(threshold, -kInfinity), threshold, std::nextafter(threshold, kInfinity),
            -kInfinity, -1.0F, -0.0F, 0.0F, 7.0F, kInfinity, kMissing}) {
        EXPECT_THAT(predict(model, {0, value}), ElementsAre(holds(mode, value, threshold) ? 1 : 2))
            << mode << " " << value << " against " << threshold;
      }
    }
  }
}

TEST(OnnxForest, SendsMissingValuesWhereTheNodeSays) {
  for (const std::string mode : {"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT"}) {
    EXPECT_THAT(predict(one_test(mode, 1, true), {0, kMissing}), ElementsAre(1)) << mode;
    EXPECT_THAT(predict(one_test(mode, 1, false), {0, kMissing}), ElementsAre(2)) << mode;
  }
}

TEST(OnnxForest, AsksWhetherAFeatureEqualsAWholeNumber) {
  for (const bool tracks_true : {false, true}) {
    for (const float value : {1.0F, 1.5F, 0.0F, -1.0F, 33.0F, kInfinity}) {
      EXPECT_THAT(predict(one_test("BRANCH_EQ", 1, tracks_true), {0, value}),
                  ElementsAre(value == 1 ? 1 : 2))
          << value;
      EXPECT_THAT(predict(one_test("BRANCH_NEQ", 1, tracks_true), {0, value}),
                  ElementsAre(value == 1 ? 2 : 1))
          << value;
    }
    EXPECT_THAT(predict(one_test("BRANCH_EQ", 1, tracks_true), {0, kMissing}),
                ElementsAre(tracks_true ? 1 : 2));
    EXPECT_THAT(predict(one_test("BRANCH_NEQ", 1, tracks_true), {0, kMissing}), ElementsAre(1));
  }
}

TEST(OnnxForest, RefusesOtherModes) {
  EXPECT_EQ(refusal(one_test("BRANCH_EQ", 1.5F, false)),
            "tree 0 node 0: a test whether a feature equals 1.5, expected a whole number of 0 to "
            "65535");
  EXPECT_THAT(refusal(one_test("BRANCH_GTX", 1, false)), HasSubstr("mode 'BRANCH_GTX'"));
  EXPECT_EQ(refusal(one_test("BRANCH_LEQ", kMissing, false)),
            "tree 0 node 0: the threshold is not a number");
}

TEST(OnnxForest, TakesNodesAndWeightsInAnyOrderAndWithAnyIds) {
  ModelProto model = small_regressor();
  onnx::NodeProto& node = ensemble_of(model);
  const std::int64_t far = std::numeric_limits<std::int64_t>::max();
  set_integers(node, "nodes_treeids", {9, 9, -1, 9, 9, 9});
  set_integers(node, "nodes_nodeids", {70, far, 5, 8, 3, 60});
  set_texts(node, "nodes_modes", {"LEAF", "BRANCH_LEQ", "LEAF", "BRANCH_LEQ", "LEAF", "LEAF"});
  set_integers(node, "nodes_featureids", {0, 0, 0, 1, 0, 0});
  set_floats(node, "nodes_values", {0, 1.5F, 0, 2.5F, 0, 0});
  set_integers(node, "nodes_truenodeids", {0, 60, 0, 3, 0, 0});
  set_integers(node, "nodes_falsenodeids", {0, 8, 0, 70, 0, 0});
  set_integers(node, "target_treeids", {9, -1, 9, 9});
  set_integers(node, "target_nodeids", {70, 5, 3, 60});
  set_floats(node, "target_weights", {30, 4, 20, 10});
  EXPECT_THAT(predict(model, {1.5F, 9}), ElementsAre(14));
  EXPECT_THAT(predict(model, {1.6F, 2.5F}), ElementsAre(24));
  EXPECT_THAT(predict(model, {1.6F, 2.6F}), ElementsAre(34));
}

TEST(OnnxForest, RefusesArraysOfDifferentLengths) {
  for (const std::string name : {"nodes_nodeids", "nodes_featureids", "nodes_truenodeids",
                                 "nodes_falsenodeids", "nodes_missing_value_tracks_true"}) {
    EXPECT_EQ(refusal(regressor_with(name, {0, 1, 2, 3})), name + " has 4 values, expected 6");
  }
  for (const std::string name : {"target_nodeids", "target_ids"}) {
    EXPECT_EQ(refusal(regressor_with(name, {0})), name + " has 1 values, expected 4");
  }
  ModelProto model = small_regressor();
  set_texts(ensemble_of(model), "nodes_modes", {"LEAF"});
  EXPECT_EQ(refusal(model), "nodes_modes has 1 values, expected 6");
  model = small_regressor();
  set_floats(ensemble_of(model), "nodes_values", {1});
  EXPECT_EQ(refusal(model), "nodes_values has 1 values, expected 6");
}

TEST(OnnxForest, RefusesEveryMissingArray) {
  for (const std::string name :
       {"nodes_treeids", "nodes_nodeids", "nodes_featureids", "nodes_modes", "nodes_values",
        "nodes_truenodeids", "nodes_falsenodeids", "target_treeids", "target_nodeids", "target_ids",
        "target_weights"}) {
    ModelProto model = small_regressor();
    remove_attribute(ensemble_of(model), name);
    EXPECT_THAT(refusal(model), HasSubstr("has")) << name;
  }
}

TEST(OnnxForest, RefusesCycles) {
  // The root is its own child; so node 1 has no parent and looks like a root above nothing.
  EXPECT_THAT(refusal(regressor_with("nodes_truenodeids", {0, 0, 3, 0, 0, 0})),
              HasSubstr("on a cycle"));
  // A root and its leaves, and beside them two nodes in a circle.
  ModelProto model = small_regressor();
  onnx::NodeProto& node = ensemble_of(model);
  set_integers(node, "nodes_treeids", {0, 0, 0, 0, 0, 0});
  set_integers(node, "nodes_nodeids", {0, 1, 2, 3, 4, 5});
  set_texts(node, "nodes_modes", {"LEAF", "BRANCH_LEQ", "BRANCH_LEQ", "LEAF", "LEAF", "LEAF"});
  set_integers(node, "nodes_truenodeids", {0, 2, 1, 0, 0, 0});
  set_integers(node, "nodes_falsenodeids", {0, 3, 4, 0, 0, 0});
  set_integers(node, "target_treeids", {0, 0, 0, 0});
  set_integers(node, "target_nodeids", {0, 3, 4, 5});
  EXPECT_EQ(refusal(model), "tree 0 node 5: no parent leads to the node, nor to tree 0 node 0");
}

TEST(OnnxForest, RefusesTwoParents) {
  EXPECT_EQ(refusal(regressor_with("nodes_falsenodeids", {1, 0, 4, 0, 0, 0})),
            "tree 0 node 1: the node has two parents");
}

TEST(OnnxForest, RefusesChildrenThatDoNotExist) {
  EXPECT_EQ(refusal(regressor_with("nodes_truenodeids", {1, 0, -3, 0, 0, 0})),
            "tree 0 node 2: child -3 does not exist");
  EXPECT_EQ(refusal(regressor_with("nodes_truenodeids", {1, 0, 1LL << 40, 0, 0, 0})),
            "tree 0 node 2: child 1099511627776 does not exist");
}

TEST(OnnxForest, RefusesANodeThatIsGivenTwice) {
  EXPECT_EQ(refusal(regressor_with("nodes_nodeids", {0, 1, 2, 3, 3, 0})),
            "tree 0 node 3: the node is given twice");
}

TEST(OnnxForest, RefusesFeaturesThatDoNotExist) {
  EXPECT_EQ(refusal(regressor_with("nodes_featureids", {0, 0, -1, 0, 0, 0})),
            "tree 0 node 2: feature -1 does not exist");
  EXPECT_EQ(refusal(regressor_with("nodes_featureids", {0, 0, 2, 0, 0, 0})),
            "tree 0 node 2: feature 2 does not exist, there are 2");
  EXPECT_THAT(refusal(regressor_with("nodes_featureids", {0, 0, 1LL << 62, 0, 0, 0})),
              StartsWith("tree 0 node 2: feature 4611686018427387904 does not exist"));
}

TEST(OnnxForest, RefusesWeightsThatBelongToNoLeaf) {
  EXPECT_EQ(refusal(regressor_with("target_nodeids", {1, 3, 2, 0})),
            "weight 2 belongs to tree 0 node 2, which is no leaf");
  EXPECT_EQ(refusal(regressor_with("target_treeids", {0, 0, 0, 7})),
            "weight 3 belongs to tree 7 node 0, which is no leaf");
  EXPECT_EQ(refusal(regressor_with("target_ids", {0, 0, 0, 1})),
            "target_ids holds 1, expected 0 to 0");
}

TEST(OnnxForest, RefusesLeavesWithoutAWeightAndWithTwo) {
  ModelProto model = small_regressor();
  onnx::NodeProto& node = ensemble_of(model);
  set_integers(node, "target_nodeids", {1, 3, 3, 0});
  EXPECT_EQ(refusal(model), "tree 0 node 4: the leaf has no weight");
  set_integers(node, "target_treeids", {0, 0, 0, 1, 0});
  set_integers(node, "target_nodeids", {1, 3, 4, 0, 3});
  set_integers(node, "target_ids", {0, 0, 0, 0, 0});
  set_floats(node, "target_weights", {1, 2, 3, 4, 5});
  EXPECT_EQ(refusal(model), "tree 0 node 3: output 0 has two weights");
}

TEST(OnnxForest, RefusesWeightsThatAreNotFinite) {
  ModelProto model = small_regressor();
  set_floats(ensemble_of(model), "target_weights", {10, kInfinity, 30, 4});
  EXPECT_THAT(refusal(model), HasSubstr("a value that is not finite"));
}

TEST(OnnxForest, AggregatesAsTheFileSays) {
  ModelProto model = small_regressor();
  set_text(ensemble_of(model), "aggregate_function", "AVERAGE");
  EXPECT_THAT(predict(model, {1.6F, 2.6F}), ElementsAre(17));
  set_floats(ensemble_of(model), "base_values", {1});
  EXPECT_THAT(predict(model, {1.6F, 2.6F}), ElementsAre(18));
  set_text(ensemble_of(model), "aggregate_function", "SUM");
  EXPECT_THAT(predict(model, {1.6F, 2.6F}), ElementsAre(35));
  set_text(ensemble_of(model), "aggregate_function", "MAX");
  EXPECT_THAT(predict(model, {1.6F, 2.6F}), ElementsAre(31));
  set_text(ensemble_of(model), "aggregate_function", "MIN");
  EXPECT_THAT(predict(model, {1.6F, 2.6F}), ElementsAre(5));
  set_text(ensemble_of(model), "aggregate_function", "MEDIAN");
  EXPECT_THAT(refusal(model), HasSubstr("aggregate_function 'MEDIAN'"));
}

TEST(OnnxForest, TransformsAsTheFileSays) {
  ModelProto model = small_classifier();
  set_text(ensemble_of(model), "post_transform", "LOGISTIC");
  const std::vector<double> logistic = predict(model, {1.5F, 9});
  EXPECT_NEAR(logistic[0], 1 / (1 + std::exp(-1.5)), 1e-7);
  set_text(ensemble_of(model), "post_transform", "SOFTMAX");
  const std::vector<double> softmax = predict(model, {1.5F, 9});
  EXPECT_NEAR(softmax[0] + softmax[1] + softmax[2], 1, 1e-6);
  EXPECT_NEAR(softmax[0] / softmax[1], std::exp(1.25), 1e-5);
  set_text(ensemble_of(model), "post_transform", "WHATEVER");
  EXPECT_THAT(refusal(model), HasSubstr("post_transform 'WHATEVER' is not known here"));
}

// Of two classes with one column of weights onnxruntime makes two columns.
TEST(OnnxForest, MakesTwoColumnsOfOne) {
  ModelProto model = small_classifier();
  onnx::NodeProto& node = ensemble_of(model);
  set_texts(node, "classlabels_strings", {"a", "b"});
  set_integers(node, "class_treeids", {0, 0, 0, 1});
  set_integers(node, "class_nodeids", {1, 3, 4, 0});
  set_integers(node, "class_ids", {0, 0, 0, 0});
  set_floats(node, "class_weights", {0, 0.25F, 0.5F, 0.125F});
  EXPECT_THAT(predict(model, {1, 1}), ElementsAre(0.875, 0.125));
  EXPECT_THAT(predict(model, {2, 3}), ElementsAre(0.375, 0.625));
  set_floats(node, "class_weights", {-1, 0.25F, 0.5F, 0.125F});
  EXPECT_THAT(predict(model, {1, 1}), ElementsAre(0.875, -0.875));
  set_integers(node, "class_ids", {1, 1, 1, 1});
  EXPECT_THAT(predict(model, {1, 1}), ElementsAre(0, -0.875));
  set_integers(node, "class_ids", {0, 1, 0, 1});
  EXPECT_THAT(predict(model, {1, 1}), ElementsAre(-1, 0.125));
}

TEST(OnnxForest, CountsAClassWithoutAScoreAsNothing) {
  ModelProto model = small_classifier();
  onnx::NodeProto& node = ensemble_of(model);
  set_integers(node, "class_treeids", {0, 0, 0, 1, 1});
  set_integers(node, "class_nodeids", {1, 3, 4, 0, 0});
  set_integers(node, "class_ids", {0, 1, 2, 0, 1});
  set_floats(node, "class_weights", {-1, -1, -1, -0.5F, -0.25F});
  EXPECT_THAT(predict(model, {1, 1}), ElementsAre(-1.5, -0.25, 0));
  set_floats(node, "base_values", {0, 0, 0.5F});
  EXPECT_THAT(predict(model, {1, 1}), ElementsAre(-1.5, -0.25, 0.5));
}

TEST(OnnxForest, RefusesDenseLeavesThatAreFarLargerThanTheFile) {
  ModelProto model = small_classifier();
  onnx::NodeProto& node = ensemble_of(model);
  std::vector<std::string> labels;
  for (int label = 0; label < 10'000; ++label) labels.push_back(std::to_string(label));
  set_texts(node, "classlabels_strings", labels);
  std::vector<std::int64_t> trees;
  std::vector<std::int64_t> zeros(2'000, 0);
  for (int tree = 0; tree < 2'000; ++tree) trees.push_back(tree);
  for (const char* name : {"nodes_nodeids", "nodes_featureids", "nodes_truenodeids",
                           "nodes_falsenodeids", "class_nodeids", "class_ids"}) {
    set_integers(node, name, zeros);
  }
  set_integers(node, "nodes_treeids", trees);
  set_integers(node, "class_treeids", trees);
  set_floats(node, "nodes_values", std::vector<float>(2'000, 0));
  set_floats(node, "class_weights", std::vector<float>(2'000, 1));
  set_texts(node, "nodes_modes", std::vector<std::string>(2'000, "LEAF"));
  EXPECT_THAT(refusal(model), StartsWith("2000 leaves of 20000 values, expected at most"));
}

}  // namespace
}  // namespace ml_inference
