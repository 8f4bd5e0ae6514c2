// SPDX-License-Identifier: MIT
#include "formats/xgboost/wrapper.h"

#include "formats/format_error.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ml_inference {
namespace {

std::vector<Label> labels(std::string_view text) { return read_xgboost_wrapper(text).class_labels; }

std::string refusal(std::string_view text) {
  try {
    static_cast<void>(read_xgboost_wrapper(text));
  } catch (const FormatError& error) {
    return error.error.message;
  }
  return "";
}

TEST(XgboostWrapper, HasTheLabelsOfTheLabelEncoder) {
  EXPECT_EQ(labels(R"({"missing":NaN,"classes_":[0,1],"_le":{"x":[[1]],"classes_":
["a","b"]},"kwargs":{"classes_":[7]}})"),
            (std::vector<Label>{"a", "b"}));
  EXPECT_EQ(labels(R"({"_le":{"classes_":[false,true]}})"), (std::vector<Label>{false, true}));
  EXPECT_EQ(labels(R"({"_le":{"classes_":[5,-6]}})"),
            (std::vector<Label>{std::int64_t{5}, std::int64_t{-6}}));
  EXPECT_EQ(labels(R"({"_le":{"classes_":[0.1,1.0]}})"), (std::vector<Label>{0.1, 1.0}));
}

TEST(XgboostWrapper, HasNoLabelsWithoutAnEncoder) {
  EXPECT_TRUE(labels(R"({"classes_":[false,true],"n_classes_":2})").empty());
  EXPECT_TRUE(labels(R"({"_le":null,"a":{"_le":{"classes_":[1]}}})").empty());
  EXPECT_TRUE(labels(R"([[["_le"]]])").empty());
}

TEST(XgboostWrapper, SaysWhatIsWrongWithLabels) {
  EXPECT_EQ(refusal(R"({"_le":{"classes_":[null]}})"),
            "xgboost: attributes.scikit_learn: a class is null, expected a number, a text or a "
            "truth value");
  EXPECT_EQ(refusal(R"({"_le":{"classes_":[[1]]}})"),
            "xgboost: attributes.scikit_learn: a class is a list or an object, expected a number, "
            "a text or a truth value");
  EXPECT_EQ(refusal(R"({"_le":)"),
            "xgboost: attributes.scikit_learn: the JSON breaks off or is damaged at byte 7 of 7: "
            "incomplete JSON");
}

TEST(XgboostWrapper, KnowsItsBestNumberOfTrees) {
  EXPECT_EQ(read_xgboost_wrapper(R"({"best_ntree_limit":6})").best_ntree_limit, 6U);
  EXPECT_FALSE(read_xgboost_wrapper(R"({"best_ntree_limit":null,"a":1})").best_ntree_limit);
  EXPECT_FALSE(read_xgboost_wrapper(R"({"best_ntree_limit":-1})").best_ntree_limit);
  EXPECT_FALSE(read_xgboost_wrapper(R"({"a":{"best_ntree_limit":6}})").best_ntree_limit);
}

TEST(XgboostWrapper, KnowsWhatIsMissingToIt) {
  EXPECT_EQ(read_xgboost_wrapper(R"({"missing":-1})").missing, -1.0F);
  EXPECT_EQ(read_xgboost_wrapper(R"({"missing":0.1,"a":5})").missing, 0.1F);
  for (const char* const none : {R"({"missing":NaN})", R"({"missing":null})",
                                 R"({"a":{"missing":1}})", R"({"missing":[1]})", "{}"}) {
    EXPECT_FALSE(read_xgboost_wrapper(none).missing) << none;
  }
}

TEST(XgboostWrapper, KnowsWhetherItIsAClassifier) {
  EXPECT_EQ(read_xgboost_wrapper(R"({"type":"XGBRFClassifier"})").asker, Asker::classifier);
  EXPECT_EQ(read_xgboost_wrapper(R"({"_estimator_type":"classifier"})").asker, Asker::classifier);
  EXPECT_EQ(read_xgboost_wrapper(R"({"_estimator_type":"regressor"})").asker, Asker::regressor);
  EXPECT_EQ(read_xgboost_wrapper(R"({"objective":"classifier"})").asker, Asker::wrapper);
}

TEST(XgboostWrapper, HasNoLabelsWithoutEnd) {
  std::string text = R"({"_le":{"classes_":[0)";
  for (int label = 1; label < 70'000; ++label) text += "," + std::to_string(label);
  EXPECT_NE(refusal(text + "]}}").find("more than"), std::string::npos);
}

}  // namespace
}  // namespace ml_inference
