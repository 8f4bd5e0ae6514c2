// SPDX-License-Identifier: MIT
#include "data/csv_cutter.h"

#include "data/csv_record.h"
#include "data/testing/plain_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {
namespace {

// The rows that are cut off a text which comes in pieces of so many bytes, the rest last.
std::vector<std::string> rows_in_pieces(std::string_view text, std::size_t piece) {
  std::vector<std::string> rows;
  CsvCutter cutter;
  std::size_t begin = 0;
  for (std::size_t end = 0; end < text.size();) {
    end = std::min(end + piece, text.size());
    const std::size_t row_end = cutter.scan(text.substr(begin, end - begin));
    if (row_end == 0) continue;
    std::string_view cut = text.substr(begin, row_end);
    while (!cut.empty()) {
      const std::size_t size = csv_row_end(cut);
      rows.emplace_back(cut.substr(0, size));
      cut.remove_prefix(size);
    }
    begin += row_end;
    end = begin;
    cutter.reset();
  }
  if (begin < text.size()) rows.emplace_back(text.substr(begin));
  return rows;
}

TEST(CsvCutter, CutsWhereNoQuoteIsOpen) {
  using Rows = std::vector<std::string>;
  EXPECT_EQ(rows_in_pieces("a,b\n1,2\r\n\n3", 100), (Rows{"a,b\n", "1,2\r\n", "\n", "3"}));
  EXPECT_EQ(rows_in_pieces("1,\"x\ny\"\n2,\"a\"\"\nb\"\r\n3,\"\"\n", 100),
            (Rows{"1,\"x\ny\"\n", "2,\"a\"\"\nb\"\r\n", "3,\"\"\n"}));
}

TEST(CsvCutter, EndsARowOfBrokenQuotesWithItsLine) {
  using Rows = std::vector<std::string>;
  EXPECT_EQ(rows_in_pieces("1,a\"b\n2,c\n", 100), (Rows{"1,a\"b\n", "2,c\n"}));
  EXPECT_EQ(rows_in_pieces("1,\"a\nb\"c,\"d\n2,e\n", 100), (Rows{"1,\"a\nb\"c,\"d\n", "2,e\n"}));
  EXPECT_EQ(rows_in_pieces("\"a\"\rb\n2\n", 100), (Rows{"\"a\"\rb\n", "2\n"}));
}

TEST(CsvCutter, TellsWhetherAQuoteIsOpenAtTheEnd) {
  const auto is_open = [](std::string_view text) {
    CsvCutter cutter;
    cutter.scan(text);
    return cutter.is_within_quotes();
  };
  for (const char* text : {"\"", "1\n\"a", "\"a\"\"", "\"a\"\"b\n", "1,\""}) {
    EXPECT_TRUE(is_open(text)) << text;
  }
  for (const char* text : {"", "1", "\"\"", "\"a\"", "\"a\"\r", "\"a\"\"\"", "1\"", "\"a\"b"}) {
    EXPECT_FALSE(is_open(text)) << text;
  }
}

std::string random_text(std::mt19937& random) {
  constexpr std::string_view kBytes = "\"\"\"\n\n\r,,a";
  std::string text(random() % 40, ' ');
  for (char& byte : text) byte = kBytes[random() % kBytes.size()];
  return text;
}

TEST(CsvCutter, CutsAnyTextInAnyPiecesAsThePlainVersionDoes) {
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = random_text(random);
    const std::vector<std::string> expected = plain_csv_rows(text);
    for (std::size_t piece = 1; piece < 6; ++piece) {
      ASSERT_EQ(rows_in_pieces(text, piece), expected) << text << " in pieces of " << piece;
    }
    ASSERT_EQ(rows_in_pieces(text, text.size() + 1), expected) << text;
  }
}

// A row that the record reader takes is read to its end: what is cut and what is read are the same.
TEST(CsvCutter, CutsWhatTheRecordReaderReads) {
  std::mt19937 random(11);
  std::size_t taken = 0;
  for (int round = 0; round < 20'000; ++round) {
    for (const std::string& row : plain_csv_rows(random_text(random))) {
      CsvRecordReader reader(row);
      CsvRecord record;
      const Result<bool> read = reader.next(record);
      if (!read || !*read) continue;
      ++taken;
      ASSERT_EQ(reader.position(), row.size()) << row;
    }
  }
  EXPECT_GT(taken, 1'000U);
}

}  // namespace
}  // namespace ml_inference
