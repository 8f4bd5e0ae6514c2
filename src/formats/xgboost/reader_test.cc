// SPDX-License-Identifier: MIT
#include "formats/xgboost/reader.h"

#include "formats/format_error.h"
#include "formats/xgboost/testing/xgboost_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>

namespace ml_inference {
namespace {

using testing::as_xgboost_ubjson;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using testing::replaced;
using testing::small_xgboost_json;
using testing::xgboost_refusal;

std::string spoiled(std::string_view from, std::string_view to) {
  return xgboost_refusal(replaced(small_xgboost_json(), from, to));
}

void expect_small(const XgboostFile& file) {
  EXPECT_THAT(file.version, ElementsAre(2, 1, 4));
  EXPECT_EQ(file.objective, "reg:squarederror");
  EXPECT_THAT(file.objective_parameters, ElementsAre(Pair("scale_pos_weight", "1")));
  EXPECT_EQ(file.num_feature, 3U);
  EXPECT_EQ(file.num_class, 0U);
  EXPECT_EQ(file.num_target, 1U);
  EXPECT_EQ(file.output_count(), 1U);
  EXPECT_THAT(file.base_score, ElementsAre(0.5F));
  EXPECT_THAT(file.feature_names, ElementsAre("age", "income", "visits"));
  EXPECT_THAT(file.feature_types, ElementsAre("float", "int", "q"));
  EXPECT_EQ(file.booster, XgboostBooster::gbtree);
  EXPECT_EQ(file.num_parallel_tree, 1U);
  EXPECT_THAT(file.tree_info, ElementsAre(0, 0));
  EXPECT_THAT(file.iteration_indptr, ElementsAre(0, 1, 2));
  EXPECT_EQ(file.best_iteration, 1U);
  ASSERT_EQ(file.trees.size(), 2U);
  const XgboostTree& tree = file.trees[0];
  ASSERT_EQ(tree.nodes.size(), 5U);
  EXPECT_EQ(tree.nodes[0].left, 1);
  EXPECT_EQ(tree.nodes[0].right, 2);
  EXPECT_EQ(tree.nodes[0].condition, 3.5F);
  EXPECT_FALSE(tree.nodes[0].default_left);
  EXPECT_TRUE(tree.nodes[1].is_leaf());
  EXPECT_EQ(tree.nodes[1].condition, -1.25F);
  EXPECT_EQ(tree.nodes[2].split_index, 2);
  EXPECT_EQ(tree.nodes[2].condition, std::numeric_limits<float>::denorm_min());
  EXPECT_TRUE(tree.nodes[2].default_left);
}

TEST(XgboostReader, ReadsJson) { expect_small(read_xgboost_file(small_xgboost_json())); }

TEST(XgboostReader, ReadsUbjson) {
  expect_small(read_xgboost_file(as_xgboost_ubjson(small_xgboost_json())));
}

TEST(XgboostReader, ReadsTheStateOfABooster) {
  const std::string state =
      R"({"Config":{"learner":[1,{"version":"3"}]},"Model":)" + small_xgboost_json() + "}";
  expect_small(read_xgboost_file(state));
  expect_small(read_xgboost_file(as_xgboost_ubjson(state)));
  EXPECT_TRUE(begins_like_xgboost(state));
  EXPECT_TRUE(begins_like_xgboost(as_xgboost_ubjson(state)));
}

TEST(XgboostReader, KnowsItsFilesByTheirFirstKey) {
  EXPECT_TRUE(begins_like_xgboost(small_xgboost_json()));
  EXPECT_TRUE(begins_like_xgboost(" {\n  \"version\": [1"));
  EXPECT_TRUE(begins_like_xgboost(as_xgboost_ubjson(small_xgboost_json())));
  EXPECT_TRUE(begins_like_xgboost("{i\7learner{"));
  EXPECT_FALSE(begins_like_xgboost("{L"));
  EXPECT_FALSE(begins_like_xgboost("{"));
  EXPECT_FALSE(begins_like_xgboost(""));
  EXPECT_FALSE(begins_like_xgboost("{\"learner"));
  EXPECT_FALSE(begins_like_xgboost("[{\"learner\":1}]"));
  EXPECT_FALSE(begins_like_xgboost("{\"tree_info\":[]}"));
  EXPECT_FALSE(begins_like_xgboost("tree\nversion=v4\n"));
}

TEST(XgboostReader, ReadsFlagsOfOldFilesAndNoCategories) {
  std::string old = replaced(small_xgboost_json(), R"("default_left":[0,0,1,0,0])",
                             R"("default_left":[false,false,true,false,false])");
  old = replaced(old, R"("split_type":[0,0,0,0,0],)", "");
  old = replaced(old, R"("size_leaf_vector":"1")", R"("size_leaf_vector":"0")");
  expect_small(read_xgboost_file(old));
}

TEST(XgboostReader, PassesOverWhatDoesNotMatter) {
  expect_small(
      read_xgboost_file(replaced(small_xgboost_json(), R"("version")",
                                 R"("new":{"learner":[null,true,"x",{"y":[1.5]}]},"version")")));
}

TEST(XgboostReader, ReadsCategoricalSplits) {
  const std::string json = testing::categorical_xgboost_json();
  for (const std::string& bytes : {json, as_xgboost_ubjson(json)}) {
    const XgboostFile file = read_xgboost_file(bytes);
    const XgboostTree& tree = file.trees.at(0);
    EXPECT_TRUE(tree.nodes[0].is_categorical);
    EXPECT_FALSE(tree.nodes[2].is_categorical);
    EXPECT_THAT(tree.category_set(0), ElementsAre(2, 40));
    EXPECT_THAT(tree.category_set(2), IsEmpty());
  }
}

TEST(XgboostReader, ReadsLeafVectorsByNodeAndByLeaf) {
  const XgboostFile by_node = read_xgboost_file(testing::vector_xgboost_json(false));
  EXPECT_EQ(by_node.output_count(), 2U);
  EXPECT_EQ(by_node.trees[0].size_leaf_vector, 2U);
  EXPECT_THAT(by_node.trees[0].leaf_vector(1), ElementsAre(2, 3));
  EXPECT_THAT(by_node.trees[0].leaf_vector(4), ElementsAre(8, 9));
  const XgboostFile by_leaf = read_xgboost_file(testing::vector_xgboost_json(true));
  EXPECT_THAT(by_leaf.trees[0].leaf_vector(1), ElementsAre(20, 21));
  EXPECT_THAT(by_leaf.trees[0].leaf_vector(4), ElementsAre(24, 25));
}

TEST(XgboostReader, ReadsWeightsOfTreesWhereverTheyStand) {
  // Until 3.3 dropout has a booster of its own around the trees, since 3.4 it has none.
  const std::string begin = R"("gradient_booster":{"model":{)";
  const std::string old = replaced(
      replaced(small_xgboost_json(), begin, R"("gradient_booster":{"gbtree":{"model":{)"),
      R"("name":"gbtree"})", R"("name":"gbtree"},"name":"dart","weight_drop":[1E0,5E-1]})");
  const std::string later =
      replaced(small_xgboost_json(), begin, begin + R"("weight_drop":[1E0,5E-1],)");
  for (const std::string& bytes : {old, later}) {
    const XgboostFile file = read_xgboost_file(bytes);
    EXPECT_EQ(file.booster, XgboostBooster::dart);
    EXPECT_THAT(file.weight_drop, ElementsAre(1, 0.5F));
    EXPECT_EQ(file.trees.size(), 2U);
  }
}

TEST(XgboostReader, ReadsALinearBooster) {
  const std::string json = R"({"learner":{"gradient_booster":{"model":{"boosted_rounds":3,
"weights":[1E0,-2.5E0,NaN]},"name":"gblinear"},"learner_model_param":{"base_score":"[1.5E0]",
"num_class":"0","num_feature":"2","num_target":"1"},"objective":{"name":"reg:squarederror"}},
"version":[3,1,3]})";
  const XgboostFile file = read_xgboost_file(json);
  EXPECT_EQ(file.booster, XgboostBooster::gblinear);
  ASSERT_EQ(file.weights.size(), 3U);
  EXPECT_EQ(file.weights[1], -2.5F);
  EXPECT_TRUE(std::isnan(file.weights[2]));
  EXPECT_THAT(file.base_score, ElementsAre(1.5F));
  EXPECT_EQ(
      xgboost_refusal(replaced(json, "-2.5E0,", "")),
      "xgboost: weights has 2 values, expected 3: a weight for each feature and output, and a "
      "bias for each output");
}

