// SPDX-License-Identifier: MIT
#include "formats/pickle/machine.h"

#include "formats/pickle/testing/pickle_files.h"
#include "formats/python/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ml_inference {
namespace {

using namespace testing;  // NOLINT: the assembler of our own tests
using namespace std::string_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using Assembler = PickleAssembler;

TEST(PickleMachine, ReadsNumbers) {
  EXPECT_EQ(read_as_text(Assembler().op(Opcode::none).stop()), "None");
  EXPECT_EQ(read_as_text(Assembler().op(Opcode::newtrue).stop()), "True");
  EXPECT_EQ(read_as_text(Assembler().op(Opcode::newfalse).stop()), "False");
  EXPECT_EQ(read_as_text(Assembler().integer(-7).stop()), "-7");
  EXPECT_EQ(read_as_text(Assembler().op(Opcode::binint1).byte(255).stop()), "255");
  EXPECT_EQ(read_as_text(Assembler().op(Opcode::binint2).raw("\xff\xff").stop()), "65535");
  EXPECT_EQ(read_as_text(Assembler().integer(2147483647).stop()), "2147483647");
  EXPECT_EQ(read_as_text(Assembler().integer(-2147483648).stop()), "-2147483648");
  EXPECT_EQ(read_as_text(Assembler().integer(1073741823).stop()), "1073741823");
  EXPECT_EQ(read_as_text(Assembler().integer(1073741824).stop()), "1073741824");
  EXPECT_EQ(read_as_text(Assembler().integer(-1073741824).stop()), "-1073741824");
  EXPECT_EQ(read_as_text(Assembler().integer(-1073741825).stop()), "-1073741825");
  EXPECT_EQ(read_as_text(Assembler().integer(-9223372036854775807 - 1).stop()),
            "-9223372036854775808");
  EXPECT_EQ(read_as_text(Assembler().real(-2.5).stop()), "-2.5");
}

TEST(PickleMachine, ReadsLongsOfAnySize) {
  EXPECT_EQ(read_as_text(Assembler().op(Opcode::long1).byte(0).stop()), "0");
  EXPECT_EQ(read_as_text(Assembler().op(Opcode::long1).byte(1).byte(0xFF).stop()), "-1");
  EXPECT_EQ(read_as_text(Assembler().op(Opcode::long1).byte(2).raw("\xff\0"s).stop()), "255");
  EXPECT_EQ(read_as_text(Assembler().op(Opcode::long4).raw("\1\0\0\0\5"s).stop()), "5");
  EXPECT_EQ(read_as_text(Assembler().op(Opcode::long1).byte(9).raw("\0\0\0\0\0\0\0\0\1"s).stop()),
            "x'000000000000000001'");
  EXPECT_EQ(refusal_of(Assembler().op(Opcode::long4).raw("\xff\xff\xff\xff"s).stop()),
            "pickle: byte 2: an integer of -1 bytes");
}

TEST(PickleMachine, ReadsTextAndBytesOfEachSize) {
  EXPECT_EQ(read_as_text(Assembler().text("h\xc3\xa9!").stop()), "'h\xc3\xa9!'");
  EXPECT_EQ(read_as_text(Assembler().op(Opcode::short_binunicode).byte(2).raw("ab").stop()),
            "'ab'");
  EXPECT_EQ(read_as_text(Assembler().op(Opcode::binunicode8).raw("\2\0\0\0\0\0\0\0ab"s).stop()),
            "'ab'");
  EXPECT_EQ(read_as_text(Assembler().bytes("ab").stop()), "x'6162'");
  EXPECT_EQ(read_as_text(Assembler().op(Opcode::short_binbytes).byte(1).raw("a").stop()), "x'61'");
  EXPECT_EQ(read_as_text(Assembler().op(Opcode::binbytes8).raw("\1\0\0\0\0\0\0\0a"s).stop()),
            "x'61'");
  EXPECT_EQ(read_as_text(Assembler(5).op(Opcode::bytearray8).raw("\1\0\0\0\0\0\0\0a"s).stop()),
            "x'61'");
}

TEST(PickleMachine, KeepsHalvesOfSurrogatePairsAndSaysSo) {
  const PyDocument document = read_pickle(Assembler().text("\xed\xa0\x80").stop());
  EXPECT_TRUE(document.root().has_surrogates());
  EXPECT_EQ(document.root().text(), "\xed\xa0\x80");
}

TEST(PickleMachine, RefusesATextThatIsNoUtf8) {
  for (const char* text : {"\xff", "a\xc3", "\xc0\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\x80"}) {
    EXPECT_EQ(refusal_of(Assembler().text(text).stop()), "pickle: byte 2: a text is no UTF-8");
  }
}

TEST(PickleMachine, ReadsContainers) {
  const auto numbers = [](Assembler& to) -> Assembler& { return to.integer(1).integer(2); };
  Assembler tuple;
  EXPECT_EQ(read_as_text(numbers(tuple.op(Opcode::mark)).op(Opcode::tuple).stop()), "(1, 2)");
  EXPECT_EQ(read_as_text(Assembler().empty_tuple().stop()), "()");
  EXPECT_EQ(read_as_text(Assembler().integer(1).tuple(1).stop()), "(1,)");
  EXPECT_EQ(read_as_text(Assembler().integer(1).integer(2).integer(3).tuple(3).stop()),
            "(1, 2, 3)");
  Assembler appends;
  appends.op(Opcode::empty_list).integer(0).op(Opcode::append).op(Opcode::mark);
  EXPECT_EQ(read_as_text(numbers(appends).op(Opcode::appends).stop()), "[0, 1, 2]");
  Assembler items;
  items.op(Opcode::empty_dict).text("a").integer(0).op(Opcode::setitem).op(Opcode::mark);
  EXPECT_EQ(read_as_text(numbers(items).op(Opcode::setitems).stop()), "{'a': 0, 1: 2}");
  Assembler set;
  set.op(Opcode::empty_set).op(Opcode::mark);
  EXPECT_EQ(read_as_text(numbers(set).op(Opcode::additems).stop()), "{1, 2}");
  Assembler frozen;
  EXPECT_EQ(read_as_text(numbers(frozen.op(Opcode::mark)).op(Opcode::frozenset).stop()), "{1, 2}");
  Assembler list;
  EXPECT_EQ(read_as_text(numbers(list.op(Opcode::mark)).op(Opcode::list).stop()), "[1, 2]");
  Assembler dict;
  EXPECT_EQ(read_as_text(numbers(dict.op(Opcode::mark)).op(Opcode::dict).stop()), "{1: 2}");
}

TEST(PickleMachine, TakesTheLastOfEqualKeys) {
  Assembler dict;
  dict.op(Opcode::empty_dict).op(Opcode::mark);
  for (const int value : {1, 2, 3}) dict.text("a").integer(value);
  const std::string bytes = dict.op(Opcode::setitems).stop();
  const PyDocument document = read_pickle(bytes);
  EXPECT_EQ(find_entry(document.root(), "a", "test")->integer(), 3);
}

TEST(PickleMachine, SharesByTheMemo) {
  const std::string bytes = Assembler()
                                .op(Opcode::empty_list)
                                .put(3)
                                .op(Opcode::pop)
                                .get(3)
                                .op(Opcode::long_binget)
                                .raw("\3\0\0\0"s)
                                .tuple(2)
                                .stop();
  const PyDocument document = read_pickle(bytes);
  EXPECT_EQ(document.root().item(0).id(), document.root().item(1).id());
}

TEST(PickleMachine, LetsAListContainItself) {
  const std::string bytes =
      Assembler().op(Opcode::empty_list).put(0).get(0).op(Opcode::append).stop();
  const PyDocument document = read_pickle(bytes);
  EXPECT_EQ(document.root().item(0).id(), document.root().id());
  EXPECT_THAT(repr_of(document.root()), StartsWith("[[[["));
}

TEST(PickleMachine, RefusesWhatIsNotInTheMemo) {
  EXPECT_EQ(refusal_of(Assembler().get(0).stop()), "pickle: byte 2: number 0 is not in the memo");
  EXPECT_EQ(refusal_of(Assembler().op(Opcode::none).put(5).op(Opcode::pop).get(4).stop()),
            "pickle: byte 6: number 4 is not in the memo");
  EXPECT_EQ(
      refusal_of(Assembler().op(Opcode::none).op(Opcode::long_binput).raw("\0\0\1\0"s).stop()),
      "pickle: byte 3: number 65536 in a memo of 0");
}

TEST(PickleMachine, PopsMarksAsPythonDoes) {
  EXPECT_EQ(
      read_as_text(Assembler().integer(1).op(Opcode::mark).integer(2).op(Opcode::pop_mark).stop()),
      "1");
  EXPECT_EQ(read_as_text(Assembler().integer(1).op(Opcode::mark).op(Opcode::pop).stop()), "1");
  EXPECT_EQ(read_as_text(Assembler().integer(1).op(Opcode::dup).tuple(2).stop()), "(1, 1)");
}

TEST(PickleMachine, RefusesAStackThatIsTooShort) {
  for (const Opcode opcode :
       {Opcode::pop,          Opcode::pop_mark,  Opcode::dup,       Opcode::memoize,
        Opcode::tuple,        Opcode::tuple1,    Opcode::tuple2,    Opcode::tuple3,
        Opcode::append,       Opcode::appends,   Opcode::setitem,   Opcode::setitems,
        Opcode::additems,     Opcode::frozenset, Opcode::list,      Opcode::dict,
        Opcode::reduce,       Opcode::newobj,    Opcode::newobj_ex, Opcode::build,
        Opcode::stack_global, Opcode::stop}) {
    EXPECT_THAT(refusal_of(Assembler().op(opcode).stop()),
                HasSubstr("pickle: byte 2: an opcode takes "));
    EXPECT_THAT(refusal_of(Assembler().op(Opcode::none).op(Opcode::mark).op(opcode).stop()),
                ::testing::AnyOf(StartsWith("pickle: byte "), "read"));
  }
}

TEST(PickleMachine, RefusesItemsForWhatHasNone) {
  EXPECT_EQ(refusal_of(Assembler().integer(1).integer(2).op(Opcode::append).stop()),
            "pickle: byte 12: an integer is given items, expected a list");
  EXPECT_EQ(refusal_of(Assembler()
                           .op(Opcode::empty_dict)
                           .op(Opcode::mark)
                           .integer(1)
                           .op(Opcode::setitems)
                           .stop()),
            "pickle: byte 9: a dict has a key without a value");
}

TEST(PickleMachine, NamesOpcodesThatItDoesNotRead) {
  EXPECT_EQ(refusal_of(Assembler().raw("I1\n").stop()),
            "pickle: byte 2: opcode INT is not read here");
  EXPECT_EQ(refusal_of(Assembler().raw("i").stop()),
            "pickle: byte 2: opcode INST is not read here");
  EXPECT_EQ(refusal_of(Assembler().raw("Q").stop()),
            "pickle: byte 2: opcode BINPERSID is not read here");
  EXPECT_EQ(refusal_of(Assembler().raw("\x97").stop()),
            "pickle: byte 2: opcode NEXT_BUFFER is not read here");
  EXPECT_EQ(refusal_of(Assembler().raw("\xff").stop()),
            "pickle: byte 2: opcode 0xff is not read here");
}

TEST(PickleMachine, ReadsProtocols2To5) {
  for (const int protocol : {2, 3, 4, 5}) {
    EXPECT_EQ(read_as_text(Assembler(protocol).op(Opcode::none).stop()), "None");
  }
  EXPECT_EQ(refusal_of(Assembler(6).op(Opcode::none).stop()),
            "pickle: byte 0: protocol 6, expected 2 to 5");
  EXPECT_EQ(refusal_of(Assembler(1).op(Opcode::none).stop()),
            "pickle: byte 0: protocol 1, expected 2 to 5");
}

TEST(PickleMachine, BelievesNoFrame) {
  EXPECT_EQ(read_as_text(Assembler().op(Opcode::frame).raw("\1\0\0\0\0\0\0\0"s).integer(7).stop()),
            "7");
  EXPECT_EQ(refusal_of(Assembler().op(Opcode::frame).raw("\xff\0\0\0\0\0\0\0"s).integer(7).stop()),
            "pickle: the file breaks off: 255 bytes at byte 11, of 17");
}

TEST(PickleMachine, MakesObjectsOfCalls) {
  EXPECT_EQ(read_as_text(Assembler()
                             .global("sklearn.tree._tree", "Tree")
                             .integer(4)
                             .tuple(1)
                             .op(Opcode::reduce)
                             .op(Opcode::empty_dict)
                             .text("max_depth")
                             .integer(3)
                             .op(Opcode::setitem)
                             .op(Opcode::build)
                             .stop()),
            "sklearn.tree._tree.Tree(4,) state {'max_depth': 3}");
  EXPECT_EQ(read_as_text(Assembler()
                             .text("sklearn.utils")
                             .text("Bunch")
                             .op(Opcode::stack_global)
                             .empty_tuple()
                             .op(Opcode::newobj)
                             .text("a")
                             .integer(1)
                             .op(Opcode::setitem)
                             .integer(2)
                             .op(Opcode::append)
                             .stop()),
            "sklearn.utils.Bunch() items [2] entries {'a': 1}");
  EXPECT_EQ(read_as_text(Assembler()
                             .global("functools", "partial")
                             .empty_tuple()
                             .op(Opcode::empty_dict)
                             .op(Opcode::newobj_ex)
                             .stop()),
            "functools.partial()**{}");
}

TEST(PickleMachine, RefusesCallsOfWhatIsNoName) {
  EXPECT_EQ(refusal_of(Assembler().integer(1).empty_tuple().op(Opcode::reduce).stop()),
            "pickle: byte 8: an integer is called, expected a class or function");
  EXPECT_EQ(refusal_of(Assembler().global("numpy", "ndarray").integer(1).op(Opcode::reduce).stop()),
            "pickle: byte 22: what a call is given is an integer, expected a tuple");
  EXPECT_EQ(refusal_of(Assembler().integer(1).integer(2).op(Opcode::stack_global).stop()),
            "pickle: byte 12: a module and a name are no texts");
}

TEST(PickleMachine, GivesAStateOnceAndToObjectsOnly) {
  EXPECT_EQ(refusal_of(Assembler().integer(1).op(Opcode::none).op(Opcode::build).stop()),
            "pickle: byte 8: an integer is given a state");
  EXPECT_EQ(
      refusal_of(Assembler().op(Opcode::empty_list).op(Opcode::none).op(Opcode::build).stop()),
      "pickle: byte 4: a list is given a state");
  EXPECT_THAT(refusal_of(Assembler()
                             .global("sklearn.svm", "SVC")
                             .empty_tuple()
                             .op(Opcode::newobj)
                             .op(Opcode::none)
                             .op(Opcode::build)
                             .op(Opcode::none)
                             .op(Opcode::build)
                             .stop()),
              HasSubstr("an object is given a state twice"));
}

TEST(PickleMachine, IgnoresWhatFollowsStop) {
  EXPECT_EQ(read_as_text(Assembler().integer(7).stop() + "\xff\xff"), "7");
}

}  // namespace
}  // namespace ml_inference
