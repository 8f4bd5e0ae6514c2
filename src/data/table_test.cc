// SPDX-License-Identifier: MIT
#include "data/table.h"

#include "data/csv.h"
#include "data/iris.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

namespace ml_inference {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(ParseNumber, ReadsDecimalNotation) {
  EXPECT_EQ(parse_number("5.1"), 5.1);
  EXPECT_EQ(parse_number(" \t-3e-2 "), -0.03);
  EXPECT_EQ(parse_number("+7"), 7.0);
  EXPECT_EQ(parse_number(".5"), 0.5);
  EXPECT_EQ(parse_number("5."), 5.0);
  EXPECT_EQ(parse_number("007"), 7.0);
  EXPECT_EQ(parse_number("1E3"), 1000.0);
  EXPECT_TRUE(std::signbit(parse_number("-0").value()));
}

TEST(ParseNumber, ReadsMissingAndInfiniteValues) {
  for (const char* text :
       {"", "  ", "nan", "NaN", "NAN", "-nan", "N/A", " NA ", "n/a", "#N/A", "#N/A N/A", "#NA",
        "<NA>", "NULL", "null", "None", "1.#IND", "-1.#QNAN"}) {
    EXPECT_TRUE(std::isnan(parse_number(text).value())) << text;
  }
  for (const char* text : {"inf", "Inf", "+INF", "infinity", " Infinity"}) {
    EXPECT_EQ(parse_number(text), kInfinity) << text;
  }
  EXPECT_EQ(parse_number("-inf"), -kInfinity);
}

TEST(ParseNumber, RefusesWhatIsNoNumber) {
  for (const char* text : {"x",
                           "1x",
                           "1 2",
                           "--1",
                           "+-1",
                           "+",
                           "-",
                           ".",
                           "e5",
                           "0x10",
                           "nan(1)",
                           "--nan",
                           "in",
                           "1,5",
                           "1_000",
                           "Na",
                           "none",
                           "+NA",
                           "1e",
                           "1e400x",
                           "\xC2\xA0"
                           "1"}) {
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
  }
}

TEST(ParseNumber, TakesWhatNoFloat64HoldsForZeroOrInfinityAsPandasDoes) {
  for (const char* text :
       {"1e-400", "2e-324", "0.0001e-330", "1000e-400", ".5E-99999999999999999999"}) {
    EXPECT_EQ(parse_number(text), 0.0) << text;
  }
  EXPECT_EQ(parse_number("0." + std::string(400, '0') + "1"), 0.0);
  EXPECT_TRUE(std::signbit(parse_number("-1e-400").value()));
  EXPECT_EQ(parse_number("3e-324"), 5e-324);
  for (const char* text : {"1e400", "+0.001e315", "1E+99999999999999999999"}) {
    EXPECT_EQ(parse_number(text), kInfinity) << text;
  }
  EXPECT_EQ(parse_number("1" + std::string(400, '0') + "e-10"), kInfinity);
  EXPECT_EQ(parse_number("-1e400"), -kInfinity);
}

TEST(ParseTruth, TakesTrueAndFalseInAnyCase) {
  for (const char* text : {"true", "True", "TRUE", " tRUE "}) {
    EXPECT_EQ(parse_truth(text), true) << text;
  }
  EXPECT_EQ(parse_truth("FALSE"), false);
  for (const char* text : {"", "t", "yes", "1", "truee"}) {
    EXPECT_EQ(parse_truth(text), std::nullopt) << text;
  }
}

TEST(Table, FindsColumnsByName) {
  const Table table = read_csv("a,b\n1,2\n").value();
  EXPECT_EQ(table.find_column("b"), 1U);
  EXPECT_EQ(table.find_column("c"), std::nullopt);
}

TEST(Table, NamesTheCellThatIsNoNumber) {
  const Table table = read_csv("a,b\n1,red\n").value();
  EXPECT_EQ(table.number(0, 0), 1.0);
  EXPECT_EQ(table.number(0, 1).error(),
            (Error{Code::invalid_argument, "line 2 column 'b': expected a number, got 'red'"}));
}

TEST(Table, ShowsOnlyTheBeginningOfALongCell) {
  const Table table = read_csv("a\n" + std::string(39, 'x') + "\xC3\xA9y\n").value();
  EXPECT_EQ(table.number(0, 0).error().message, "line 2 column 'a': expected a number, got '" +
                                                    std::string(39, 'x') + "...' (42 bytes)");
}

// The sums are those of sklearn.datasets.load_iris().data.sum(axis=0).
TEST(Iris, HasTheRowsOfScikitLearn) {
  const MatrixView<const float> rows = iris_rows();
  ASSERT_EQ(rows.row_count(), 150U);
  const double expected[] = {876.5, 458.6, 563.7, 179.9};
  for (std::size_t column = 0; column < 4; ++column) {
    double sum = 0;
    for (std::size_t row = 0; row < rows.row_count(); ++row) sum += double{rows.row(row)[column]};
    EXPECT_NEAR(sum, expected[column], 1e-4);
  }
  EXPECT_EQ(rows.row(34)[3], 0.2F);
  EXPECT_EQ(rows.row(37)[1], 3.6F);
  EXPECT_EQ(std::accumulate(iris_classes().begin(), iris_classes().end(), 0), 150);
}

}  // namespace
}  // namespace ml_inference
