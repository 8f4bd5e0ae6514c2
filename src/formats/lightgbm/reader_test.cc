// SPDX-License-Identifier: MIT
#include "formats/lightgbm/reader.h"

#include "formats/format_error.h"
#include "formats/lightgbm/testing/lightgbm_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace ml_inference {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::lightgbm_refusal;
using testing::small_lightgbm;
using ::testing::StartsWith;
using testing::with;

TEST(LightgbmReader, BeginsWithTheWordTree) {
  EXPECT_TRUE(begins_like_lightgbm("tree\nversion=v3\n"));
  EXPECT_TRUE(begins_like_lightgbm("tree\r\nversion=v3\r\n"));
  EXPECT_FALSE(begins_like_lightgbm("tree"));
  EXPECT_FALSE(begins_like_lightgbm("trees\n"));
  EXPECT_FALSE(begins_like_lightgbm("{\"tree\":"));
  EXPECT_FALSE(begins_like_lightgbm(""));
}

TEST(LightgbmReader, ReadsTheHeader) {
  const LightgbmFile file = read_lightgbm_file(small_lightgbm());
  EXPECT_EQ(file.version, "v4");
  EXPECT_EQ(file.num_class, 1U);
  EXPECT_EQ(file.num_tree_per_iteration, 1U);
  EXPECT_EQ(file.max_feature_idx, 2U);
  EXPECT_EQ(file.objective.name, "binary");
  EXPECT_EQ(file.objective.sigmoid, 0.5);
  EXPECT_FALSE(file.average_output);
  EXPECT_TRUE(file.has_end_of_trees);
  EXPECT_EQ(file.iteration_count(), 3U);
}

TEST(LightgbmReader, ReadsFeaturesAndWhatTrainingHasSeenOfThem) {
  const LightgbmFile file = read_lightgbm_file(small_lightgbm());
  ASSERT_EQ(file.features.size(), 3U);
  EXPECT_EQ(file.features[0].name, "width");
  EXPECT_EQ(file.features[0].kind, LightgbmFeatureKind::numerical);
  EXPECT_EQ(file.features[0].code_end, 8U);
  EXPECT_EQ(file.features[1].kind, LightgbmFeatureKind::categorical);
  EXPECT_THAT(file.categories_of(file.features[1]), ElementsAre(2, 0, -1));
  EXPECT_EQ(file.features[2].kind, LightgbmFeatureKind::unused);
}

TEST(LightgbmReader, TellsRangesThatMayBeOfCodes) {
  const auto code_end = [](const char* range) {
    return read_lightgbm_file(with(small_lightgbm(), "[0:7]", range)).features.at(0).code_end;
  };
  EXPECT_EQ(code_end("[0:7]"), 8U);
  EXPECT_EQ(code_end("[2:2]"), 3U);
  for (const char* other : {"[-1:7]", "[0:7.5]", "[0.5:7]", "[3:2]", "[0:2147483647]", "[0:]",
                            "[:]", "[]", "[0]", "[::1]", "[nan:inf]"}) {
    EXPECT_EQ(code_end(other), 0U) << other;
  }
}

TEST(LightgbmReader, ReadsATreeOfNumericalAndCategoricalTests) {
  const LightgbmTree tree = read_lightgbm_file(small_lightgbm()).trees.at(0);
  ASSERT_EQ(tree.num_leaves(), 3U);
  EXPECT_THAT(tree.leaf_value, ElementsAre(0.25, -0.5, 1.5));
  const LightgbmNode& first = tree.nodes.at(0);
  EXPECT_EQ(first.split_feature, 0);
  EXPECT_EQ(first.threshold, 1.0000000180025095e-35);
  EXPECT_EQ(first.left_child, 1);
  EXPECT_EQ(first.right_child, ~1);
  EXPECT_FALSE(first.is_categorical());
  EXPECT_TRUE(first.is_default_left());
  EXPECT_EQ(first.missing_type(), LightgbmMissing::nan);
  const LightgbmNode& second = tree.nodes.at(1);
  EXPECT_TRUE(second.is_categorical());
  EXPECT_FALSE(second.is_default_left());
  EXPECT_EQ(second.missing_type(), LightgbmMissing::none);
  EXPECT_THAT(tree.category_set(second), ElementsAre(5U, 4294967295U));
  EXPECT_EQ(tree.shrinkage, 0.1);
}

