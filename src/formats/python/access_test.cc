// SPDX-License-Identifier: MIT
#include "formats/python/access.h"

#include "formats/format_error.h"
#include "formats/pickle/testing/pickle_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace ml_inference {
namespace {

using namespace testing;  // NOLINT: the assembler of our own tests
using namespace std::string_literals;

using Assembler = PickleAssembler;

// What `ask(root)` is refused by; "read" when it is not.
template <class Ask>
std::string refusal_by(const std::string& bytes, Ask&& ask) {
  try {
    const PyDocument document = read_pickle(bytes);
    static_cast<void>(ask(document.root()));
    return "read";
  } catch (const FormatError& refusal) {
    return refusal.error.message;
  }
}

Assembler scalar(std::string_view code, std::string_view bytes) {
  Assembler to;
  to.global("numpy.core.multiarray", "scalar").dtype(code).bytes(bytes);
  return to.tuple(2).op(Opcode::reduce);
}

double number_in(const std::string& bytes) {
  const PyDocument document = read_pickle(bytes);
  return number_of(document.root(), "value");
}

TEST(PyAccess, FindsAttributesOfBothKindsOfState) {
  const auto object = [](bool has_slots) {
    Assembler to;
    to.global("sklearn.svm", "SVC").empty_tuple().op(Opcode::newobj);
    to.op(Opcode::empty_dict).text("a").integer(1).op(Opcode::setitem);
    if (has_slots) {
      to.op(Opcode::empty_dict).text("b").integer(2).op(Opcode::setitem).tuple(2);
    }
    return to.op(Opcode::build).stop();
  };
  for (const bool has_slots : {false, true}) {
    const std::string bytes = object(has_slots);
    const PyDocument document = read_pickle(bytes);
    EXPECT_EQ(class_of(document.root()), "sklearn.svm.SVC");
    EXPECT_EQ(integer_of(attribute_of(document.root(), "a", "model"), "model.a"), 1);
    EXPECT_EQ(find_attribute(document.root(), "b", "model").has_value(), has_slots);
  }
  EXPECT_EQ(refusal_by(object(false),
                       [](const PyValue& root) { return attribute_of(root, "z", "model"); }),
            "model has no attribute z");
  EXPECT_EQ(refusal_by(Assembler().integer(1).stop(),
                       [](const PyValue& root) { return attribute_of(root, "z", "model"); }),
            "model is an integer, expected an object");
}

TEST(PyAccess, KnowsTheClassBehindReconstructor) {
  Assembler to;
  to.global("copyreg", "_reconstructor").global("sklearn.svm", "SVC");
  to.global("builtins", "object").op(Opcode::none).tuple(3).op(Opcode::reduce);
  const std::string bytes = to.stop();
  const PyDocument document = read_pickle(bytes);
  EXPECT_EQ(class_of(document.root()), "sklearn.svm.SVC");
}

TEST(PyAccess, ReadsNumbersOfPythonAndNumpy) {
  EXPECT_EQ(number_in(Assembler().integer(7).stop()), 7);
  EXPECT_EQ(number_in(Assembler().op(Opcode::newtrue).stop()), 1);
  EXPECT_EQ(number_in(Assembler().real(0.5).stop()), 0.5);
  EXPECT_EQ(number_in(scalar("f8", bytes_of<double>({2.5})).stop()), 2.5);
  EXPECT_EQ(number_in(scalar("f2", "\x00\xc2"s).stop()), -3);
  EXPECT_EQ(number_in(scalar("u8", bytes_of<std::uint64_t>({1ULL << 63})).stop()),
            9223372036854775808.0);
  EXPECT_EQ(number_in(Assembler().array("i4", {1}, bytes_of<std::int32_t>({-4})).stop()), -4);
  EXPECT_EQ(number_in(Assembler().array("f4", {}, bytes_of<float>({0.25F})).stop()), 0.25);
}

TEST(PyAccess, RefusesWhatIsNoNumber) {
  const auto ask_number = [](const PyValue& root) { return number_of(root, "a.b"); };
  const auto ask_integer = [](const PyValue& root) { return integer_of(root, "a.b"); };
  EXPECT_EQ(refusal_by(Assembler().text("x").stop(), ask_number), "a.b is 'x', expected a number");
  EXPECT_EQ(refusal_by(Assembler().real(1).stop(), ask_integer),
            "a.b is a float, expected an integer");
  EXPECT_EQ(refusal_by(scalar("f8", bytes_of<double>({2})).stop(), ask_integer),
            "a.b is a number of numpy, expected an integer");
  EXPECT_EQ(refusal_by(scalar("u8", bytes_of<std::uint64_t>({1ULL << 63})).stop(), ask_integer),
            "a.b is an integer of 2^63 or more");
  EXPECT_EQ(refusal_by(Assembler().array("u1", {2}, "ab").stop(), ask_number),
            "a.b is an array of 2 u1, expected a number");
}

TEST(PyAccess, ReadsBools) {
  const auto ask = [](const PyValue& root) { return boolean_of(root, "a"); };
  EXPECT_EQ(refusal_by(Assembler().op(Opcode::newtrue).stop(), ask), "read");
  EXPECT_EQ(refusal_by(scalar("b1", "\1").stop(), ask), "read");
  EXPECT_EQ(refusal_by(Assembler().integer(2).stop(), ask), "a is 2, expected a bool");
  EXPECT_EQ(refusal_by(Assembler().real(1).stop(), ask), "a is a float, expected a bool");
}

TEST(PyAccess, ReadsTexts) {
  const auto ask = [](const PyValue& root) { return text_of(root, "a"); };
  EXPECT_EQ(refusal_by(scalar("U1", "\xe9\0\0\0"s).stop(), ask), "read");
  EXPECT_EQ(refusal_by(scalar("U1", "\0\0\x11\0"s).stop(), ask), "a is no text of Unicode");
  EXPECT_EQ(refusal_by(Assembler().text("\xed\xa0\x80").stop(), ask),
            "a is no text of Unicode: half of a surrogate pair");
  EXPECT_EQ(refusal_by(Assembler().bytes("x").stop(), ask), "a is bytes, expected a text");
}

TEST(PyAccess, RefusesAnArrayWhoseListHasChanged) {
  Assembler to;
  to.global("numpy.core.multiarray", "_reconstruct").global("numpy", "ndarray");
  to.integer(0).tuple(1).bytes("b").tuple(3).op(Opcode::reduce).put(0);
  to.op(Opcode::mark).integer(1).shape({1}).dtype("O", "|").op(Opcode::newfalse);
  to.op(Opcode::empty_list).put(1).get(0).op(Opcode::append);
  to.op(Opcode::tuple).op(Opcode::build).get(1).get(0).op(Opcode::append).op(Opcode::pop);
  const std::string bytes = to.stop();
  const PyDocument document = read_pickle(bytes);
  const PyItems items(document.root(), "a");
  EXPECT_EQ(items.size(), 1);
  EXPECT_EQ(items[0].id(), document.root().id());
}

TEST(PyAccess, CountsThoseWhoGoDown) {
  PyVisit visit(1'000);
  const std::function<void(int)> go_down = [&](int levels) {
    const auto inside = visit.enter("a");
    if (levels > 1) go_down(levels - 1);
  };
  EXPECT_NO_THROW(go_down(kPyDepthMax));
  EXPECT_THROW(go_down(kPyDepthMax + 1), FormatError);
  PyVisit brief(2);
  static_cast<void>(brief.enter("a"));
  static_cast<void>(brief.enter("a"));
  EXPECT_THROW(static_cast<void>(brief.enter("a")), FormatError);
}

}  // namespace
}  // namespace ml_inference
