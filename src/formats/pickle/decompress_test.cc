// SPDX-License-Identifier: MIT
#include "formats/pickle/decompress.h"

#include "formats/format_error.h"
#include "formats/pickle/testing/pickle_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ml_inference {
namespace {

using namespace testing;  // NOLINT: the compressors of our own tests

// A text that no window and no block holds as a whole.
std::string long_text() {
  std::string text;
  for (int line = 0; line < 40'000; ++line) text += "line " + std::to_string(line) + "\n";
  return text;
}

std::string read_by(std::size_t piece_size, std::string_view compressed) {
  const auto stream = Decompressor::open(compression_of(compressed), compressed);
  std::string piece(piece_size, '\0');
  std::string out;
  for (;;) {
    const std::size_t got = stream->read(piece);
    out.append(piece, 0, got);
    if (got < piece.size()) return out;
  }
}

std::string message_of(std::string_view compressed) {
  try {
    return read_by(100, compressed);
  } catch (const FormatError& refusal) {
    return refusal.error.message;
  }
}

TEST(Decompressor, FindsTheCompressionByTheFirstBytes) {
  EXPECT_EQ(compression_of(zlib_of("a")), Compression::zlib);
  EXPECT_EQ(compression_of(gzip_of("a")), Compression::gzip);
  EXPECT_EQ(compression_of(bz2_of("a")), Compression::bz2);
  EXPECT_EQ(compression_of(xz_of("a")), Compression::xz);
  EXPECT_EQ(compression_of(lzma_of("a")), Compression::lzma);
  EXPECT_EQ(compression_of(lz4_of("a")), Compression::lz4);
  for (const char* zlib : {"\x78\x01", "\x78\x5e", "\x78\x9c", "\x78\xda"}) {
    EXPECT_EQ(compression_of(zlib), Compression::zlib);
  }
  for (const char* other : {"", "x", "xy", "\x80\x04", "{}", "\x78\x9d", "\x1f"}) {
    EXPECT_EQ(compression_of(other), Compression::none);
  }
}

TEST(Decompressor, ReadsEachCompressionInPiecesOfAnySize) {
  const std::string text = long_text();
  for (const std::string& compressed : {zlib_of(text), gzip_of(text), bz2_of(text), xz_of(text),
                                        xz_of(text, 9), lzma_of(text), lz4_of(text)}) {
    for (const std::size_t size : {std::size_t{777}, std::size_t{65'536}, text.size() + 1}) {
      EXPECT_TRUE(read_by(size, compressed) == text);
    }
  }
}

TEST(Decompressor, ReadsStreamsBehindOneAnother) {
  EXPECT_EQ(message_of(gzip_of("a") + gzip_of("b")), "ab");
  EXPECT_EQ(message_of(bz2_of("a") + bz2_of("b")), "ab");
  EXPECT_EQ(message_of(xz_of("a") + xz_of("b")), "ab");
  EXPECT_EQ(message_of(gzip_of("a") + "behind"), "a");
  EXPECT_EQ(message_of(zlib_of("a") + zlib_of("b")), "a");
}

TEST(Decompressor, SaysWhereAStreamBreaksOff) {
  EXPECT_EQ(message_of(zlib_of("hello hello hello").substr(0, 12)),
            "pickle: the zlib stream breaks off after 12 bytes");
  EXPECT_EQ(message_of(xz_of("hello").substr(0, 20)),
            "pickle: the xz stream breaks off after 20 bytes");
}

TEST(Decompressor, RefusesAWindowThatIsTooLarge) {
  std::string compressed = lzma_of("hello");
  compressed[4] = '\x7f';  // the upper byte of the dictionary's size: 2 GiB
  EXPECT_THAT(message_of(compressed), ::testing::StartsWith("pickle: the "));
}

}  // namespace
}  // namespace ml_inference