TEST(LightgbmReader, ReadsATreeOfOneLeaf) {
  const LightgbmTree tree = read_lightgbm_file(small_lightgbm()).trees.at(1);
  EXPECT_TRUE(tree.nodes.empty());
  EXPECT_THAT(tree.leaf_value, ElementsAre(0.125));
}

TEST(LightgbmReader, ReadsALinearTree) {
  const LightgbmTree tree = read_lightgbm_file(small_lightgbm()).trees.at(2);
  EXPECT_TRUE(tree.is_linear);
  EXPECT_TRUE(std::isnan(tree.linear_leaf(0).leaf_const));
  EXPECT_TRUE(tree.linear_leaf(0).leaf_features.empty());
  EXPECT_EQ(tree.linear_leaf(1).leaf_const, 0.5);
  EXPECT_THAT(tree.linear_leaf(1).leaf_features, ElementsAre(0U, 2U));
  EXPECT_THAT(tree.linear_leaf(1).leaf_coeff, ElementsAre(2.5, -1e-3));
}

TEST(LightgbmReader, ReadsCategoriesOfPandas) {
  const std::string bytes =
      with(small_lightgbm(), "pandas_categorical:null",
           R"(pandas_categorical:[["a", "\u00e9\ud83d\ude00\n"], [1, -2], [0.1, true, null], []])");
  const LightgbmFile file = read_lightgbm_file(bytes);
  ASSERT_EQ(file.pandas_categorical.size(), 4U);
  EXPECT_THAT(file.pandas_categorical[0],
              ElementsAre(LightgbmCategory("a"), LightgbmCategory("\xC3\xA9\xF0\x9F\x98\x80\n")));
  EXPECT_THAT(file.pandas_categorical[1],
              ElementsAre(LightgbmCategory(std::int64_t{1}), LightgbmCategory(std::int64_t{-2})));
  EXPECT_THAT(file.pandas_categorical[2], ElementsAre(LightgbmCategory(0.1), LightgbmCategory(true),
                                                      LightgbmCategory(std::monostate())));
  EXPECT_TRUE(file.pandas_categorical[3].empty());
}

TEST(LightgbmReader, ReadsWhichFeaturesWereSaidToBeCategorical) {
  const auto features = [](const char* text) {
    return read_lightgbm_file(with(small_lightgbm(), "[categorical_feature: 1]", text))
        .categorical_feature;
  };
  EXPECT_THAT(features("[categorical_feature: 1]"), ElementsAre(1U));
  EXPECT_THAT(features("[categorical_feature: 0,2]"), ElementsAre(0U, 2U));
  EXPECT_TRUE(features("[categorical_feature: ]").empty());
  EXPECT_TRUE(features("[categorical_feature: name:a,b]").empty());
}

TEST(LightgbmReader, KnowsFilesOfTheLaterThirdVersionsByAParameter) {
  EXPECT_TRUE(read_lightgbm_file(small_lightgbm()).has_parameters);
  EXPECT_FALSE(read_lightgbm_file(small_lightgbm()).has_precise_float_parser);
  EXPECT_TRUE(read_lightgbm_file(with(small_lightgbm(), "[boosting: gbdt]",
                                      "[boosting: gbdt]\n[precise_float_parser: 0]"))
                  .has_precise_float_parser);
}

