// SPDX-License-Identifier: MIT
#include "training/folds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace ml_inference {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Counts = std::vector<std::vector<int>>;

// Classes 2, 0, 1, 2 again, and 3, of 10, 12, 4 and 1 rows.
std::vector<std::int32_t> some_classes() {
  std::vector<std::int32_t> classes;
  for (const auto& [number, count] :
       std::vector<std::pair<std::int32_t, std::size_t>>{{2, 7}, {0, 12}, {1, 4}, {2, 3}, {3, 1}}) {
    classes.insert(classes.end(), count, number);
  }
  return classes;
}

// By fold and class: rows.
Counts counts_of(const Folds& folds, std::span<const std::int32_t> classes,
                 std::size_t fold_count) {
  Counts counts(fold_count, std::vector<int>(4));
  for (std::size_t row = 0; row < folds.size(); ++row) {
    ++counts[folds[row]][static_cast<std::size_t>(classes[row])];
  }
  return counts;
}

TrainingSet set_of(std::vector<std::int32_t> classes, std::size_t class_count) {
  TrainingSet set{.row_count = classes.size(), .classes = std::move(classes)};
  for (std::size_t number = 0; number < class_count; ++number) {
    set.schema.targets[0].class_labels.emplace_back(static_cast<std::int64_t>(number));
  }
  return set;
}

TEST(StratifiedFolds, HaveTheCountsOfScikitLearn) {
  const std::vector<std::int32_t> classes = some_classes();
  EXPECT_EQ(counts_of(stratified_folds(classes, 3, 1).value(), classes, 3),
            (Counts{{4, 1, 4, 0}, {4, 2, 3, 0}, {4, 1, 3, 1}}));  // of scikit-learn 1.9.1
  EXPECT_EQ(counts_of(stratified_folds(classes, 5, 1).value(), classes, 5),
            (Counts{{3, 1, 2, 0}, {3, 0, 2, 1}, {2, 1, 2, 0}, {2, 1, 2, 0}, {2, 1, 2, 0}}));
}

TEST(PlainFolds, HaveTheSizesOfScikitLearn) {
  const Folds folds = plain_folds(13, 5, 1).value();
  std::vector<std::size_t> sizes;
  for (std::size_t fold = 0; fold < 5; ++fold) sizes.push_back(rows_in(folds, fold).size());
  EXPECT_THAT(sizes, ElementsAre(3, 3, 3, 2, 2));
}

TEST(Folds, AreTheSameForTheSameSeedAndOthersForAnother) {
  const std::vector<std::int32_t> classes = some_classes();
  EXPECT_EQ(stratified_folds(classes, 3, 7), stratified_folds(classes, 3, 7));
  EXPECT_NE(stratified_folds(classes, 3, 7), stratified_folds(classes, 3, 8));
  EXPECT_EQ(plain_folds(20, 4, 7), plain_folds(20, 4, 7));
  EXPECT_NE(plain_folds(20, 4, 7), plain_folds(20, 4, 8));
}

TEST(Folds, AreTheSameOnEveryMachine) {
  EXPECT_THAT(plain_folds(8, 3, 42).value(), ElementsAre(1, 1, 2, 1, 0, 0, 2, 0));
  EXPECT_THAT(stratified_folds(std::vector<std::int32_t>{0, 1, 0, 1, 0, 1}, 3, 42).value(),
              ElementsAre(0, 1, 2, 0, 1, 2));
}

TEST(Folds, PartTheRows) {
  const Folds folds{1, 0, 1, 2};
  EXPECT_THAT(rows_in(folds, 1), ElementsAre(0, 2));
  EXPECT_THAT(rows_outside(folds, 1), ElementsAre(1, 3));
}

TEST(Folds, AreRefusedWhereThereAreNotEnoughRows) {
  EXPECT_THAT(plain_folds(3, 4, 1).error().message,
              HasSubstr("at most 3 folds, as there are 3 rows, got 4"));
  EXPECT_THAT(plain_folds(3, 1, 1).error().message, HasSubstr("2 folds or more"));
  EXPECT_THAT(plain_folds(0, 2, 1).error().message, HasSubstr("expected 2 rows or more, got 0"));
  const std::vector<std::int32_t> classes{0, 1, 1, 2};
  EXPECT_TRUE(stratified_folds(classes, 2, 1).has_value());
  EXPECT_THAT(stratified_folds(classes, 3, 1).error().message,
              HasSubstr("at most 2 folds, as there are 2 rows of the most frequent class, got 3"));
  EXPECT_THAT(stratified_folds(std::vector<std::int32_t>{0, 1, 2}, 2, 1).error().message,
              HasSubstr("expected 2 rows of the most frequent class or more, got 1"));
}

TEST(FairOrder, KeepsTheSharesOfTheClassesInEveryBeginning) {
  std::vector<std::int32_t> classes(80, 0);
  classes.insert(classes.end(), 20, 1);
  const TrainingSet set = set_of(classes, 2);
  std::vector<std::size_t> rows(100);
  for (std::size_t row = 0; row < rows.size(); ++row) rows[row] = row;
  const std::vector<std::size_t> order = fair_order(set, rows, 3);
  EXPECT_EQ(std::set<std::size_t>(order.begin(), order.end()).size(), 100U);
  EXPECT_EQ(order, fair_order(set, rows, 3));
  EXPECT_NE(order, fair_order(set, rows, 4));
  for (std::size_t count = 5; count <= 100; count += 5) {
    EXPECT_EQ(std::count_if(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count),
                            [](std::size_t row) { return row >= 80; }),
              static_cast<std::ptrdiff_t>(count / 5));
  }
}

TEST(FairOrder, OfARegressionIsAnyOrder) {
  TrainingSet set{.row_count = 30, .targets = std::vector<double>(30)};
  set.schema.targets[0].task = Task::regression;
  const std::vector<std::size_t> order = fair_order(set, std::vector<std::size_t>{3, 9, 27, 5}, 1);
  EXPECT_EQ(std::set<std::size_t>(order.begin(), order.end()),
            (std::set<std::size_t>{3, 5, 9, 27}));
}

}  // namespace
}  // namespace ml_inference