TEST(XgboostReader, ReadsNamesOfCategories) {
  const std::string cats = R"("model":{"cats":{"enc":[{"offsets":[],"values":[]},
{"offsets":[0,1,4],"values":[97,-61,-68,98]},{"type":15,"values":[7,-3]}],
"feature_segments":[0,0,2,4],"sorted_idx":[0,1,0,1]},)";
  const std::string json = replaced(small_xgboost_json(), R"("model":{)", cats);
  const XgboostFile file = read_xgboost_file(json);
  ASSERT_EQ(file.categories.size(), 3U);
  EXPECT_THAT(std::get<std::vector<std::string>>(file.categories[0]), IsEmpty());
  EXPECT_THAT(std::get<std::vector<std::string>>(file.categories[1]), ElementsAre("a",
                                                                                  "\xC3\xBC"
                                                                                  "b"));
  EXPECT_THAT(std::get<std::vector<std::int64_t>>(file.categories[2]), ElementsAre(7, -3));
  EXPECT_THAT(xgboost_refusal(replaced(json, "[0,1,4]", "[0,1,5]")),
              HasSubstr("enc[1]: category 1 has the bytes 1 to 5 of 4"));
  EXPECT_THAT(xgboost_refusal(replaced(json, "[0,1,4]", "[0,3,2]")), HasSubstr("bytes 3 to 2"));
  EXPECT_THAT(xgboost_refusal(replaced(json, "-61", "300")), HasSubstr("300, expected a byte"));
}