TEST(LightgbmReader, TakesLinesThatEndWithCrLf) {
  std::string bytes = small_lightgbm();
  for (std::size_t at = bytes.find('\n'); at != std::string::npos; at = bytes.find('\n', at + 2)) {
    bytes.insert(at, 1, '\r');
  }
  const LightgbmFile file = read_lightgbm_file(bytes);
  EXPECT_EQ(file.trees.size(), 3U);
  EXPECT_EQ(file.features[2].name, "colour");
  EXPECT_TRUE(file.has_end_of_trees);
}

TEST(LightgbmReader, TakesTheKeysOfATreeInAnyOrder) {
  const std::string bytes = with(with(small_lightgbm(), "num_leaves=1\n", ""), "leaf_value=0.125\n",
                                 "leaf_value=0.125\nnum_leaves=1\n");
  EXPECT_EQ(read_lightgbm_file(bytes).trees.at(1).num_leaves(), 1U);
}

TEST(LightgbmReader, TakesAChildWithASmallerNumberThanItsParent) {
  const std::string bytes = testing::lightgbm_of_tree(
      "num_leaves=4\nnum_cat=0\nsplit_feature=0 0 0\nthreshold=1 2 3\n"
      "decision_type=2 2 2\nleft_child=2 -1 1\nright_child=-4 -2 -3\n"
      "leaf_value=1 2 3 4\n");
  EXPECT_EQ(read_lightgbm_file(bytes).trees.at(0).nodes.at(2).left_child, 1);
}

