// SPDX-License-Identifier: MIT
#include "serving/cell_reader.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace ml_inference {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Feature 0 takes numbers, 1 text, 2 whole numbers, 3 truth values.
Schema mixed(UnknownCategory unknown) {
  return {.feature_names = {"age", "city", "grade", "member"},
          .input = {.accepts_missing = true},
          .categories = {{1, {"Berlin", "NaN"}, unknown},
                         {2, {std::int64_t{30}, std::int64_t{10}}, unknown},
                         {3, {false, true}, unknown}}};
}

TEST(CellReader, GivesNumbersAsTheyAre) {
  const CellReader reader(mixed(UnknownCategory::refused));
  EXPECT_EQ(reader.number(0, 41.5).value, 41.5);
  EXPECT_EQ(reader.number(0, 41.5).refusal, CellRefusal::none);
  EXPECT_EQ(reader.csv(0, " 1e3 ").value, 1000);
  EXPECT_TRUE(std::isnan(reader.csv(0, "").value));
  EXPECT_TRUE(std::isnan(reader.text(0, "NaN").value));
}

TEST(CellReader, RefusesWhatIsNoNumber) {
  const CellReader reader(mixed(UnknownCategory::refused));
  EXPECT_EQ(reader.text(0, "Berlin").refusal, CellRefusal::not_a_number);
  EXPECT_EQ(reader.csv(0, "Berlin").refusal, CellRefusal::not_a_number);
  EXPECT_EQ(reader.truth(0, true).refusal, CellRefusal::not_a_number);
  EXPECT_EQ(reader.number(0, kInfinity).refusal, CellRefusal::infinite);
  EXPECT_EQ(reader.text(0, "-Infinity").refusal, CellRefusal::infinite);
  EXPECT_EQ(reader.number(0, 1e300).refusal, CellRefusal::too_large);
}

TEST(CellReader, GivesTheNumberOfACategory) {
  const CellReader reader(mixed(UnknownCategory::refused));
  EXPECT_EQ(reader.text(1, "Berlin").value, 0);
  EXPECT_EQ(reader.csv(1, "Berlin").value, 0);
  EXPECT_EQ(reader.number(2, 10).value, 1);
  EXPECT_EQ(reader.csv(2, "30.0").value, 0);
  EXPECT_EQ(reader.truth(3, true).value, 1);
  EXPECT_EQ(reader.csv(3, "False").value, 0);
}

TEST(CellReader, TakesTruthValuesInFilesForNumbersWhereTheFeatureTakesNumbers) {
  const CellReader reader(mixed(UnknownCategory::refused));
  EXPECT_EQ(reader.csv(0, "True").value, 1);
  EXPECT_EQ(reader.csv(0, "true").refusal, CellRefusal::none);
  EXPECT_EQ(reader.csv(0, "False").value, 0);
  EXPECT_EQ(reader.csv(0, "TRUE").value, 1);
  EXPECT_EQ(reader.csv(3, "FALSE").value, 0);
  EXPECT_EQ(reader.csv(1, "True").refusal, CellRefusal::unknown_category);
  EXPECT_EQ(reader.truth_or_number(0, true).value, 1);
  EXPECT_EQ(reader.truth_or_number(3, false).value, 0);
  EXPECT_EQ(reader.truth_or_number(2, true).refusal, CellRefusal::unknown_category);
}

TEST(CellReader, TakesATextForACategoryBeforeItTakesItForANumber) {
  EXPECT_EQ(CellReader(mixed(UnknownCategory::refused)).text(1, "NaN").value, 1);
}

TEST(CellReader, TakesPandasWordsInFilesForMissingValuesUnlessTheyAreCategories) {
  Schema schema = mixed(UnknownCategory::refused);
  schema.categories.front().labels.emplace_back("NA");
  const CellReader reader(schema);
  EXPECT_TRUE(std::isnan(reader.csv(0, "N/A").value));
  EXPECT_EQ(reader.csv(0, "N/A").refusal, CellRefusal::none);
  EXPECT_TRUE(std::isnan(reader.csv(2, "null").value));
  EXPECT_EQ(reader.csv(1, "NA").value, 2);
  EXPECT_EQ(reader.text(0, "N/A").refusal, CellRefusal::not_a_number);
}

TEST(CellReader, RefusesAnUnknownCategoryOrTakesItForMissing) {
  const CellReader strict(mixed(UnknownCategory::refused));
  EXPECT_EQ(strict.text(1, "Rome").refusal, CellRefusal::unknown_category);
  EXPECT_EQ(strict.number(2, 11).refusal, CellRefusal::unknown_category);
  EXPECT_EQ(strict.number(1, 0).refusal, CellRefusal::unknown_category);
  const CellReader mild(mixed(UnknownCategory::missing));
  EXPECT_TRUE(std::isnan(mild.text(1, "Rome").value));
  EXPECT_EQ(mild.text(1, "Rome").refusal, CellRefusal::none);
  EXPECT_TRUE(std::isnan(mild.csv(2, "eleven").value));
}

TEST(CellReader, TakesOneForTrueAndZeroForFalseAsPythonDoes) {
  const CellReader reader(
      {.feature_names = {"is_new"},
       .input = {.accepts_missing = true},
       .categories = {
           {.feature = 0, .labels = {false, true}, .unknown = UnknownCategory::missing}}});
  EXPECT_EQ(reader.number(0, 1).value, 1);
  EXPECT_EQ(reader.number(0, 0).value, 0);
  EXPECT_EQ(reader.csv(0, "1").value, 1);
  EXPECT_EQ(reader.csv(0, "1.0").value, 1);
  EXPECT_TRUE(std::isnan(reader.number(0, 2).value));
}

TEST(CellReader, KnowsALabelThatLostItsEndByItsBeginningAndItsLength) {
  const CellReader reader(
      {.feature_names = {"city"},
       .input = {.accepts_missing = true},
       .categories = {
           {.feature = 0, .labels = {"Berlin", "S\u00e3o Paul"}, .last_label_characters = 9}}});
  EXPECT_EQ(reader.text(0, "Berlin").value, 0);
  EXPECT_EQ(reader.text(0, "S\u00e3o Paulo").value, 1);
  EXPECT_EQ(reader.csv(0, "S\u00e3o Paulo").value, 1);
  for (const char* const other : {"S\u00e3o Paul", "S\u00e3o Paulos", "Sao Paulo", ""}) {
    EXPECT_EQ(reader.text(0, other).refusal, CellRefusal::unknown_category) << other;
  }
}

TEST(CellReader, TakesAMissingValueWhereTheModelDoes) {
  Schema schema = mixed(UnknownCategory::refused);
  EXPECT_EQ(CellReader(schema).missing(1).refusal, CellRefusal::none);
  EXPECT_EQ(CellReader(schema).number(1, kNan).refusal, CellRefusal::none);
  schema.input.accepts_missing = false;
  EXPECT_EQ(CellReader(schema).missing(1).refusal, CellRefusal::missing);
  EXPECT_EQ(CellReader(schema).csv(1, "").refusal, CellRefusal::missing);
}

}  // namespace
}  // namespace ml_inference
