// SPDX-License-Identifier: MIT
// What nobody should write and somebody will: each file is read or refused, in bounded memory.
#include "formats/pickle/reader.h"

#include "formats/format_error.h"
#include "formats/pickle/limits.h"
#include "formats/pickle/testing/pickle_files.h"
#include "formats/python/access.h"
#include "formats/python/arrays.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ml_inference {
namespace {

using namespace testing;  // NOLINT: the assembler of our own tests
using namespace std::string_literals;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using Assembler = PickleAssembler;

// An object of a library with all kinds of values in its state.
std::string small_model() {
  Assembler to(4);
  to.global("sklearn.dummy", "DummyClassifier").put(0).empty_tuple().op(Opcode::newobj).put(1);
  to.op(Opcode::empty_dict).op(Opcode::mark);
  to.text("classes_").array("i8", {2}, bytes_of<std::int64_t>({3, 4}));
  to.text("strategy").text("prior").text("alpha").real(0.5).text("n").integer(70'000);
  to.text("none").op(Opcode::none).text("self").get(1);
  to.text("list").op(Opcode::empty_list).integer(1).op(Opcode::append);
  to.text("names").array("U2", {1}, "a\0\0\0b\0\0\0"s);
  return to.op(Opcode::setitems).op(Opcode::build).stop();
}

std::vector<std::string> compressed(const std::string& bytes) {
  return {zlib_of(bytes), gzip_of(bytes), bz2_of(bytes),
          xz_of(bytes),   lzma_of(bytes), lz4_of(bytes)};
}

TEST(PickleReader, BeginsWithAProtocol) {
  EXPECT_TRUE(begins_like_pickle(small_model()));
  for (const std::string& bytes : compressed(small_model())) {
    EXPECT_TRUE(begins_like_pickle(bytes));
    EXPECT_TRUE(begins_like_pickle(bytes.substr(0, 8)));
  }
  for (const std::string& bytes : compressed("{\"learner\": {}}")) {
    EXPECT_FALSE(begins_like_pickle(bytes));
  }
  EXPECT_TRUE(begins_like_pickle("cos\nsystem\n(S'true'\ntR."));
  EXPECT_TRUE(begins_like_pickle("ccopy_reg\n_reconstructor\np0\n"));
  for (const char* bytes : {"", "\x08", "{\"a\": 1}", "tree\nversion=v4", "c", "c,d\n1,2\n",
                            "class_a\n1, 2\n", "x,y\n1,2\n"}) {
    EXPECT_FALSE(begins_like_pickle(bytes)) << bytes;
  }
}

TEST(PickleReader, RefusesAFileCutAtEveryByte) {
  const std::string bytes = small_model();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THAT(refusal_of(bytes.substr(0, size)), StartsWith("pickle: ")) << size;
  }
}

TEST(PickleReader, RefusesACompressedFileCutAtEveryByte) {
  for (const std::string& bytes : compressed(small_model())) {
    EXPECT_EQ(refusal_of(bytes), "read");
    for (std::size_t size = 1; size < bytes.size(); ++size) {
      EXPECT_THAT(refusal_of(bytes.substr(0, size)), StartsWith("pickle: ")) << size;
    }
  }
}

TEST(PickleReader, SurvivesEveryChangedByte) {
  const std::string bytes = small_model();
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(value);
      EXPECT_FALSE(refusal_of(damaged).empty());
      if (value % 32 == 0) {
        EXPECT_FALSE(read_as_text(damaged).empty());
      }
    }
  }
}

TEST(PickleReader, RefusesWrongChecksums) {
  for (const std::string& bytes : {zlib_of(small_model()), gzip_of(small_model()),
                                   bz2_of(small_model()), xz_of(small_model())}) {
    for (std::size_t at = bytes.size() / 2; at < bytes.size(); ++at) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
      EXPECT_THAT(refusal_of(damaged), StartsWith("pickle: ")) << at << " of " << bytes.size();
    }
  }
}

TEST(PickleReader, SurvivesEveryChangedByteOfACompressedFile) {
  for (const std::string& bytes : compressed(small_model())) {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      for (const int change : {0x01, 0x80, 0xFF}) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ change);
        EXPECT_FALSE(read_as_text(damaged).empty());
      }
    }
  }
}

TEST(PickleReader, ReadsASecondStreamBehindTheFirst) {
  const std::string bytes = small_model();
  const std::string both = gzip_of(bytes.substr(0, 40)) + gzip_of(bytes.substr(40));
  EXPECT_EQ(read_as_text(both), read_as_text(bytes));
  EXPECT_EQ(read_as_text(zlib_of(bytes) + "behind"), read_as_text(bytes));
}

TEST(PickleReader, RefusesABomb) {
  // Each of the two would pass.
  const std::string half = Assembler(4).bytes(std::string(80 << 20, '\0')).stop().substr(2);
  const std::string bomb = "\x80\x04"s + half.substr(0, half.size() - 1) + half;
  EXPECT_THAT(refusal_of(zlib_of(bomb)), HasSubstr("expected at most "));
  EXPECT_THAT(refusal_of(lz4_of(bomb)), HasSubstr("expected at most "));
  // The window of xz -9 is filled as bytes come out.
  const std::string small = Assembler(4).bytes(std::string(30 << 20, '\0')).stop();
  EXPECT_EQ(refusal_of(xz_of(small, 3)), "read");
  EXPECT_THAT(refusal_of(xz_of(small, 9)), HasSubstr("bytes when decompressed"));
}

