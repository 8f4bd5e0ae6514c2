// SPDX-License-Identifier: MIT
#include "formats/onnx/testing/same_answers.h"

#include "formats/load_model.h"
#include "formats/onnx/writer.h"
#include "model/predicted_class.h"
#include "model/workspace.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace ml_inference::testing {
namespace {

std::vector<double> answers_of(const Model& model, std::span<const double> rows) {
  const std::size_t width = model.schema().feature_count();
  const std::size_t row_count = rows.size() / width;
  std::vector<double> out(row_count * model.schema().answer_width());
  Workspace workspace;
  model.estimator().predict({rows, row_count, width}, out, workspace);
  return out;
}

// By target.
std::vector<std::size_t> classes_of(const Schema& schema, std::span<const double> answer) {
  std::vector<std::size_t> classes;
  std::size_t output = 0;
  std::size_t score = schema.output_count();
  std::size_t stated = score + schema.score_count();
  for (const Target& target : schema.targets) {
    if (target.task == Task::regression) continue;
    classes.push_back(predicted_class(target, answer.subspan(output, target.output_count()),
                                      answer.subspan(score, target.score_count),
                                      target.states_class() ? answer[stated++] : 0));
    output += target.output_count();
    score += target.score_count;
  }
  return classes;
}

bool are_near(double expected, double got, double tolerance) {
  if (expected == got || (std::isnan(expected) && std::isnan(got))) return true;
  return std::abs(expected - got) <= tolerance * std::abs(expected);
}

}  // namespace

Model converted(const Model& model) {
  const Result<std::string> bytes = convert_to_onnx(model);
  EXPECT_TRUE(bytes) << bytes.error().message;
  Result<Model> again = load_model(bytes.value(), "converted");
  EXPECT_TRUE(again) << again.error().message;
  return *std::move(again);
}

std::string refusal_to_convert(const Model& model) {
  const Result<std::string> bytes = convert_to_onnx(model);
  return bytes ? "" : bytes.error().message;
}

void expect_same_answers(const Model& model, std::span<const double> rows, double tolerance) {
  const Model again = converted(model);
  const Schema& schema = model.schema();
  EXPECT_EQ(again.schema().feature_names, schema.feature_names);
  EXPECT_EQ(again.schema().input, schema.input);
  EXPECT_EQ(again.schema().categories, schema.categories);
  ASSERT_EQ(again.schema().targets.size(), schema.targets.size());
  for (std::size_t index = 0; index < schema.targets.size(); ++index) {
    ASSERT_EQ(again.schema().targets[index].class_labels, schema.targets[index].class_labels);
  }
  ASSERT_EQ(again.schema().output_count(), schema.output_count());
  ASSERT_EQ(again.schema().score_count(), schema.score_count());
  const std::vector<double> expected = answers_of(model, rows);
  const std::vector<double> got = answers_of(again, rows);
  const std::size_t number_count = schema.output_count() + schema.score_count();
  for (std::size_t row = 0; row < rows.size() / schema.feature_count(); ++row) {
    const auto ours = std::span(expected).subspan(row * schema.answer_width());
    const auto theirs = std::span(got).subspan(row * again.schema().answer_width());
    ASSERT_EQ(classes_of(schema, ours), classes_of(again.schema(), theirs)) << "row " << row;
    for (std::size_t index = 0; index < number_count; ++index) {
      ASSERT_TRUE(are_near(ours[index], theirs[index], tolerance))
          << "row " << row << " number " << index << ": expected " << ours[index] << ", got "
          << theirs[index];
    }
  }
}

}  // namespace ml_inference::testing
