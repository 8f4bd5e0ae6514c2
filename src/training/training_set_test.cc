// SPDX-License-Identifier: MIT
// train_model_test.cc trains on tables and says what is wrong with them.
#include "training/training_set.h"

#include "data/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string_view>
#include <vector>

namespace ml_inference {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TrainingSet set_of(std::string_view text) {
  return read_training_set(read_csv(text).value(), "y", std::nullopt).value();
}

TEST(TrainingSet, HoldsRowsAndClasses) {
  const TrainingSet set = set_of("a,y,b\n1,red,2\n3,blue,\n5,red,6\n7,blue,8\n");
  EXPECT_EQ(set.row_count, 4U);
  EXPECT_THAT(set.schema.feature_names, ElementsAre("a", "b"));
  EXPECT_THAT(set.schema.class_labels(), ElementsAre(Label("blue"), Label("red")));
  EXPECT_THAT(set.classes, ElementsAre(1, 0, 1, 0));
  EXPECT_THAT(set.targets, IsEmpty());
  EXPECT_THAT(set.rows().row(2), ElementsAre(5, 6));
  EXPECT_TRUE(std::isnan(set.rows().row(1)[1]));
  EXPECT_TRUE(set.schema.input.accepts_missing);
}

TEST(TrainingSet, HoldsTheNumbersOfCategories) {
  const Table table = read_csv("a,y,b,c\n1,red,x,4\n3,blue,,\n5,red,w,6\n").value();
  const TrainingSet set =
      read_training_set(table, "y", std::nullopt, {.names = {"c"}, .with_text = true}).value();
  EXPECT_THAT(set.rows().row(0), ElementsAre(1, 1, 0));
  EXPECT_THAT(set.rows().row(2), ElementsAre(5, 0, 1));
  EXPECT_TRUE(std::isnan(set.rows().row(1)[1]) && std::isnan(set.rows().row(1)[2]));
  ASSERT_EQ(set.schema.categories.size(), 2U);
  EXPECT_THAT(set.schema.categories[0].labels, ElementsAre(Label("w"), Label("x")));
}

TEST(TrainingSet, HoldsTruthValuesAsNumbers) {
  const TrainingSet set = set_of("a,y\nTRUE,1.5\nfalse,2.5\n0.5,3.5\n");
  EXPECT_THAT(set.values, ElementsAre(1, 0, 0.5));
}

// 1 + 2^-24 + 2^-60 is just over halfway between two floats as text, exactly halfway as a float64.
TEST(TrainingSet, HoldsNumbersInTheTypeThatIsAskedFor) {
  const Table table = read_csv("a,y\n1.00000005960464477626,1\n1700000001,2\n").value();
  const auto values = [&table](NumberType type) {
    return read_training_set(table, "y", Task::regression, {}, type)->values;
  };
  EXPECT_THAT(values(NumberType::float32), ElementsAre(1, 1700000000));
  EXPECT_THAT(values(NumberType::float64), ElementsAre(1 + 0x1p-24, 1700000001));
}

TEST(TrainingSet, RefusesNumbersThatTheTypeCannotHold) {
  const Table table = read_csv("a,y\n3.4028235e38,1\n-1e39,2\n").value();
  EXPECT_EQ(read_training_set(table, "y", Task::regression).error(),
            (Error{Code::invalid_argument,
                   "line 3 column 'a': expected a number that float32 can hold, got '-1e39'"}));
  const auto read = [](const Table& rows) {
    return read_training_set(rows, "y", Task::regression, {}, NumberType::float64);
  };
  EXPECT_TRUE(read(table).has_value());
  EXPECT_EQ(read(read_csv("a,y\n1e400,1\n").value()).error(),
            (Error{Code::invalid_argument,
                   "line 2 column 'a': expected a finite number or an empty cell, got '1e400'"}));
}

TEST(TrainingSet, APartKeepsTheOrderGivenAndTheWholeSchema) {
  const TrainingSet set = set_of("a,y,b\n1,red,2\n3,blue,\n5,red,6\n7,blue,8\n");
  const TrainingSet part = part_of(set, std::vector<std::size_t>{2, 0});
  EXPECT_EQ(part.schema, set.schema);
  EXPECT_EQ(part.row_count, 2U);
  EXPECT_THAT(part.values, ElementsAre(5, 6, 1, 2));
  EXPECT_THAT(part.classes, ElementsAre(1, 1));
}

TEST(TrainingSet, APartOfARegressionHasItsTargets) {
  const TrainingSet set = set_of("a,y\n1,0.5\n2,1.5\n3,2.5\n");
  const TrainingSet part = part_of(set, std::vector<std::size_t>{1});
  EXPECT_THAT(part.targets, ElementsAre(1.5));
  EXPECT_THAT(part.classes, IsEmpty());
}

}  // namespace
}  // namespace ml_inference
