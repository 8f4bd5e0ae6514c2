// SPDX-License-Identifier: MIT
#include "formats/skops/zip_archive.h"

#include "formats/format_error.h"
#include "formats/skops/testing/skops_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ml_inference {
namespace {

using ::testing::HasSubstr;
using testing::zip_of;
using testing::ZipPart;

constexpr std::size_t kMemory = std::size_t{1} << 20;

std::string refusal_of(std::string_view bytes) {
  Arena arena("skops", kMemory);
  try {
    const ZipArchive archive(bytes, arena);
    return "read";
  } catch (const FormatError& refusal) {
    return refusal.error.message;
  }
}

std::string text_of_entry(const ZipArchive& archive, std::string_view name) {
  const ZipEntry* const entry = archive.find(name);
  if (entry == nullptr) return "missing";
  std::string text(static_cast<std::size_t>(entry->size), '\0');
  archive.reader(entry->size)->read(*entry, 0, text);
  return text;
}

TEST(ZipArchive, ReadsStoredAndDeflatedEntries) {
  const std::string long_text(100'000, 'x');
  for (const bool has_zip64 : {false, true}) {
    const std::string bytes = zip_of({{.name = "a.npy", .bytes = "stored"},
                                      {.name = "empty.bin", .bytes = ""},
                                      {.name = "b.npy", .bytes = long_text, .is_deflated = true}},
                                     has_zip64);
    Arena arena("skops", kMemory);
    const ZipArchive archive(bytes, arena);
    EXPECT_EQ(text_of_entry(archive, "a.npy"), "stored");
    EXPECT_EQ(text_of_entry(archive, "empty.bin"), "");
    EXPECT_EQ(text_of_entry(archive, "b.npy"), long_text);
    EXPECT_EQ(archive.find("c.npy"), nullptr);
    EXPECT_EQ(archive.size(), 100'006U);
    EXPECT_EQ(archive.find("a.npy")->data, bytes.data() + 35);
  }
}

TEST(ZipArchive, ReadsDeflatedEntriesFromAnyPlace) {
  std::string digits;
  for (int number = 0; number < 20'000; ++number) digits += std::to_string(number % 977);
  const std::string bytes = zip_of({{.name = "a", .bytes = "12345"},
                                    {.name = "b", .bytes = digits, .is_deflated = true},
                                    {.name = "c", .bytes = digits, .is_deflated = true}});
  Arena arena("skops", kMemory);
  const ZipArchive archive(bytes, arena);
  const std::unique_ptr<ZipReader> reader = archive.reader(1'000'000);
  for (const std::size_t at : {std::size_t{0}, std::size_t{40'000}, std::size_t{17}}) {
    std::string out(100, '\0');
    reader->read(archive.find("b")->offset + at, out);
    EXPECT_EQ(out, digits.substr(at, 100));
    reader->read(archive.find("c")->offset + at, out);
    EXPECT_EQ(out, digits.substr(at, 100));
  }
}

TEST(ZipArchive, InflatesNoMoreThanWasAgreed) {
  const std::string bytes =
      zip_of({{.name = "a", .bytes = std::string(5'000, 'x'), .is_deflated = true}});
  Arena arena("skops", kMemory);
  const ZipArchive archive(bytes, arena);
  const std::unique_ptr<ZipReader> reader = archive.reader(6'000);
  std::string out(2'000, '\0');
  reader->read(3'000, out);
  EXPECT_THROW(reader->read(0, out), FormatError);
}

TEST(ZipArchive, RefusesNamesThatArePaths) {
  for (const char* name : {"../a.npy", "/etc/passwd", "a/b.npy", "a\\b.npy", "c:a", ".", "..", "",
                           ".hidden", "a b", "a\tb", "\xc3\xa9.npy"}) {
    EXPECT_THAT(refusal_of(zip_of({{.name = name, .bytes = "x"}})),
                HasSubstr("has no name that skops gives"))
        << name;
  }
  EXPECT_THAT(refusal_of(zip_of({{.name = std::string(101, 'a'), .bytes = "x"}})),
              HasSubstr("has no name that skops gives"));
  EXPECT_EQ(refusal_of(zip_of({{.name = std::string(100, 'a'), .bytes = "x"}})), "read");
}

TEST(ZipArchive, RefusesWhatItCannotRead) {
  const auto refusal = [](const ZipPart& part) { return refusal_of(zip_of({part})); };
  EXPECT_EQ(refusal({.name = "a", .bytes = "x", .flags = 1}), "skops: entry 'a' is encrypted");
  EXPECT_EQ(refusal({.name = "a", .bytes = "x", .flags = 0x2000}), "skops: entry 'a' is encrypted");
  EXPECT_EQ(refusal({.name = "a", .bytes = "x", .method = 14}),
            "skops: entry 'a' is compressed by method 14, expected 0 (stored) or 8 (deflated)");
  EXPECT_EQ(refusal({.name = "a", .bytes = "x", .crc = 7}),
            "skops: entry 'a' has another checksum than its bytes");
  EXPECT_EQ(refusal({.name = "a", .bytes = "xx", .is_deflated = true, .crc = 7}),
            "skops: entry 'a' has another checksum than its bytes");
  EXPECT_EQ(refusal({.name = "a", .bytes = "x", .size = 2}),
            "skops: entry 'a' is stored with 1 bytes of 2");
  EXPECT_EQ(refusal({.name = "a", .bytes = "xx", .is_deflated = true, .size = 3}),
            "skops: entry 'a' cannot be inflated");
  EXPECT_THAT(refusal({.name = "a", .bytes = "x", .size = 9'999, .stored_size = 9'999}),
              HasSubstr("has 9999 bytes, which the archive does not hold"));
  EXPECT_EQ(refusal({.name = "a", .bytes = "xx", .is_deflated = false, .method = 8}),
            "skops: entry 'a' cannot be inflated");
}

TEST(ZipArchive, RefusesBombs) {
  const ZipPart zeros{
      .name = "a", .bytes = std::string(std::size_t{70} << 20, '\0'), .is_deflated = true};
  EXPECT_THAT(refusal_of(zip_of({zeros})), HasSubstr("would inflate to more than"));
  const ZipPart claim{.name = "a", .bytes = "x", .is_deflated = true, .size = 0xFFFF'0000};
  EXPECT_THAT(refusal_of(zip_of({claim})), HasSubstr("would inflate to more than"));
}

TEST(ZipArchive, RefusesEntriesThatShareAPlaceOrAName) {
  const ZipPart a{.name = "a", .bytes = "xyz"};
  EXPECT_EQ(refusal_of(zip_of({a, {.name = "a", .bytes = "other"}})),
            "skops: entry 'a' stands twice in the archive");
  const ZipPart large{.name = "c", .bytes = std::string(300, 'x')};
  EXPECT_EQ(refusal_of(zip_of({a, {.name = "b", .bytes = "xyz", .lies_at = 0}, large})),
            "skops: entry 'b' overlaps with another one");
  // An archive in an entry of another one is only bytes.
  EXPECT_EQ(refusal_of(zip_of({{.name = "c", .bytes = zip_of({a})}})), "read");
}

TEST(ZipArchive, RefusesEveryPieceOfAnArchive) {
  const std::string bytes = zip_of(
      {{.name = "a", .bytes = "stored"}, {.name = "b", .bytes = "deflated", .is_deflated = true}});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THAT(refusal_of(bytes.substr(0, size)), HasSubstr("skops: the archive is cut or broken"))
        << size;
  }
}

TEST(ZipArchive, RefusesMoreEntriesThanFit) {
  std::string bytes = zip_of({{.name = "a", .bytes = "x"}}, true);
  const std::size_t end = bytes.find("PK\x06\x06");
  for (const std::size_t at : {end + 24, end + 32}) bytes[at + 5] = '\x7F';
  EXPECT_THAT(refusal_of(bytes), HasSubstr("entries in"));
  Arena arena("skops", 100);
  EXPECT_THROW(
      ZipArchive(zip_of({{.name = "a", .bytes = "x"}, {.name = "b", .bytes = "x"}}), arena),
      FormatError);
}

}  // namespace
}  // namespace ml_inference