TEST(XgboostReader, LeavesOutNodesThatPruningLeftBehind) {
  const std::string json =
      replaced(replaced(small_xgboost_json(), "[1,-1,3,-1,-1]", "[1,-1,-1,77,3]"), "[0,0,2,0,0]",
               "[0,0,2147483647,2147483647,0]");
  const XgboostFile file = read_xgboost_file(json);
  EXPECT_TRUE(file.trees[0].nodes[3].is_leaf());
  EXPECT_TRUE(file.trees[0].nodes[4].is_leaf());
}

TEST(XgboostReader, RefusesTreesThatAreNone) {
  EXPECT_EQ(spoiled("[1,-1,3,-1,-1]", "[1,-1,5,-1,-1]"),
            "xgboost: tree 0 node 2: left child 5 of 5 nodes");
  EXPECT_EQ(spoiled("[2,-1,4,-1,-1]", "[2,-1,-9,-1,-1]"),
            "xgboost: tree 0 node 2: right child -9 of 5 nodes");
  EXPECT_EQ(spoiled("[1,-1,3,-1,-1]", "[1,-1,0,-1,-1]"),
            "xgboost: tree 0 node 2: child 0 has two parents");
  EXPECT_EQ(spoiled("[1,-1,3,-1,-1]", "[2,-1,3,-1,-1]"),
            "xgboost: tree 0 node 0: child 2 has two parents");
  EXPECT_EQ(spoiled("[0,0,2,0,0]", "[0,0,3,0,0]"),
            "xgboost: tree 0 node 2: split index 3 of 3 features");
  EXPECT_EQ(spoiled("[0,0,2,0,0]", "[0,0,-1,0,0]"), "xgboost: tree 0 node 2: split index -1");
  EXPECT_EQ(spoiled("[2,-1,4,-1,-1]", "[2,-1,4,-1]"),
            "xgboost: tree 0: right_children has 4 values, expected 5, one a node");
  EXPECT_EQ(spoiled(R"("num_nodes":"5")", R"("num_nodes":"6")"),
            "xgboost: tree 0: num_nodes is 6, left_children has 5 values");
  EXPECT_EQ(spoiled(R"("id":1)", R"("id":0)"), "xgboost: tree 1 has the id 0");
  EXPECT_EQ(spoiled(R"("left_children":[-1])", R"("left_children":[])"),
            "xgboost: tree 1: no nodes, expected one at least");
}

TEST(XgboostReader, RefusesCategoriesThatDoNotFit) {
  const auto spoiled_categories = [](std::string_view from, std::string_view to) {
    return xgboost_refusal(replaced(testing::categorical_xgboost_json(), from, to));
  };
  EXPECT_EQ(spoiled_categories("[2,40]", "[2,16777216]"),
            "xgboost: tree 0: category 16777216, expected 0 to 16777215");
  EXPECT_EQ(spoiled_categories("[2,40]", "[-2,40]"),
            "xgboost: tree 0: category -2, expected 0 to 16777215");
  EXPECT_THAT(spoiled_categories("[2,40]", "[2]"), HasSubstr("2 categories from 0 on, of 1"));
  EXPECT_THAT(spoiled_categories(R"(sizes":[2])", R"(sizes":[2,1])"),
              HasSubstr("2 categories_sizes"));
  EXPECT_THAT(spoiled_categories(R"(sizes":[2])", R"(sizes":[0])"),
              HasSubstr("0 categories from 0"));
  EXPECT_THAT(spoiled_categories(R"(segments":[0])", R"(segments":[2147483647])"),
              HasSubstr("2 categories from 2147483647 on"));
  EXPECT_THAT(spoiled_categories(R"(segments":[0])", R"(segments":[-1])"), HasSubstr("from -1 on"));
  EXPECT_THAT(spoiled_categories(R"(nodes":[0])", R"(nodes":[5])"), HasSubstr("has 5 behind -1"));
  // The same two categories for two nodes.
  EXPECT_THAT(xgboost_refusal(replaced(replaced(replaced(testing::categorical_xgboost_json(),
                                                         R"(sizes":[2])", R"(sizes":[2,2])"),
                                                R"(segments":[0])", R"(segments":[0,0])"),
                                       R"(nodes":[0])", R"(nodes":[0,2])")),
              HasSubstr("behind those up to 2"));
}

