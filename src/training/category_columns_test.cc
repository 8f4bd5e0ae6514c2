// SPDX-License-Identifier: MIT
#include "training/category_columns.h"

#include "data/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace ml_inference {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::size_t kColumns[] = {0, 1, 2, 3};

Table table_of(std::string_view text) { return read_csv(text).value(); }

const char* const kTable =
    "size,colour,code,fresh\n"
    "1.5,red,10,true\n"
    "2,,3,False\n"
    "3,blue,10.0,true\n"
    "4, 7,,\n";

TEST(Categories, AreColumnsWithText) {
  const auto found = find_categories(table_of(kTable), kColumns, {.with_text = true});
  ASSERT_THAT(*found, SizeIs(2));
  EXPECT_EQ((*found)[0].feature, 1U);
  EXPECT_THAT((*found)[0].labels, ElementsAre(Label(" 7"), Label("blue"), Label("red")));
  EXPECT_EQ((*found)[0].unknown, UnknownCategory::missing);
  EXPECT_EQ((*found)[1].feature, 3U);
  EXPECT_THAT((*found)[1].labels, ElementsAre(Label(false), Label(true)));
}

TEST(Categories, AreNamedColumns) {
  const auto found = find_categories(table_of(kTable), kColumns, {.names = {"code"}});
  ASSERT_THAT(*found, SizeIs(1));
  EXPECT_EQ((*found)[0].feature, 2U);
  EXPECT_THAT((*found)[0].labels, ElementsAre(Label(std::int64_t{3}), Label(std::int64_t{10})));
}

TEST(Categories, AreNoneWhenNotAskedFor) {
  EXPECT_THAT(*find_categories(table_of(kTable), kColumns, {}), IsEmpty());
}

TEST(Categories, AreTextsWhereNumbersAreCodes) {
  const auto labels = [](std::string_view text) {
    return (*find_categories(table_of(text), std::vector<std::size_t>{0}, {.names = {"a"}}))
        .front()
        .labels;
  };
  EXPECT_THAT(labels("a,b\n007,\n7,\n"), ElementsAre(Label("007"), Label("7")));
  EXPECT_THAT(labels("a,b\n9007199254740992,\n9007199254740993,\n"),
              ElementsAre(Label("9007199254740992"), Label("9007199254740993")));
}

TEST(Categories, AreTruthValuesInAnyCase) {
  const auto found = find_categories(table_of("a,b\nTRUE,\nFalse,\ntrue,\nN/A,\n"),
                                     std::vector<std::size_t>{0}, {.with_text = true});
  EXPECT_THAT(found->front().labels, ElementsAre(Label(false), Label(true)));
}

TEST(Categories, AreNoneInAColumnWithWordsForMissingValues) {
  const Table table = table_of("a,b\n1.5,\nN/A,\nNULL,\n");
  EXPECT_THAT(*find_categories(table, std::vector<std::size_t>{0}, {.with_text = true}), IsEmpty());
  EXPECT_FALSE(mixed_column(table, 0).has_value());
}

TEST(MixedColumn, HoldsMoreNumbersThanTexts) {
  const auto mixed = mixed_column(table_of("a,b\n1.5,\n,\n2,\nunknown,\n3,\n-,\n"), 0);
  ASSERT_TRUE(mixed.has_value());
  EXPECT_EQ(mixed->number_count, 3U);
  EXPECT_EQ(mixed->text_count, 2U);
  EXPECT_EQ(mixed->first_text_row, 3U);
  EXPECT_FALSE(mixed_column(table_of("a,b\n1,\nx,\n"), 0).has_value());
}

TEST(Categories, BecomeTheirNumbers) {
  const Table table = table_of(kTable);
  const auto found = find_categories(table, kColumns, {.names = {"code", "colour", "fresh"}});
  std::vector<double> values(16, 9.0);
  for (const Categories& categories : *found) {
    read_categories(table, kColumns[categories.feature], categories, 4, values);
  }
  EXPECT_THAT(std::span(values).first(4), ElementsAre(9, 2, 1, 1));
  EXPECT_EQ(values[4], 9);
  EXPECT_TRUE(std::isnan(values[5]));
  EXPECT_EQ(values[7], 0);
  EXPECT_THAT(std::span(values).subspan(8, 4), ElementsAre(9, 1, 1, 1));
  EXPECT_EQ(values[13], 0);
  EXPECT_TRUE(std::isnan(values[14]) && std::isnan(values[15]));
}

TEST(Categories, OfAnUnknownOrEmptyColumnAreRefused) {
  const auto unknown = find_categories(table_of(kTable), kColumns, {.names = {"taste"}});
  EXPECT_EQ(unknown.error().message, "the table has no feature 'taste' for categories");
  const auto empty = find_categories(table_of("a,b,c,d\n1,,2,3\n"), kColumns, {.names = {"b"}});
  EXPECT_EQ(empty.error().message, "column 'b': expected categories, got missing values alone");
}

}  // namespace
}  // namespace ml_inference
