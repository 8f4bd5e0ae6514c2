// SPDX-License-Identifier: MIT
#include "formats/python/arrays.h"

#include "formats/format_error.h"
#include "formats/pickle/testing/pickle_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ml_inference {
namespace {

using namespace testing;  // NOLINT: the assembler of our own tests
using namespace std::string_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Assembler = PickleAssembler;

std::string array(std::string_view code, const std::vector<std::int64_t>& shape,
                  std::string_view bytes) {
  return Assembler().array(code, shape, bytes).stop();
}

std::string big_endian(std::string_view code, std::string_view bytes) {
  Assembler to;
  to.global("numpy.core.numeric", "_frombuffer").op(Opcode::mark).bytes(bytes).dtype(code, ">");
  return to.shape({1}).text("C").op(Opcode::tuple).op(Opcode::reduce).stop();
}

std::vector<double> doubles_in(const std::string& bytes) {
  const PyDocument document = read_pickle(bytes);
  return doubles_of(document.root(), "a");
}

std::vector<std::int64_t> int64s_in(const std::string& bytes) {
  const PyDocument document = read_pickle(bytes);
  return int64s_of(document.root(), "a");
}

template <class Ask>
std::string refusal_by(const std::string& bytes, Ask&& ask) {
  try {
    const PyDocument document = read_pickle(bytes);
    ask(document.root());
    return "read";
  } catch (const FormatError& refusal) {
    return refusal.error.message;
  }
}

TEST(PyArrays, ReadNumbersOfEachType) {
  EXPECT_THAT(doubles_in(array("f8", {2}, bytes_of<double>({1.5, -2}))), ElementsAre(1.5, -2));
  EXPECT_THAT(doubles_in(array("f4", {1}, bytes_of<float>({0.5F}))), ElementsAre(0.5));
  EXPECT_THAT(doubles_in(array("i2", {1}, "\xff\xff")), ElementsAre(-1));
  EXPECT_THAT(doubles_in(array("u2", {1}, "\xff\xff")), ElementsAre(65535));
  EXPECT_THAT(doubles_in(array("i1", {1}, "\xff")), ElementsAre(-1));
  EXPECT_THAT(int64s_in(array("u1", {1}, "\xff")), ElementsAre(255));
  EXPECT_THAT(int64s_in(array("b1", {2}, "\1\0"s)), ElementsAre(1, 0));
  EXPECT_THAT(int64s_in(array("i4", {1}, bytes_of<std::int32_t>({-9}))), ElementsAre(-9));
  EXPECT_THAT(int64s_in(array("u4", {1}, "\xff\xff\xff\xff")), ElementsAre(4294967295));
  EXPECT_THAT(int64s_in(array("i8", {1}, bytes_of<std::int64_t>({-9}))), ElementsAre(-9));
  EXPECT_THAT(int64s_in(array("i8", {0}, "")), IsEmpty());
}

TEST(PyArrays, ReadBothByteOrders) {
  EXPECT_THAT(doubles_in(big_endian("f8", "\x3f\xf8\0\0\0\0\0\0"s)), ElementsAre(1.5));
  EXPECT_THAT(doubles_in(big_endian("f4", "\x3f\0\0\0"s)), ElementsAre(0.5));
  EXPECT_THAT(int64s_in(big_endian("i2", "\xff\xfe")), ElementsAre(-2));
  EXPECT_THAT(int64s_in(big_endian("i8", "\0\0\0\0\0\0\1\0"s)), ElementsAre(256));
}

TEST(PyArrays, ReadNumbersOfLists) {
  Assembler to;
  to.op(Opcode::empty_list).integer(1).op(Opcode::append).real(2.5).op(Opcode::append);
  EXPECT_THAT(doubles_in(to.stop()), ElementsAre(1, 2.5));
  EXPECT_EQ(
      refusal_by(to.stop(), [](const PyValue& root) { static_cast<void>(int64s_of(root, "a")); }),
      "a[1] is a float, expected an integer");
}

TEST(PyArrays, RefuseOtherTypesAndShapes) {
  const std::string bytes = array("f8", {1, 2}, bytes_of<double>({1, 2}));
  EXPECT_EQ(refusal_by(bytes, [](const PyValue& root) { static_cast<void>(int64s_of(root, "a")); }),
            "a is an array of <f8, expected integers");
  EXPECT_EQ(refusal_by(bytes, [](const PyValue& root) { static_cast<void>(texts_of(root, "a")); }),
            "a is an array of <f8, expected texts");
  EXPECT_EQ(refusal_by(array("V3", {1}, "abc"),
                       [](const PyValue& root) { static_cast<void>(doubles_of(root, "a")); }),
            "a is an array of V3, expected numbers");
  EXPECT_EQ(refusal_by(bytes, [](const PyValue& root) { check_shape(root, {1, 3}, "a"); }),
            "a has the shape (1, 2), expected (1, 3)");
  EXPECT_EQ(refusal_by(bytes, [](const PyValue& root) { check_shape(root, {-1}, "a"); }),
            "a has the shape (1, 2), expected (any,)");
  EXPECT_EQ(refusal_by(bytes, [](const PyValue& root) { check_shape(root, {-1, 2}, "a"); }),
            "read");
  EXPECT_EQ(refusal_by(array("U0", {1LL << 40}, ""),
                       [](const PyValue& root) { static_cast<void>(texts_of(root, "a")); }),
            "a has 1099511627776 elements, expected at most 1048576");
}

TEST(PyArrays, StreamNumbersAndRecords) {
  const std::string bytes = array("f8", {2, 1}, bytes_of<double>({1.5, -2}));
  const PyDocument document = read_pickle(bytes);
  const auto groups_of = [&](std::size_t count) {
    PyNumbers numbers(document.root(), "a");
    std::vector<double> all;
    std::vector<double> group(count);
    numbers.for_each_group(count, [&](const char* at) {
      numbers.read(at, group);
      all.insert(all.end(), group.begin(), group.end());
    });
    return all;
  };
  EXPECT_EQ(groups_of(1), (std::vector{1.5, -2.0}));
  EXPECT_EQ(groups_of(2), (std::vector{1.5, -2.0}));
  EXPECT_EQ(groups_of(3), std::vector<double>{});
  EXPECT_EQ(refusal_by(bytes, [](const PyValue& root) { PyRecords(root, "a"); }),
            "a has the shape (2, 1), expected (any,)");
  EXPECT_EQ(refusal_by(array("f8", {1}, bytes_of<double>({1})),
                       [](const PyValue& root) { PyRecords(root, "a"); }),
            "a is an array of <f8, expected records");
}

}  // namespace
}  // namespace ml_inference
