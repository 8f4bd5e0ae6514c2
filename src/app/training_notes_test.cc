// SPDX-License-Identifier: MIT
#include "app/training_notes.h"

#include "data/csv.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ml_inference {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::string notes(const std::string& text,
                  const CategoryColumns& categories = {.with_text = true}) {
  const Table table = read_csv(text).value();
  return training_set_text(read_training_set(table, "y", std::nullopt, categories).value());
}

std::vector<std::string> warnings(const std::string& text,
                                  const CategoryColumns& categories = {.with_text = true},
                                  std::optional<Task> task = std::nullopt) {
  const Table table = read_csv(text).value();
  const TrainingSet set = read_training_set(table, "y", task, categories).value();
  return training_warnings(table, set, task, categories);
}

TEST(TrainingNotes, SayWhatColumnsWereTakenFor) {
  EXPECT_EQ(notes("a,colour,y\n1,red,no\n,blue,yes\nN/A,,yes\n"),
            "target: y (classes, 2: no, yes)\n"
            "features: 2 (numbers: 1, categories: 1)\n"
            "  colour (categories, 2: blue, red)\n"
            "missing values: a (2), colour (1)\n");
  EXPECT_EQ(notes("a,y\n1,0.5\n2,12\n"),
            "target: y (numbers, from 0.5 to 12)\nfeatures: 1 (numbers: 1, categories: 0)\n");
}

TEST(TrainingNotes, ShowTheFirstOfManyLabels) {
  std::string text = "a,y\n";
  for (int row = 0; row < 12; ++row) text += fmt::format("1,c{:02}\n", row);
  EXPECT_THAT(notes(text), StartsWith("target: y (classes, 12: c00, c01, c02, c03, c04, c05, c06, "
                                      "c07, c08, c09, ...)\n"));
}

TEST(TrainingNotes, CannotSteerATerminal) {
  EXPECT_THAT(notes("a,y\n1,\"\x1b[2J\"\n2,b\n"),
              StartsWith("target: y (classes, 2: \\u001b[2J, b)"));
}

TEST(TrainingNotes, WarnOfAColumnOfNumbersWithAWord) {
  const std::string text = "a,y\n1,0\n2,1\nunknown,0\n4,1\n-,1\n";
  EXPECT_THAT(
      warnings(text),
      ElementsAre("line 4 column 'a': 'unknown' is no number, though 3 of 5 values are: the "
                  "column is taken for categories; leave such cells empty if it holds "
                  "numbers, or name those that hold categories with "
                  "--categorical-features"));
  EXPECT_THAT(warnings(text, {.names = {"a"}}), IsEmpty());
  EXPECT_THAT(warnings("a,y\n1,0\nN/A,1\n"), IsEmpty());
  EXPECT_THAT(warnings("a,y\nred,0\nblue,1\n3,0\n"), IsEmpty());
}

TEST(TrainingNotes, WarnOfATargetOfNumbersWithAWord) {
  const std::string text = "y,a\n1.5,0\n2.5,1\nunknown,0\n";
  EXPECT_THAT(
      warnings(text),
      ElementsAre("line 4 column 'y': 'unknown' is no number, though 2 of 3 values are: the "
                  "target is taken for classes; leave such rows out if it is a number, or "
                  "say --task classification"));
  EXPECT_THAT(warnings(text, {}, Task::classification), IsEmpty());
}

}  // namespace
}  // namespace ml_inference