TEST(PickleReader, GivesBytesOfACompressedFileAgain) {
  // Larger than what is kept, so that it has to be decompressed once more; of both kinds.
  constexpr std::size_t kCount = 6'000'000;
  std::string first(kCount, 'a');
  std::string second(kCount, 'b');
  first.back() = second.back() = 'z';
  Assembler to(4);
  to.bytes(first).bytes(second).text(first).tuple(3);
  const std::string file = zlib_of(to.stop());
  const PyDocument document = read_pickle(file);
  EXPECT_TRUE(document.root().item(2).is(PyKind::long_text));
  EXPECT_EQ(document.root().item(1).load().view(), second);
  EXPECT_EQ(document.root().item(0).load().view(), first);
  EXPECT_EQ(text_of(document.root().item(2), "text"), first);
}

TEST(PickleReader, DecodesBytesOfProtocol2OutOfACompressedFile) {
  std::string text;
  std::string expected;
  for (int count = 0; count < 5'000'000; ++count) {
    text += count % 3 == 0 ? "a" : "\xc3\xa9";
    expected += count % 3 == 0 ? 'a' : '\xe9';
  }
  Assembler to(2);
  to.global("_codecs", "encode").text(std::string(kPickleKeptBase, 'x')).op(Opcode::pop);
  to.text(text).text("latin1").tuple(2).op(Opcode::reduce);
  const std::string file = zlib_of(to.stop());
  const PyDocument document = read_pickle(file);
  EXPECT_EQ(document.root().blob().data, nullptr);
  EXPECT_EQ(document.root().load().view(), expected);
}

TEST(PickleReader, LetsNobodyDecompressForEver) {
  Assembler to(4);
  const std::string large(9'000'000, 'x');
  to.bytes(large).bytes(large).tuple(2);
  const std::string file = zlib_of(to.stop());
  const PyDocument document = read_pickle(file);
  const auto ask = [&] {
    for (std::uint64_t count = 0; count < 2 * kPickleRereadMax; ++count) {
      static_cast<void>(document.root().item(1).load());
      static_cast<void>(document.root().item(0).load());
    }
  };
  EXPECT_THROW(ask(), FormatError);
}

TEST(PickleReader, LetsNobodyAskForEver) {
  const std::string bytes =
      Assembler().array("u1", {1'000'000}, std::string(1'000'000, 'x')).stop();
  const PyDocument document = read_pickle(bytes);
  const auto ask = [&] {
    for (int count = 0; count < 1'000; ++count) {
      static_cast<void>(doubles_of(document.root(), "a"));
    }
  };
  EXPECT_THROW(ask(), FormatError);
}

TEST(PickleReader, RefusesAnExplosionOfValues) {
  std::string lists = "\x80\x04("s;
  lists.append(4'000'000, ']');
  EXPECT_THAT(refusal_of(lists + "t."), HasSubstr("would take more than"));
  // A list that is copied into a set again and again.
  Assembler to(4);
  to.op(Opcode::empty_list).put(0).op(Opcode::mark);
  for (int count = 0; count < 10'000; ++count) to.op(Opcode::none);
  to.op(Opcode::appends).op(Opcode::pop).global("builtins", "set").put(1).op(Opcode::pop);
  for (int count = 0; count < 10'000; ++count) to.get(1).get(0).tuple(1).op(Opcode::reduce);
  EXPECT_THAT(refusal_of(to.stop()), HasSubstr("would take more than"));
}

TEST(PickleReader, ReadsABillionLaughsInNoTime) {
  Assembler to(4);
  to.op(Opcode::empty_list).put(0);
  for (int level = 1; level < 60; ++level) {
    to.op(Opcode::empty_list).put(level).get(level - 1).op(Opcode::append);
    to.get(level - 1).op(Opcode::append);
  }
  EXPECT_THAT(read_as_text(to.stop()), HasSubstr("..."));
}

TEST(PickleReader, ReadsAnyDepth) {
  std::string deep = "\x80\x04"s;
  deep.append(100'000, ']');
  deep.append(99'999, 'a');
  EXPECT_THAT(read_as_text(deep + "."), StartsWith("[[[[[["));
  std::string tuples = "\x80\x04N"s;
  tuples.append(100'000, '\x85');
  EXPECT_THAT(read_as_text(tuples + "."), StartsWith("(((("));
}

TEST(PickleReader, RefusesSizesThatTheFileDoesNotHave) {
  for (const std::string& opcode :
       {"X\xff\xff\xff\xff"s, "B\xff\xff\xff\x7f"s, "\x8d\xff\xff\xff\xff\xff\xff\xff\xff"s,
        "\x8e\xff\xff\xff\xff\xff\xff\xff\x7f"s, "\x96\xff\xff\xff\xff\xff\xff\xff\xff"s,
        "\x8b\xff\xff\xff\x7f"s, "\x95\xff\xff\xff\xff\xff\xff\xff\xff"s}) {
    const std::string bytes = "\x80\x04"s + opcode + "abc.";
    EXPECT_THAT(refusal_of(bytes), StartsWith("pickle: the file breaks off: ")) << opcode;
    EXPECT_THAT(refusal_of(zlib_of(bytes)), StartsWith("pickle: ")) << opcode;
  }
}

TEST(PickleReader, RefusesProtocol0ByItsOpcodes) {
  EXPECT_EQ(refusal_of("ccopy_reg\n_reconstructor\np0\n."),
            "pickle: byte 25: opcode PUT is not read here");
}

}  // namespace
}  // namespace ml_inference