TEST(LightgbmReader, ReadsEveryNumberThatADoubleCanBe) {
  const auto value = [](const char* text) {
    return read_lightgbm_file(
               with(small_lightgbm(), "leaf_value=0.125", std::string("leaf_value=") + text))
        .trees.at(1)
        .leaf_value.at(0);
  };
  EXPECT_EQ(value("4.9406564584124654e-324"), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(value("1.7976931348623157e+308"), std::numeric_limits<double>::max());
  EXPECT_EQ(value("0.10000000000000001"), 0.1);
  EXPECT_EQ(value("inf"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(value("-inf"), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(value("nan")));
  EXPECT_TRUE(std::isnan(value("-nan")));
  EXPECT_TRUE(std::isnan(value("-nan(ind)")));  // of the C library of Windows
  EXPECT_TRUE(std::signbit(value("-0")));
}

// Lines below the header matter up to the end of the trees; the rest is of no use for predictions.
TEST(LightgbmReader, RefusesAFileCutBehindEveryLineOfHeaderAndTrees) {
  const std::string bytes = small_lightgbm();
  const std::size_t end = bytes.find("end of trees");
  for (std::size_t at = 0; at < end; at = bytes.find('\n', at) + 1) {
    EXPECT_THAT(lightgbm_refusal(bytes.substr(0, at)), StartsWith("lightgbm: ")) << at;
  }
  EXPECT_EQ(lightgbm_refusal(bytes.substr(0, end + 12)), "");
}

TEST(LightgbmReader, TakesAnOldFileWithoutAnEndOfTreesButWithImportances) {
  const std::string bytes = with(with(small_lightgbm(), "version=v4", "version=v2"),
                                 "end of trees\n\nfeature_imp", "\nfeature imp");
  EXPECT_FALSE(read_lightgbm_file(bytes).has_end_of_trees);
  EXPECT_EQ(lightgbm_refusal(bytes.substr(0, bytes.find("feature imp"))),
            "lightgbm: behind 3 trees there is nothing, expected 'end of trees'");
  EXPECT_EQ(lightgbm_refusal(with(bytes, "version=v2", "version=v3")),
            "lightgbm: behind 3 trees there is 'feature importances:', expected 'end of trees'");
}

TEST(LightgbmReader, TakesAFileWithoutTrees) {
  const std::string bytes = small_lightgbm();
  const std::size_t trees = bytes.find("tree_sizes");
  EXPECT_TRUE(read_lightgbm_file(bytes.substr(0, trees) + bytes.substr(bytes.find("end of trees")))
                  .trees.empty());
}

TEST(LightgbmReader, SurvivesAFileCutAtEveryByte) {
  const std::string bytes = small_lightgbm();
  for (std::size_t size = 0; size < bytes.size(); ++size) lightgbm_refusal(bytes.substr(0, size));
}

TEST(LightgbmReader, SurvivesEveryChangedByte) {
  const std::string bytes = small_lightgbm();
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const char changed : {'\0', '\n', '\r', ' ', '-', '9', '=', '\xFF'}) {
      std::string damaged = bytes;
      damaged[at] = changed;
      lightgbm_refusal(damaged);
    }
  }
}

struct Hostile {
  const char* name;
  const char* old_text;
  const char* new_text;
  const char* message;
};

TEST(LightgbmReader, RefusesCategorySetsThatDescend) {
  const std::string bytes =
      with(with(small_lightgbm(), "num_cat=1", "num_cat=2"), "ies=0 2", "ies=0 2 1");
  EXPECT_EQ(lightgbm_refusal(bytes),
            "lightgbm: tree 0: cat_boundaries has 1 behind 2, expected an ascent");
}

class LightgbmHostile : public ::testing::TestWithParam<Hostile> {};

TEST_P(LightgbmHostile, IsRefusedWithItsReason) {
  const std::string bytes = with(small_lightgbm(), GetParam().old_text, GetParam().new_text);
  EXPECT_EQ(lightgbm_refusal(bytes), std::string("lightgbm: ") + GetParam().message);
}

constexpr Hostile kHostile[] = {
    {"UnknownVersion", "version=v4", "version=v5", "the version is 'v5', expected v2, v3 or v4"},
    {"NoClassCount", "num_class=1\n", "", "there is no num_class before the first tree"},
    {"NoFeatureCount", "max_feature_idx=2\n", "",
     "there is no max_feature_idx before the first tree"},
    {"NoFeatureNames", "feature_names=", "f=", "there is no feature_names before the first tree"},
    {"NoFeatureInfos", "feature_infos=", "f=", "there is no feature_infos before the first tree"},
    {"KeyTwice", "num_class=1\n", "num_class=1\nnum_class=2\n", "num_class stands twice"},
    {"ClassesNoNumber", "num_class=1\n", "num_class=one\n",
     "num_class has 'one', expected a whole number from 0"},
    {"NoClasses", "num_class=1\n", "num_class=0\n", "num_class is 0, expected at least 1"},
    {"TooManyClasses", "num_class=1\n", "num_class=4000000000\n",
     "num_class is 4000000000, expected at most 10000"},
    {"ClassesBeyondAnyNumber", "num_class=1\n", "num_class=99999999999\n",
     "num_class has '99999999999', expected a whole number from 0"},
    {"NegativeFeatureCount", "max_feature_idx=2", "max_feature_idx=-1",
     "max_feature_idx has '-1', expected a whole number from 0"},
    {"TooManyFeatures", "max_feature_idx=2", "max_feature_idx=1000000",
     "max_feature_idx is 1000000, expected at most 999999"},
    {"FeaturesWithoutNames", "max_feature_idx=2", "max_feature_idx=999999",
     "feature_names has 3 values, expected 1000000"},
    {"TooManyNames", "max_feature_idx=2", "max_feature_idx=1",
     "feature_names has 3 values, expected 2"},
    {"TooFewInfos", "[0:7] 2:0:-1 none", "[0:7] none", "feature_infos has 2 values, expected 3"},
    {"TooManyInfos", "[0:7] 2:0:-1 none", "[0:7] none none none",
     "feature_infos has 4 values, expected 3"},
    {"InfoNoNumber", "2:0:-1", "2:0:x", "feature_infos has 'x', expected a whole number"},
    {"NameTwice", "width kind colour", "kind width kind", "feature name 'kind' stands twice"},
    {"NameNoText", "width kind colour", "width \xFF colour", "feature name 1 is not UTF-8"},
    {"SigmoidNoNumber", "sigmoid:0.5", "sigmoid:", "objective: sigmoid has '', expected a number"},
    {"SigmoidZero", "sigmoid:0.5", "sigmoid:0", "objective: sigmoid is 0, expected above 0"},
    {"SigmoidInfinite", "sigmoid:0.5", "sigmoid:inf",
     "objective: sigmoid is inf, expected above 0"},
    {"SigmoidNan", "sigmoid:0.5", "sigmoid:nan", "objective: sigmoid is nan, expected above 0"},
    {"ObjectiveTwice", "sigmoid:0.5", "sigmoid:1 sigmoid:2", "objective has 'sigmoid' twice"},
    {"IncompleteIteration", "num_tree_per_iteration=1", "num_tree_per_iteration=2",
     "the file has 3 trees, expected a multiple of num_tree_per_iteration, 2"},
    {"OtherTreeCount", "tree_sizes=1 2 3", "tree_sizes=1 2 3 4",
     "the file has 3 trees, expected 4 as tree_sizes says"},
    {"NoLeafCount", "num_leaves=3\n", "", "tree 0 has no num_leaves"},
    {"NoCategoryCount", "num_cat=1\n", "has_categorical=1\n",
     "tree 0 has no num_cat: files of LightGBM before 2.0.5 are not read"},
    {"NoLeaves", "num_leaves=3", "num_leaves=0", "tree 0: num_leaves is 0, expected at least 1"},
    {"NegativeLeaves", "num_leaves=3", "num_leaves=-3",
     "tree 0: num_leaves has '-3', expected a whole number from 0"},
    {"HugeLeafCount", "num_leaves=3", "num_leaves=50000001",
     "tree 0: num_leaves is 50000001, expected at most 50000000"},
    {"LeafCountWithoutLeaves", "num_leaves=3", "num_leaves=50000000",
     "tree 0: leaf_value has 3 values, expected 50000000"},
    {"TooFewLeaves", "leaf_value=0.25 -0.5 1.5", "leaf_value=0.25 -0.5",
     "tree 0: leaf_value has 2 values, expected 3"},
    {"TooManyLeaves", "leaf_value=0.25 -0.5 1.5", "leaf_value=0.25 -0.5 1.5 0",
     "tree 0: leaf_value has 4 values, expected 3"},
    {"TreeKeyTwice", "num_cat=1\n", "num_cat=1\nnum_cat=1\n", "tree 0: num_cat stands twice"},
    {"NoThresholds", "threshold=1.0000000180025095e-35 0\n", "", "tree 0 has no threshold"},
    {"ThresholdNoNumber", "threshold=1.0000000180025095e-35 0", "threshold=1.0x 0",
     "tree 0: threshold has '1.0x', expected a number"},
    {"TooFewChildren", "left_child=1 -1", "left_child=1",
     "tree 0: left_child has 1 value, expected 2"},
    {"ChildNoNumber", "left_child=1 -1", "left_child=1 -1.5",
     "tree 0: left_child has '-1.5', expected a whole number"},
    {"NodeThatDoesNotExist", "left_child=1 -1", "left_child=2 -1",
     "tree 0 node 0: left child is node 2 of 2"},
    {"LeafThatDoesNotExist", "left_child=1 -1", "left_child=1 -4",
     "tree 0 node 1: left child is leaf 3 of 3"},
    {"SmallestChild", "left_child=1 -1", "left_child=1 -2147483648",
     "tree 0 node 1: left child is leaf 2147483647 of 3"},
    {"ChildThatIsTheRoot", "left_child=1 -1", "left_child=1 0",
     "tree 0 node 1: left child is node 0, which has a parent already"},
    {"ChildThatIsItself", "left_child=1 -1", "left_child=0 -1",
     "tree 0 node 0: left child is node 0, which has a parent already"},
    {"LeafOfTwoParents", "left_child=1 -1", "left_child=1 -2",
     "tree 0 node 1: left child is leaf 1, which has a parent already"},
    {"FeatureThatDoesNotExist", "split_feature=0 1", "split_feature=3 1",
     "tree 0 node 0: split_feature is 3, expected 0 to 2"},
    {"NegativeFeature", "split_feature=0 1", "split_feature=0 -1",
     "tree 0 node 1: split_feature is -1, expected 0 to 2"},
    {"UnknownDecision", "decision_type=10 1", "decision_type=12 1",
     "tree 0 node 0: decision_type is 12, expected 0 to 11"},
    {"HugeDecision", "decision_type=10 1", "decision_type=256 1",
     "tree 0: decision_type has '256', expected a whole number from 0"},
    {"SetThatDoesNotExist", "e-35 0\n", "e-35 1\n",
     "tree 0 node 1: threshold is 1, expected one of 1 category sets"},
    {"SetBetweenTwo", "e-35 0\n", "e-35 0.5\n",
     "tree 0 node 1: threshold is 0.5, expected one of 1 category sets"},
    {"SetNan", "e-35 0\n", "e-35 nan\n",
     "tree 0 node 1: threshold is nan, expected one of 1 category sets"},
    {"SetsMissing", "num_cat=1", "num_cat=0",
     "tree 0 node 1: threshold is 0, expected one of 0 category sets"},
    {"HugeSetCount", "num_cat=1", "num_cat=4294967295",
     "tree 0: cat_boundaries has 2 values, expected 4294967296"},
    {"NoBoundaries", "cat_boundaries=0 2\n", "", "tree 0 has no cat_boundaries"},
    {"BoundariesFromOne", "cat_boundaries=0 2", "cat_boundaries=1 2",
     "tree 0: cat_boundaries begins with 1, expected 0"},
    {"TooFewBoundaries", "num_cat=1", "num_cat=2",
     "tree 0: cat_boundaries has 2 values, expected 3"},
    {"BoundaryBeyondTheWords", "cat_boundaries=0 2", "cat_boundaries=0 4294967295",
     "tree 0: cat_threshold has 2 values, expected 4294967295"},
    {"WordTooLarge", "4294967295", "4294967296",
     "tree 0: cat_threshold has '4294967296', expected a whole number from 0"},
    {"LinearFeatureThatDoesNotExist", "leaf_features= 0 2", "leaf_features= 0 3",
     "tree 2: leaf_features has 3, expected 0 to 2"},
    {"TooFewLinearFeatures", "leaf_features= 0 2", "leaf_features= 0",
     "tree 2: leaf_features has 1 value, expected 2"},
    {"TooManyCoefficients", "leaf_coeff= 2.5 -0.001", "leaf_coeff= 2.5 -0.001 1",
     "tree 2: leaf_coeff has 3 values, expected 2"},
    {"HugeTermCount", "num_features=0 2", "num_features=4294967295 2",
     "tree 2: num_features adds up to more than 100000000"},
    {"NoLinearConstants", "leaf_const=-nan 0.5\n", "", "tree 2 has no leaf_const"},
    {"CategoriesTwice", "pandas_categorical:null", "pandas_categorical:null\npandas_categorical:[]",
     "pandas_categorical stands twice"},
    {"CategoryTwice", "pandas_categorical:null", "pandas_categorical:[[1],[\"a\",\"b\",\"a\"]]",
     "pandas_categorical has 'a' twice"},
    {"CategoriesThatReadAlike", "pandas_categorical:null", "pandas_categorical:[[1,2,\"1\"]]",
     "pandas_categorical has '1' twice"},
    {"CategoriesAnObject", "pandas_categorical:null", "pandas_categorical:{\"a\":1}",
     "pandas_categorical is no list of lists of texts, numbers and truth values"},
    {"CategoriesAText", "pandas_categorical:null", "pandas_categorical:\"a\"",
     "pandas_categorical is no list of lists of texts, numbers and truth values"},
    {"CategoriesNotInALists", "pandas_categorical:null", "pandas_categorical:[1]",
     "pandas_categorical is no list of lists of texts, numbers and truth values"},
    {"CategoriesTooDeep", "pandas_categorical:null", "pandas_categorical:[[[1]]]",
     "pandas_categorical is no list of lists of texts, numbers and truth values"},
    {"CategoriesBreakOff", "pandas_categorical:null", "pandas_categorical:[[\"a\"",
     "pandas_categorical breaks off or is damaged at byte 5 of 5: incomplete JSON"},
    {"CategoriesWithMoreBehind", "pandas_categorical:null", "pandas_categorical:[] []",
     "pandas_categorical breaks off or is damaged at byte 3 of 5: extra data"},
    {"CategoryTooLarge", "pandas_categorical:null", "pandas_categorical:[[9223372036854775808]]",
     "pandas_categorical has 9223372036854775808, expected at most 9223372036854775807"},
};

INSTANTIATE_TEST_SUITE_P(All, LightgbmHostile, ::testing::ValuesIn(kHostile),
                         [](const auto& hostile) { return hostile.param.name; });

TEST(LightgbmReader, RefusesNumbersThatWouldTakeMoreMemoryThanTheFileMayAskFor) {
  constexpr std::size_t kCount = 8'000'000;  // 16 MB of text, 64 MB of doubles
  std::string zeros = "0";
  for (std::size_t count = 1; count < kCount; ++count) zeros += " 0";
  const std::string bytes = testing::lightgbm_of_tree(
      fmt::format("num_leaves={}\nnum_cat=0\nleaf_value={}\n", kCount, zeros));
  EXPECT_THAT(lightgbm_refusal(bytes), HasSubstr("bytes of memory"));
}

TEST(LightgbmReader, RefusesCategoriesThatWouldTakeMoreMemoryThanTheFileMayAskFor) {
  std::string zeros = "[[0";
  for (std::size_t count = 1; count < 2'000'000; ++count) zeros += ",0";
  zeros += "]]";
  EXPECT_THAT(lightgbm_refusal(with(small_lightgbm(), "categorical:null", "categorical:" + zeros)),
              HasSubstr("bytes of memory"));
  std::string columns = "[[]";
  for (std::size_t count = 1; count < 2'000'000; ++count) columns += ",[]";
  columns += "]";
  EXPECT_THAT(
      lightgbm_refusal(with(small_lightgbm(), "categorical:null", "categorical:" + columns)),
      HasSubstr("bytes of memory"));
}

TEST(LightgbmReader, RefusesTooManyTrees) {
  std::string trees;
  for (int count = 0; count < 100'001; ++count) trees += "Tree=0\nnum_leaves=1\nleaf_value=0\n\n";
  const std::string bytes = with(small_lightgbm(), "end of trees\n", trees + "end of trees\n");
  EXPECT_EQ(lightgbm_refusal(bytes),
            "lightgbm: the file has 100004 trees, expected at most 100000");
}

TEST(LightgbmReader, RefusesMoreWordsOfCategoriesThanAForestTakes) {
  constexpr std::size_t kCount = 8'388'609;
  std::string zeros = "0";
  for (std::size_t count = 1; count < kCount; ++count) zeros += " 0";
  const std::string bytes =
      with(with(small_lightgbm(), "cat_boundaries=0 2", fmt::format("cat_boundaries=0 {}", kCount)),
           "cat_threshold=5 4294967295", "cat_threshold=" + zeros);
  EXPECT_EQ(lightgbm_refusal(bytes),
            "lightgbm: the file has more than 8388608 words of category sets");
}

TEST(LightgbmReader, TakesTimeOnlyForTheBytesOfAFileOfLineEnds) {
  const std::string ends(20'000'000, '\r');
  EXPECT_EQ(lightgbm_refusal("tree\n" + ends),
            "lightgbm: there is no num_class before the first tree");
}

}  // namespace
}  // namespace ml_inference