TEST(XgboostReader, RefusesLeafVectorsThatDoNotFit) {
  EXPECT_EQ(xgboost_refusal(replaced(testing::vector_xgboost_json(false), ",9E0]", "]")),
            "xgboost: tree 0: base_weights has 9 values, expected 2 for each node");
  EXPECT_EQ(xgboost_refusal(replaced(testing::vector_xgboost_json(true), ",25E0]", "]")),
            "xgboost: tree 0: leaf_weights has 5 values, expected 2 for each leaf");
  EXPECT_EQ(
      xgboost_refusal(replaced(testing::vector_xgboost_json(true), "[2,0,4,1,2]", "[2,0,4,1,3]")),
      "xgboost: tree 0 node 4: leaf 3 of 3 in leaf_weights");
  EXPECT_EQ(
      xgboost_refusal(replaced(testing::vector_xgboost_json(true), "[2,0,4,1,2]", "[2,-1,4,1,2]")),
      "xgboost: tree 0 node 1: leaf -1 of 3 in leaf_weights");
  EXPECT_EQ(xgboost_refusal(replaced(testing::vector_xgboost_json(false), R"(num_target":"2")",
                                     R"(num_target":"3")")),
            "xgboost: tree 0: size_leaf_vector is 2, of 3 outputs");
}

TEST(XgboostReader, RefusesPartsThatDoNotFit) {
  EXPECT_EQ(spoiled(R"("num_trees":"2")", R"("num_trees":"3")"),
            "xgboost: num_trees is 3, the file has 2 trees");
  EXPECT_EQ(spoiled(R"("tree_info":[0,0])", R"("tree_info":[0])"),
            "xgboost: tree_info has 1 values, expected 2: the number of trees");
  EXPECT_EQ(spoiled(R"("tree_info":[0,0])", R"("tree_info":[0,1])"),
            "xgboost: tree_info has output 1 for tree 1, of 1 outputs");
  EXPECT_THAT(spoiled("[0,1,2]", "[0,2,1]"), HasSubstr("iteration_indptr does not go up"));
  EXPECT_EQ(spoiled(R"("income",)", ""),
            "xgboost: feature_names has 2 values, expected 3, as num_feature says");
  EXPECT_THAT(spoiled(R"("num_feature":"3","num_target")", R"("num_feature":"0","num_target")"),
              HasSubstr("num_feature is missing or 0"));
  EXPECT_EQ(spoiled(R"("base_score":"5E-1")", R"("base_score":"[1,2]")"),
            "xgboost: base_score has 2 values, expected 1: the number of outputs");
  EXPECT_EQ(spoiled("[2,1,4]", "[0,9,0]"),
            "xgboost: the version is 0.9.0, expected 1.0.0 or later");
  EXPECT_EQ(spoiled("[2,1,4]", "[2,1]"), "xgboost: version has 2 numbers, expected 3");
  EXPECT_THAT(spoiled(R"("name":"gbtree")", R"("name":"forest")"),
              HasSubstr("the booster is 'forest', expected gbtree, dart or gblinear"));
}

TEST(XgboostReader, RefusesWhatIsMissing) {
  EXPECT_EQ(xgboost_refusal("{}"), "xgboost: version has 0 numbers, expected 3");
  EXPECT_EQ(spoiled(R"("base_score":"5E-1",)", ""),
            "xgboost: there is no learner.learner_model_param.base_score");
  EXPECT_EQ(spoiled(R"("name":"reg:squarederror",)", ""),
            "xgboost: there is no learner.objective.name");
  EXPECT_EQ(spoiled(R"(,
"name":"gbtree"})",
                    "}"),
            "xgboost: there is no learner.gradient_booster.name");
}

