// SPDX-License-Identifier: MIT
#include "formats/pickle/objects.h"

#include "formats/pickle/testing/pickle_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ml_inference {
namespace {

using namespace testing;  // NOLINT: the assembler of our own tests
using namespace std::string_literals;
using ::testing::HasSubstr;

using Assembler = PickleAssembler;

const std::vector<double> kTwo{1.5, -2};

std::string joblib_array(std::string_view order, std::string_view code,
                         const std::vector<std::int64_t>& shape, std::string_view behind) {
  Assembler to(4);
  to.global("joblib.numpy_pickle", "NumpyArrayWrapper").empty_tuple().op(Opcode::newobj);
  to.op(Opcode::empty_dict).op(Opcode::mark);
  to.text("subclass").global("numpy", "ndarray").text("shape").shape(shape);
  to.text("order").text(order).text("dtype").dtype(code);
  to.text("allow_mmap").op(Opcode::newtrue);
  if (!behind.empty() && behind[0] == '\2') to.text("numpy_array_alignment_bytes").integer(16);
  return to.op(Opcode::setitems).op(Opcode::build).raw(behind).stop();
}

TEST(PickleObjects, ReadsArraysOfReconstruct) {
  EXPECT_EQ(read_as_text(Assembler().array("f8", {2}, bytes_of(kTwo)).stop()),
            "array(<f8(2,) 1.5, -2)");
  EXPECT_EQ(read_as_text(Assembler().array("u1", {2, 2}, "\1\2\3\4").stop()),
            "array(u1(2, 2) 1, 2, 3, 4)");
  EXPECT_EQ(read_as_text(Assembler().array("f8", {0, 5}, "").stop()), "array(<f8(0, 5) )");
  EXPECT_EQ(read_as_text(Assembler().array("b1", {}, "\1").stop()), "array(b1() 1)");
  EXPECT_EQ(read_as_text(Assembler().array("U2", {2}, "a\0\0\0b\0\0\0\xe9\0\0\0\0\0\0\0"s).stop()),
            "array(<U2(2,) ab, \xc3\xa9)");
}

TEST(PickleObjects, ReadsAnArrayOfABuffer) {
  const auto assemble = [](std::string_view order, std::string_view bytes) {
    return Assembler(5)
        .global("numpy._core.numeric", "_frombuffer")
        .op(Opcode::mark)
        .op(Opcode::bytearray8)
        .byte(static_cast<int>(bytes.size()))
        .raw("\0\0\0\0\0\0\0"s)
        .raw(bytes)
        .dtype("u1")
        .shape({2, 3})
        .text(order)
        .op(Opcode::tuple)
        .op(Opcode::reduce)
        .stop();
  };
  EXPECT_EQ(read_as_text(assemble("C", "\1\2\3\4\5\6")), "array(u1(2, 3) 1, 2, 3, 4, 5, 6)");
  EXPECT_EQ(read_as_text(assemble("F", "\1\2\3\4\5\6")), "array(u1(2, 3) 1, 3, 5, 2, 4, 6)");
  EXPECT_THAT(read_as_text(assemble("C", "\1\2\3\4\5")),
              HasSubstr("an array of 6 elements of 1 bytes, and 5 bytes for them"));
  EXPECT_THAT(read_as_text(assemble("A", "\1\2\3\4\5\6")),
              HasSubstr("an array's order is 'A', expected 'C' or 'F'"));
}

TEST(PickleObjects, ReadsBytesOfProtocol2) {
  const auto assemble = [](std::string_view text, std::string_view encoding) {
    return Assembler(2)
        .global("_codecs", "encode")
        .text(text)
        .text(encoding)
        .tuple(2)
        .op(Opcode::reduce)
        .stop();
  };
  EXPECT_EQ(read_as_text(assemble("ab", "latin1")), "x'6162'");
  EXPECT_EQ(read_as_text(assemble("a\xc3\xbf\xc2\x80", "latin1")), "x'61ff80'");
  std::string text;
  std::string expected;
  for (int count = 0; count < 100; ++count) text += "z\xc3\xa9", expected += "7ae9";
  EXPECT_EQ(read_as_text(assemble(text, "latin1")), "x'" + expected + "'");
  EXPECT_THAT(read_as_text(assemble("a", "rot13")), HasSubstr("an encoding is 'rot13'"));
  EXPECT_THAT(read_as_text(assemble("\xc4\x80", "latin1")),
              HasSubstr("expected a text without characters above U+00FF"));
  EXPECT_EQ(
      read_as_text(
          Assembler(2).global("__builtin__", "bytes").empty_tuple().op(Opcode::reduce).stop()),
      "x''");
  EXPECT_EQ(read_as_text(Assembler(2)
                             .global("__builtin__", "bytearray")
                             .text("\xc3\xbf")
                             .text("latin-1")
                             .tuple(2)
                             .op(Opcode::reduce)
                             .stop()),
            "x'ff'");
}

TEST(PickleObjects, ReadsSetsSlicesAndOrderedDicts) {
  const auto call = [](std::string_view module, std::string_view name) {
    return Assembler(3)
        .global(module, name)
        .op(Opcode::empty_list)
        .integer(1)
        .integer(2)
        .tuple(2)
        .op(Opcode::append)
        .tuple(1)
        .op(Opcode::reduce)
        .stop();
  };
  EXPECT_EQ(read_as_text(call("builtins", "set")), "{(1, 2)}");
  EXPECT_EQ(read_as_text(call("builtins", "frozenset")), "{(1, 2)}");
  EXPECT_EQ(read_as_text(call("collections", "OrderedDict")), "{1: 2}");
  EXPECT_EQ(read_as_text(call("collections", "deque")), "collections.deque([(1, 2)],)");
  EXPECT_EQ(read_as_text(Assembler()
                             .global("builtins", "slice")
                             .integer(0)
                             .integer(4)
                             .op(Opcode::none)
                             .tuple(3)
                             .op(Opcode::reduce)
                             .stop()),
            "slice(0, 4, None)");
}

TEST(PickleObjects, ReadsScalars) {
  const auto assemble = [](std::string_view code, std::string_view bytes) {
    return Assembler()
        .global("numpy.core.multiarray", "scalar")
        .dtype(code)
        .bytes(bytes)
        .tuple(2)
        .op(Opcode::reduce)
        .stop();
  };
  EXPECT_EQ(read_as_text(assemble("i8", bytes_of<std::int64_t>({-3}))), "<i8(-3)");
  EXPECT_EQ(read_as_text(assemble("f4", bytes_of<float>({0.5F}))), "<f4(0.5)");
  EXPECT_EQ(read_as_text(assemble("U1", "x\0\0\0"s)), "scalar('x')");
  EXPECT_THAT(read_as_text(assemble("i8", "1234567")),
              HasSubstr("a scalar has 7 bytes, expected 8"));
}

TEST(PickleObjects, ReadsArraysOfObjects) {
  const auto assemble = [](int count) {
    Assembler to;
    to.global("numpy.core.multiarray", "_reconstruct").global("numpy", "ndarray");
    to.integer(0).tuple(1).bytes("b").tuple(3).op(Opcode::reduce);
    to.op(Opcode::mark).integer(1).shape({2}).dtype("O", "|").op(Opcode::newfalse);
    to.op(Opcode::empty_list).op(Opcode::mark);
    for (int index = 0; index < count; ++index) to.text("a");
    return to.op(Opcode::appends).op(Opcode::tuple).op(Opcode::build).stop();
  };
  EXPECT_EQ(read_as_text(assemble(2)), "array(object(2,) 'a', 'a')");
  EXPECT_THAT(read_as_text(assemble(3)), HasSubstr("an array of 2 objects, and a list of 3"));
}

// Two fields in ten bytes, of which the second stands first.
Assembler structured(int second_offset) {
  Assembler to;
  to.global("numpy", "dtype").text("V10").op(Opcode::newfalse).op(Opcode::newtrue).tuple(3);
  to.op(Opcode::reduce).op(Opcode::mark).integer(3).text("|").op(Opcode::none);
  to.text("left").text("value").tuple(2);
  to.op(Opcode::empty_dict).op(Opcode::mark);
  to.text("left").dtype("u2").integer(8).tuple(2);
  to.text("value").dtype("f8").integer(second_offset).tuple(2);
  to.op(Opcode::setitems).integer(10).integer(1).integer(16);
  return to.op(Opcode::tuple).op(Opcode::build);
}

TEST(PickleObjects, ReadsStructuredTypesByTheirOffsets) {
  Assembler to;
  to.global("numpy.core.numeric", "_frombuffer").op(Opcode::mark);
  to.bytes(bytes_of<double>({2.5}) + "\7\0"s);
  to.raw(structured(0).stop().substr(2, structured(0).stop().size() - 3));
  to.shape({1}).text("C").op(Opcode::tuple).op(Opcode::reduce);
  EXPECT_EQ(read_as_text(to.stop()), "array(V10(1,) (left=7 value=2.5))");
}

TEST(PickleObjects, RefusesFieldsBeyondTheRecord) {
  EXPECT_EQ(read_as_text(structured(0).stop()), "dtype(V10)");
  EXPECT_THAT(refusal_of(structured(3).stop()),
              HasSubstr("field 'value' has 8 bytes at offset 3 of 10"));
  EXPECT_THAT(refusal_of(structured(-1).stop()),
              HasSubstr("field 'value' has 8 bytes at offset -1 of 10"));
}

TEST(PickleObjects, RefusesTypesThatDoNotExist) {
  for (const char* code : {"", "f", "f3", "x8", "f8x", "i-8", "f99999999999999999999", "U99999999",
                           "V-1", "U", "<", "i16"}) {
    EXPECT_THAT(refusal_of(Assembler().dtype(code).stop()), HasSubstr("which is not known here"))
        << code;
  }
  EXPECT_THAT(refusal_of(Assembler().dtype("f8", "!").stop()),
              HasSubstr("a dtype's byte order is '!'"));
}

TEST(PickleObjects, RefusesShapesThatDoNotFit) {
  EXPECT_THAT(refusal_of(Assembler().array("f8", {-1}, "").stop()),
              HasSubstr("an array's shape holds -1"));
  EXPECT_THAT(refusal_of(Assembler().array("f8", {3}, bytes_of(kTwo)).stop()),
              HasSubstr("an array of 3 elements of 8 bytes, and 16 bytes for them"));
  EXPECT_THAT(refusal_of(Assembler().array("f8", {1LL << 40, 1LL << 40}, "").stop()),
              HasSubstr("an array's shape is larger than any memory"));
  EXPECT_THAT(refusal_of(Assembler().array("f8", std::vector<std::int64_t>(65, 1), "").stop()),
              HasSubstr("an array has 65 dimensions, expected at most 64"));
}

TEST(PickleObjects, ReadsArraysOfJoblibBehindTheirState) {
  EXPECT_EQ(read_as_text(joblib_array("C", "f8", {2}, bytes_of(kTwo))), "array(<f8(2,) 1.5, -2)");
  EXPECT_EQ(read_as_text(joblib_array("C", "f8", {2}, "\2\xff\xff" + bytes_of(kTwo))),
            "array(<f8(2,) 1.5, -2)");
  EXPECT_EQ(read_as_text(joblib_array("F", "u1", {2, 2}, "\1\2\3\4")),
            "array(u1(2, 2) 1, 3, 2, 4)");
  EXPECT_THAT(refusal_of(joblib_array("C", "f8", {200}, bytes_of(kTwo))),
              HasSubstr("the file breaks off: 1600 bytes at byte"));
  EXPECT_THAT(refusal_of(joblib_array("C", "f8", {-2}, bytes_of(kTwo))),
              HasSubstr("an array's shape holds -2"));
}

TEST(PickleObjects, ReadsAnArrayOfObjectsOfJoblibAsAPickleOfItsOwn) {
  Assembler inner(2);
  inner.global("numpy.core.multiarray", "_reconstruct").global("numpy", "ndarray");
  inner.integer(0).tuple(1).bytes("b").tuple(3).op(Opcode::reduce).put(0);
  inner.op(Opcode::mark).integer(1).shape({1}).dtype("O", "|").op(Opcode::newfalse);
  inner.op(Opcode::empty_list).text("a").op(Opcode::append).op(Opcode::tuple).op(Opcode::build);
  EXPECT_EQ(read_as_text(joblib_array("C", "O", {1}, inner.stop())), "array(object(1,) 'a')");
  EXPECT_THAT(refusal_of(joblib_array("C", "O", {1}, Assembler(2).integer(1).stop())),
              HasSubstr("an array of objects is an integer"));
}

TEST(PickleObjects, RefusesToOpenAMappedFile) {
  EXPECT_THAT(refusal_of(Assembler()
                             .global("numpy", "memmap")
                             .text("/etc/passwd")
                             .tuple(1)
                             .op(Opcode::reduce)
                             .stop()),
              HasSubstr("numpy.memmap is called, which would open a file"));
}

}  // namespace
}  // namespace ml_inference
