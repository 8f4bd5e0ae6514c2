// SPDX-License-Identifier: MIT
#include "model/schema.h"

#include "model/limits.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

namespace ml_inference {
namespace {

Schema iris() {
  return {.feature_names = {"sepal length (cm)", "größe", "花"},
          .targets = {{.name = "species", .class_labels = {"setosa", "versicolor"}}}};
}

// Why check_schema() refuses the iris schema after a change; empty when it does not.
std::string refusal(const std::function<void(Schema&)>& change) {
  Schema schema = iris();
  change(schema);
  const Result<void> checked = check_schema(schema);
  if (checked.has_value()) return "";
  EXPECT_EQ(checked.error().code, Code::invalid_argument);
  return checked.error().message;
}

TEST(Schema, AcceptsWhatMakesSense) {
  EXPECT_EQ(refusal([](Schema&) {}), "");
  EXPECT_EQ(refusal([](Schema& s) { s.targets[0].name.clear(); }), "");
  EXPECT_EQ(
      refusal([](Schema& s) { s.targets[0].class_labels = {std::int64_t{-1}, std::int64_t{1}}; }),
      "");
  EXPECT_EQ(refusal([](Schema& s) {
              s.targets[0].task = Task::regression;
              s.targets[0].class_labels.clear();
            }),
            "");
}

TEST(Schema, RefusesNamesThatNoAnswerCouldCarry) {
  EXPECT_EQ(refusal([](Schema& s) { s.feature_names[1] = ""; }), "feature name 1 is empty");
  EXPECT_EQ(refusal([](Schema& s) { s.feature_names[2] = "\xFF"; }), "feature name 2 is not UTF-8");
  EXPECT_EQ(refusal([](Schema& s) { s.feature_names[0] = std::string(kNameSizeMax + 1, 'x'); }),
            "feature name 0 has 1025 bytes, expected at most 1024");
  EXPECT_EQ(refusal([](Schema& s) { s.targets[0].class_labels[1] = ""; }),
            "class label 1 is empty");
  EXPECT_EQ(refusal([](Schema& s) { s.targets[0].class_labels[0] = "\xC3"; }),
            "class label 0 is not UTF-8");
  EXPECT_EQ(refusal([](Schema& s) { s.targets[0].name = "\xC3"; }), "target name is not UTF-8");
  EXPECT_EQ(refusal([](Schema& s) { s.targets[0].name = std::string(kNameSizeMax + 1, 'x'); }),
            "target name has 1025 bytes, expected at most 1024");
  EXPECT_EQ(refusal([](Schema& s) { s.feature_names[0] = std::string(kNameSizeMax, 'x'); }), "");
}

TEST(Schema, RefusesANameThatStandsTwice) {
  EXPECT_EQ(refusal([](Schema& s) { s.feature_names[2] = "größe"; }),
            "feature name 'größe' stands twice");
  EXPECT_EQ(refusal([](Schema& s) { s.targets[0].class_labels[1] = "setosa"; }),
            "class label 'setosa' stands twice");
  EXPECT_EQ(
      refusal([](Schema& s) { s.targets[0].class_labels = {std::int64_t{7}, std::int64_t{7}}; }),
      "class label '7' stands twice");
}

TEST(Schema, RefusesCountsOutOfTheLimits) {
  EXPECT_EQ(refusal([](Schema& s) { s.feature_names.clear(); }),
            "a model has 0 features, expected 1 to 1000000");
  EXPECT_EQ(refusal([](Schema& s) { s.feature_names.resize(kFeatureCountMax + 1); }),
            "a model has 1000001 features, expected 1 to 1000000");
  EXPECT_EQ(refusal([](Schema& s) { s.targets[0].class_labels.clear(); }),
            "a classification has 0 class labels, expected 1 to 10000");
  EXPECT_EQ(refusal([](Schema& s) { s.targets[0].class_labels.resize(kOutputCountMax + 1); }),
            "a classification has 10001 class labels, expected 1 to 10000");
}

TEST(Schema, RefusesLabelsThatDoNotGoWithTheTask) {
  EXPECT_EQ(refusal([](Schema& s) { s.targets[0].task = Task::regression; }),
            "a regression has 2 class labels, expected none");
  EXPECT_EQ(refusal([](Schema& s) { s.targets[0].class_labels[0] = std::int64_t{0}; }),
            "class labels are numbers and text, expected one kind");
}

TEST(Schema, CountsOneOutputAClassOrOne) {
  EXPECT_EQ(iris().feature_count(), 3U);
  EXPECT_EQ(iris().output_count(), 2U);
  EXPECT_EQ(
      (Schema{.feature_names = {"age"}, .targets = {{.task = Task::regression}}}.output_count()),
      1U);
}

TEST(Schema, WritesTasksAndLabelsAsText) {
  EXPECT_EQ(task_name(Task::classification), "classification");
  EXPECT_EQ(task_name(Task::regression), "regression");
  EXPECT_EQ(label_text("setosa"), "setosa");
  EXPECT_EQ(label_text(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(label_text(true), "true");
  EXPECT_EQ(label_text(2.0), "2.0");
}

}  // namespace
}  // namespace ml_inference