// As Booster.save_config() writes it.
TEST(XgboostReader, RefusesAConfigurationWithoutTreesOrWeights) {
  EXPECT_EQ(spoiled(R"("trees":[)", R"("others":[)"),
            "xgboost: there is no learner.gradient_booster.model.trees");
}

TEST(XgboostReader, RefusesValuesOfAnotherKind) {
  EXPECT_EQ(xgboost_refusal(as_xgboost_ubjson("[1,2]")),
            "xgboost: the document is a list, expected an object");
  EXPECT_EQ(spoiled(R"("num_class":"0")", R"("num_class":0)"),
            "xgboost: learner.learner_model_param.num_class is a number, expected a text");
  EXPECT_EQ(spoiled("[1,-1,3,-1,-1]", R"("x")"),
            "xgboost: learner.gradient_booster.model.trees[0].left_children is a text, expected a "
            "list");
  EXPECT_EQ(spoiled("[1,-1,3,-1,-1]", "[1,-1,[3],-1,-1]"),
            "xgboost: learner.gradient_booster.model.trees[0].left_children[2] is a list, expected "
            "a number");
  EXPECT_EQ(spoiled("[1,-1,3,-1,-1]", "[1,-1,3.5,-1,-1]"),
            "xgboost: learner.gradient_booster.model.trees[0].left_children[2] is 3.5, expected a "
            "whole number");
  EXPECT_EQ(spoiled("[1,-1,3,-1,-1]", "[1,-1,3000000000,-1,-1]"),
            "xgboost: learner.gradient_booster.model.trees[0].left_children[2] is 3000000000, "
            "expected a number of 32 bits");
  EXPECT_THAT(spoiled("[0,0,1,0,0]", "[0,0,2,0,0]"), HasSubstr("default_left[2] is 2, expected 0"));
  EXPECT_THAT(spoiled(R"("best_iteration":"1")", R"("best_iteration":1)"),
              HasSubstr("learner.attributes is a number, expected a text"));
  EXPECT_THAT(spoiled(R"(["age",)", R"([5,)"),
              HasSubstr("learner.feature_names[0] is a number, expected a text"));
  EXPECT_THAT(spoiled(R"({"base_weights":[5E-1])", R"(5,{"base_weights":[5E-1])"),
              HasSubstr("trees[1] is a number, expected an object"));
  EXPECT_EQ(spoiled(R"("num_class":"0")", R"("num_class":"2147483647")"),
            "xgboost: num_class is 2147483647, expected at most 10000");
  EXPECT_EQ(spoiled(R"("num_target":"1")", R"("num_target":"2147483647")"),
            "xgboost: num_target is 2147483647, expected at most 1000");
  EXPECT_THAT(spoiled(R"("num_class":"0")", R"("num_class":"-1")"),
              HasSubstr("num_class is '-1', expected a whole number"));
}

TEST(XgboostReader, RefusesKeysThatStandTwice) {
  EXPECT_EQ(spoiled(R"("version")", R"("learner":{},"version")"), "xgboost: learner stands twice");
  EXPECT_EQ(spoiled(R"("num_class")", R"("num_class":"0","num_class")"),
            "xgboost: learner.learner_model_param.num_class stands twice");
  EXPECT_THAT(spoiled(R"("best_iteration":"1")", R"("a":"1","a":"2")"),
              HasSubstr("the key 'a' stands twice"));
  EXPECT_EQ(xgboost_refusal(R"({"Model":)" + small_xgboost_json() + R"(,"learner":{}})"),
            "xgboost: learner stands twice");
}

TEST(XgboostReader, RefusesFilesThatBreakOff) {
  const std::string json = small_xgboost_json();
  const std::string ubjson = as_xgboost_ubjson(json);
  for (std::size_t size = 0; size < json.size(); ++size) {
    EXPECT_THAT(xgboost_refusal(json.substr(0, size)), HasSubstr("breaks off")) << size;
  }
  for (std::size_t size = 0; size < ubjson.size(); ++size) {
    EXPECT_THAT(xgboost_refusal(ubjson.substr(0, size)), HasSubstr("breaks off")) << size;
  }
}

TEST(XgboostReader, RefusesWhatAsksForMoreMemoryThanItsSize) {
  std::string zeros(40'000'000, '0');
  for (std::size_t at = 1; at < zeros.size(); at += 2) zeros[at] = ',';
  zeros.back() = '0';
  EXPECT_THAT(spoiled("[1,-1,3,-1,-1]", "[" + zeros + "0]"),
              HasSubstr("bytes and would take more than"));
}

}  // namespace
}  // namespace ml_inference
