// SPDX-License-Identifier: MIT
#include "data/csv.h"

#include "data/limits.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

using Rows = std::vector<std::vector<std::string>>;

// Header first, so that a whole table is compared at once.
Rows rows_of(const Table& table) {
  Rows rows{{table.column_names().begin(), table.column_names().end()}};
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    std::vector<std::string>& cells = rows.emplace_back();
    for (std::size_t column = 0; column < table.column_count(); ++column) {
      cells.emplace_back(table.cell(row, column));
    }
  }
  return rows;
}

Rows read(std::string_view text) {
  const Result<Table> table = read_csv(text);
  EXPECT_TRUE(table.has_value()) << table.error().message;
  return table ? rows_of(*table) : Rows{};
}

void expect_fault(std::string_view text, Code code, std::string_view message) {
  const Result<Table> table = read_csv(text);
  ASSERT_FALSE(table.has_value()) << text;
  EXPECT_EQ(table.error(), (Error{code, std::string(message)}));
}

TEST(Csv, ReadsNamesAndCells) {
  EXPECT_EQ(read("a,b\n1,x\n2,y\n"), (Rows{{"a", "b"}, {"1", "x"}, {"2", "y"}}));
}

TEST(Csv, TakesBothLineEndsAndALastLineWithoutOne) {
  const Rows expected{{"a", "b"}, {"1", "2"}, {"3", "4"}};
  EXPECT_EQ(read("a,b\r\n1,2\r\n3,4\r\n"), expected);
  EXPECT_EQ(read("a,b\n1,2\r\n3,4"), expected);
}

TEST(Csv, ResolvesQuotes) {
  EXPECT_EQ(read("\"a\",\"b\"\n\"1,2\",\"say \"\"hi\"\"\"\n\"\",\"two\nlines\"\n\"\"\"\",\"\r\n\""),
            (Rows{{"a", "b"}, {"1,2", "say \"hi\""}, {"", "two\nlines"}, {"\"", "\r\n"}}));
}

TEST(Csv, KeepsEmptyCellsAndSpaces) {
  EXPECT_EQ(read("a,b,c\n,,\n 1 ,\t,2\n"),
            (Rows{{"a", "b", "c"}, {"", "", ""}, {" 1 ", "\t", "2"}}));
}

TEST(Csv, SkipsEmptyLinesButNotAnEmptyQuotedCell) {
  EXPECT_EQ(read("\n\r\na\n\n1\n\"\"\n\r\n\n2\n\n"), (Rows{{"a"}, {"1"}, {""}, {"2"}}));
}

TEST(Csv, AcceptsAByteOrderMarkAndUtf8) {
  EXPECT_EQ(read("\xEF\xBB\xBFgröße,b\n1,ü\n"), (Rows{{"größe", "b"}, {"1", "ü"}}));
}

TEST(Csv, ReadsATableWithoutRows) { EXPECT_EQ(read("a,b\n"), (Rows{{"a", "b"}})); }

TEST(Csv, RemembersOnWhichLineARowBegan) {
  const Table table = read_csv("a,b\n\"x\ny\",1\n\n2,z\n").value();
  EXPECT_EQ(table.line(0), 2U);
  EXPECT_EQ(table.line(1), 5U);
  EXPECT_EQ(table.place(1, 1), "line 5 column 'b'");
}

TEST(Csv, RefusesATextWithoutAHeader) {
  for (const char* text : {"", "\n\r\n", "\xEF\xBB\xBF"}) {
    expect_fault(text, Code::data_loss, "csv: line 1: expected a header row of names, got nothing");
  }
}

TEST(Csv, RefusesEmptyAndRepeatedNames) {
  expect_fault(
      "a,,c\n", Code::data_loss,
      "csv: line 1 column 2: the column has no name (to_csv(index=False) of pandas writes none)");
  expect_fault("a,b,a\n", Code::data_loss, "csv: line 1 column 3: the name 'a' stands twice");
}

TEST(Csv, RefusesARowOfAnotherLength) {
  expect_fault("a,b\n1,2\n3\n", Code::data_loss, "csv: line 3: expected 2 cells, got 1");
  expect_fault("a\n1,2\n", Code::data_loss, "csv: line 2: expected 1 cell, got 2");
  expect_fault("a,b\n1,2,\n", Code::data_loss, "csv: line 2: expected 2 cells, got 3");
}

TEST(Csv, RefusesMisplacedQuotes) {
  expect_fault("a,b\n1,2\"3\"\n", Code::data_loss,
               "csv: line 2 column 2: a quote inside a cell, expected the whole cell in quotes");
  expect_fault("a,b\n\"1\n\" ,2\n", Code::data_loss,
               "csv: line 3 column 1: text after the closing quote, expected a comma or the end of "
               "the line");
  expect_fault("a,b\n1,\"2\n3,4\n", Code::data_loss,
               "csv: line 2 column 2: the quote is never closed");
}

TEST(Csv, RefusesALoneCarriageReturn) {
  expect_fault("a,b\r1,2\r", Code::data_loss,
               "csv: line 1 column 2: a carriage return without a line feed");
}

// The halves of a character in two cells would be well-formed if they were looked at together.
TEST(Csv, RefusesBytesThatAreNotUtf8) {
  expect_fault("a,b\n\xC3,\xA9\n", Code::data_loss, "csv: line 2 column 1: not utf-8");
  expect_fault(
      "\xFF\xFE"
      "a",
      Code::data_loss, "csv: line 1 column 1: not utf-8");
}

TEST(Csv, RefusesMoreColumnsThanItsLimit) {
  expect_fault(std::string(kTableColumnCountMax, ','), Code::resource_exhausted,
               "csv: line 1: more than 100000 columns");
}

TEST(Csv, ReadsAFileAndNamesItInErrors) {
  const std::string path = ::testing::TempDir() + "csv_test.csv";
  std::ofstream(path, std::ios::binary) << "a\n1\n";
  EXPECT_EQ(rows_of(read_csv_file(path).value()), (Rows{{"a"}, {"1"}}));
  std::ofstream(path, std::ios::binary) << "";
  EXPECT_EQ(read_csv_file(path).error().message,
            path + ": csv: line 1: expected a header row of names, got nothing");
  std::remove(path.c_str());
  EXPECT_EQ(read_csv_file(path).error(),
            (Error{Code::not_found, path + ": cannot be opened: No such file or directory"}));
}

TEST(Csv, SaysThatADirectoryCannotBeRead) {
  EXPECT_EQ(read_csv_file(::testing::TempDir()).error().code, Code::data_loss);
}

}  // namespace
}  // namespace ml_inference
