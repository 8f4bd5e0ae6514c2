// SPDX-License-Identifier: MIT
#include "formats/skops/npy.h"

#include "formats/format_error.h"
#include "formats/skops/testing/skops_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ml_inference {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::npy_of;

class Npy : public ::testing::Test {
 protected:
  NpyHeader read(const std::string& bytes) { return read_npy_header(bytes, arena_, "file"); }

  std::string refusal(const std::string& bytes) {
    try {
      static_cast<void>(read(bytes));
      return "read";
    } catch (const FormatError& refusal) {
      return refusal.error.message;
    }
  }

  std::string refusal_of_type(std::string_view descr) { return refusal(npy_of(descr, "(1,)", "")); }

  Arena arena_{"skops", std::size_t{1} << 20};
};

TEST_F(Npy, ReadsTypeShapeAndOrder) {
  for (const int version : {1, 2, 3}) {
    const std::string bytes = npy_of("'<f8'", "(3, 4)", "", version, true);
    const NpyHeader header = read(bytes);
    EXPECT_EQ(header.layout.type->kind, 'f');
    EXPECT_EQ(header.layout.type->item_size, 8);
    EXPECT_THAT(header.layout.shape, ElementsAre(3, 4));
    EXPECT_EQ(header.layout.count, 12);
    EXPECT_TRUE(header.layout.is_fortran);
    EXPECT_EQ(header.size, bytes.size());
  }
  EXPECT_THAT(read(npy_of("'|b1'", "(5,)", "")).layout.shape, ElementsAre(5));
  EXPECT_EQ(read(npy_of("'<U7'", "()", "")).layout.count, 1);
  EXPECT_EQ(read(npy_of("'<M8[ns]'", "(2,)", "")).layout.type->item_size, 8);
  EXPECT_EQ(read(npy_of("'>i4'", "(2L, 3L)", "")).layout.count, 6);
}

TEST_F(Npy, ReadsRecordsWithGaps) {
  const NpyHeader header = read(
      npy_of("[('left_child', '<i8'), ('flag', '|u1'), ('', '|V7'), ('set', '<u4', (8,)), ('in', "
             "[('x', '<f4')])]",
             "(2,)", ""));
  const ArrayType& type = *header.layout.type;
  EXPECT_EQ(type.kind, 'V');
  EXPECT_EQ(type.item_size, 52);
  ASSERT_EQ(type.fields.size(), 4U);
  EXPECT_EQ(type.fields[1].name, "flag");
  EXPECT_EQ(type.fields[1].offset, 8);
  EXPECT_EQ(type.fields[2].offset, 16);
  EXPECT_TRUE(type.fields[2].type->has_subarray);
  EXPECT_EQ(type.fields[3].offset, 48);
}

TEST_F(Npy, RefusesOtherTypes) {
  EXPECT_EQ(refusal_of_type("'|O'"), "file: its elements are pickled objects");
  EXPECT_EQ(refusal_of_type("[('a', '|O')]"), "file: its elements are pickled objects");
  EXPECT_THAT(refusal_of_type("'q9'"), HasSubstr("its type is 'q9', which is not known here"));
  EXPECT_THAT(refusal_of_type("[[[[[[('a', '<i8')]]]]]]"), HasSubstr("expected '('"));
  std::string deep = "'<i8'";
  for (int depth = 0; depth < 6; ++depth) deep = "[('a', " + deep + ")]";
  EXPECT_THAT(refusal_of_type(deep), HasSubstr("too deep"));
  EXPECT_THAT(refusal_of_type("[('a', '<i8', (99999999, 99999999))]"), HasSubstr("too large"));
}

TEST_F(Npy, RefusesOtherHeaders) {
  EXPECT_EQ(refusal("PK"), "file is no array of numpy");
  EXPECT_EQ(refusal(std::string(200, 'x')), "file is no array of numpy");
  EXPECT_THAT(refusal(npy_of("'<f8'", "(1,)", "", 4)), HasSubstr("has version 4.0"));
  EXPECT_THAT(refusal(npy_of("'<f8'", "(-1,)", "")), HasSubstr("no number"));
  EXPECT_THAT(refusal(npy_of("'<f8'", "(9999999999, 9999999999, 9999999999)", "")),
              HasSubstr("larger than any memory"));
  EXPECT_THAT(refusal(npy_of("'<f8'", "[1]", "")), HasSubstr("expected '('"));
  EXPECT_THAT(refusal(npy_of("'<f8", "(1,)", "")), HasSubstr("not known here"));
  EXPECT_THAT(refusal(npy_of("'<f8', 'more': '", "(1,)", "")), HasSubstr("key 'more'"));
  EXPECT_THAT(refusal(npy_of("'\\x3cf8'", "(1,)", "")), HasSubstr("escape"));
  EXPECT_THAT(refusal(npy_of("'<f8'", "(1,)} import", "")), HasSubstr("goes on behind its end"));
  std::string dimensions = "(";
  for (int index = 0; index < 65; ++index) dimensions += "1,";
  EXPECT_THAT(refusal(npy_of("'<f8'", dimensions + ")", "")), HasSubstr("too many dimensions"));
  EXPECT_THAT(refusal(npy_of("'<f8'", "(1,)" + std::string(20'000, ' '), "")),
              HasSubstr("expected at most 10000"));
}

TEST_F(Npy, RefusesEveryPieceOfAHeader) {
  const std::string bytes = npy_of("[('a', '<i8'), ('b', '<f8')]", "(3, 4)", "");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_NE(refusal(bytes.substr(0, size)), "read") << size;
  }
}

}  // namespace
}  // namespace ml_inference
