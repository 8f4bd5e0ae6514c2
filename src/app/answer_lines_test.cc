// SPDX-License-Identifier: MIT
#include "app/answer_lines.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

Schema schema_of(std::size_t class_count) {
  Schema schema;
  schema.feature_names = {"x"};
  schema.targets[0].class_labels.clear();
  for (std::size_t index = 0; index < class_count; ++index) {
    schema.targets[0].class_labels.emplace_back("class " + std::to_string(index));
  }
  return schema;
}

// Both ways to the lines of answers, one after another.
void expect_equal_lines(std::size_t class_count, const std::vector<std::vector<double>>& answers) {
  const Schema schema = schema_of(class_count);
  for (const OutputFormat format : {OutputFormat::json, OutputFormat::csv}) {
    const auto plain = make_line_format(format, schema, ErrorPolicy::report);
    AnswerLines lines(*plain, class_count);
    std::string expected, got;
    for (const std::vector<double>& answer : answers) {
      plain->append_answer(expected, answer);
      lines.append(got, answer);
    }
    EXPECT_EQ(got, expected);
  }
}

std::vector<std::vector<double>> random_answers(std::size_t width, unsigned different) {
  std::mt19937 random(1);
  std::vector<std::vector<double>> answers;
  for (int row = 0; row < 20'000; ++row) {
    std::vector<double>& answer = answers.emplace_back(width);
    for (double& number : answer) number = static_cast<double>(random() % different) / different;
  }
  return answers;
}

TEST(AnswerLines, AreThoseOfTheFormatWhetherAnswersRepeatOrNot) {
  expect_equal_lines(3, random_answers(3, 5));
  expect_equal_lines(3, random_answers(3, 1'000'000));
  expect_equal_lines(2, random_answers(2, 100));
}

TEST(AnswerLines, AreNotRememberedWhereTheyAreWide) {
  expect_equal_lines(17, random_answers(17, 2));
  expect_equal_lines(16, random_answers(16, 2));  // lines are too long
}

TEST(AnswerLines, TellZerosAndMissingValuesApart) {
  const double nan = std::nan("");
  expect_equal_lines(2, {{0.0, 1.0}, {-0.0, 1.0}, {0.0, 1.0}, {nan, 1.0}, {nan, 0.5}, {nan, 1.0}});
}

}  // namespace
}  // namespace ml_inference
