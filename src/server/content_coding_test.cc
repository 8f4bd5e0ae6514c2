// SPDX-License-Identifier: MIT
#include "server/content_coding.h"

#include "server/testing/coded.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace ml_inference {
namespace {

using testing::gzip;
using testing::inflated;
using testing::zlib;
using Format = Inflater::Format;
using Status = Inflater::Status;

constexpr std::size_t kSizeMax = 1'000'000;
constexpr std::size_t kBudgetSize = 2'000'000;

struct Decoded {
  Status status = Status::fine;
  bool is_whole = false;
  std::string text;
  std::string fault;
  std::size_t most_taken = 0;  // out of the budget
};

Decoded decode(Format format, std::string_view stream, std::size_t piece_size = 1 << 20,
               std::size_t size_max = kSizeMax) {
  BodyBudget budget(kBudgetSize);
  BodyShare share(budget);
  Inflater inflater(format, size_max, share);
  Decoded decoded;
  while (!stream.empty() && decoded.status == Status::fine) {
    decoded.status = inflater.feed(stream.substr(0, piece_size), decoded.text);
    stream.remove_prefix(std::min(piece_size, stream.size()));
    decoded.most_taken = std::max(decoded.most_taken, kBudgetSize - budget.left());
  }
  decoded.is_whole = inflater.is_whole();
  decoded.fault = inflater.fault();
  return decoded;
}

// Digits and points, as answers have them: a good third of the size when it is coded.
std::string numbers(std::size_t size) {
  std::mt19937 random(7);
  std::string text(size, '.');
  for (char& c : text) c = "0123456789.,"[random() % 12];
  return text;
}

TEST(ContentCoding, HasNames) {
  EXPECT_EQ(find_content_coding("GZip"), ContentCoding::gzip);
  EXPECT_EQ(find_content_coding("x-gzip"), ContentCoding::gzip);
  EXPECT_EQ(find_content_coding("deflate"), ContentCoding::deflate);
  EXPECT_EQ(find_content_coding(""), ContentCoding::identity);
  EXPECT_EQ(find_content_coding("identity"), ContentCoding::identity);
  for (const char* name : {"br", "gzip, gzip", "gzip,", "compress", "gzi", "gzip "}) {
    EXPECT_EQ(find_content_coding(name), std::nullopt) << name;
  }
  EXPECT_EQ(name_of(ContentCoding::deflate), "deflate");
}

TEST(Inflater, DecodesHoweverTheStreamIsCut) {
  const std::string text = numbers(3000);
  for (const auto& [format, stream] :
       {std::pair(Format::gzip, gzip(text)), std::pair(Format::zlib, zlib(text)),
        std::pair(Format::either, gzip(text)), std::pair(Format::either, zlib(text))}) {
    for (std::size_t size = 1; size <= stream.size(); ++size) {
      const Decoded decoded = decode(format, stream, size);
      ASSERT_EQ(decoded.status, Status::fine);
      ASSERT_TRUE(decoded.is_whole);
      ASSERT_EQ(decoded.text, text);
    }
  }
}

TEST(Inflater, DecodesWhatIsMuchLargerThanItsStream) {
  for (const std::size_t size : {0UL, 1UL, 16'384UL, 65'536UL, 131'073UL, 999'999UL, kSizeMax}) {
    const std::string text(size, 'a');
    for (const std::size_t piece_size : {1UL, 7UL, 1UL << 20}) {
      const Decoded decoded = decode(Format::gzip, gzip(text), piece_size);
      EXPECT_EQ(decoded.status, Status::fine) << size;
      EXPECT_TRUE(decoded.is_whole) << size;
      EXPECT_EQ(decoded.text, text) << size;
    }
  }
}

TEST(Inflater, TakesNoMoreThanTheLimitForABomb) {
  const Decoded decoded = decode(Format::gzip, gzip(std::string(200'000'000, '\0')));
  EXPECT_EQ(decoded.status, Status::too_large);
  EXPECT_LE(decoded.text.size(), kSizeMax);
  EXPECT_LE(decoded.text.capacity(), kSizeMax);
  EXPECT_LE(decoded.most_taken, kSizeMax + Inflater::kStateSize);
}

TEST(Inflater, KnowsWhatIsJustWithinTheLimit) {
  for (const std::size_t size_max : {30UL, 1000UL, 16'384UL, 16'385UL, 65'536UL, 70'000UL}) {
    const std::string text(size_max, 'x');
    EXPECT_EQ(decode(Format::zlib, zlib(text), 5, size_max).status, Status::fine) << size_max;
    EXPECT_EQ(decode(Format::zlib, zlib(text + 'x'), 5, size_max).status, Status::too_large);
  }
}

TEST(Inflater, IsNoEndlessSinkForStreamsThatDecodeToNothing) {
  std::string members;
  while (members.size() <= 5000) members += gzip("");
  EXPECT_EQ(decode(Format::gzip, members).status, Status::fine);
  EXPECT_EQ(decode(Format::gzip, members, 100, 5000).status, Status::too_large);
}

TEST(Inflater, TakesBudgetAsTheTextGrows) {
  BodyBudget budget(10'000'000);
  ASSERT_TRUE(budget.try_take(9'700'000));
  BodyShare share(budget);
  Inflater inflater(Format::gzip, 10'000'000, share);
  std::string out;
  EXPECT_EQ(inflater.feed(gzip(std::string(1'000'000, 'a')), out), Status::no_room);
  EXPECT_LE(out.size(), 300'000U);
  EXPECT_EQ(budget.left(), 300'000U);
}

TEST(Inflater, CallsTooLargeWhatWouldNeverFit) {
  BodyBudget budget(300'000);
  BodyShare share(budget);
  Inflater inflater(Format::gzip, 10'000'000, share);
  std::string out;
  EXPECT_EQ(inflater.feed(gzip(std::string(1'000'000, 'a')), out), Status::too_large);
}

TEST(Inflater, ReadsMembersOfGzipOnly) {
  const Decoded decoded = decode(Format::gzip, gzip("one ") + gzip("") + gzip("two"), 3);
  EXPECT_TRUE(decoded.is_whole);
  EXPECT_EQ(decoded.text, "one two");
  EXPECT_EQ(decode(Format::zlib, zlib("one") + zlib("two")).fault, "bytes follow its end");
  EXPECT_EQ(decode(Format::either, gzip("one") + gzip("two")).fault, "bytes follow its end");
}

TEST(Inflater, FindsEveryKindOfDamage) {
  const std::string stream = gzip(numbers(500));
  EXPECT_EQ(decode(Format::gzip, "nonsense").fault, "incorrect header check");
  EXPECT_EQ(decode(Format::gzip, zlib("x")).status, Status::broken);
  EXPECT_EQ(decode(Format::zlib, stream).status, Status::broken);
  EXPECT_EQ(decode(Format::gzip, stream + '\0').status, Status::fine);
  EXPECT_FALSE(decode(Format::gzip, stream + '\0').is_whole);
  EXPECT_EQ(decode(Format::gzip, stream + "garbage").status, Status::broken);
  EXPECT_EQ(decode(Format::zlib, "\x78\xbb\1\2\3\4").fault,
            "it needs a dictionary that nobody knows");
  for (std::size_t size = 0; size < stream.size(); ++size) {
    EXPECT_FALSE(decode(Format::gzip, stream.substr(0, size)).is_whole) << size;
  }
  // A gzip header has bytes that say nothing of the text: time, system, level.
  for (std::size_t i = 10; i < stream.size(); ++i) {
    std::string damaged = stream;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    const Decoded decoded = decode(Format::gzip, damaged);
    EXPECT_FALSE(decoded.status == Status::fine && decoded.is_whole) << i;
  }
  std::string damaged = stream;
  damaged[stream.size() - 8] ^= 1;
  EXPECT_EQ(decode(Format::gzip, damaged).fault, "incorrect data check");
  damaged = stream;
  damaged[stream.size() - 1] ^= 1;
  EXPECT_EQ(decode(Format::gzip, damaged).fault, "incorrect length check");
}

TEST(Deflated, IsWhatZlibReads) {
  for (const std::size_t size : {100UL, 511UL, 512UL, 1024UL, 65'536UL, 65'537UL, 1'000'000UL}) {
    const std::string text = numbers(size);
    for (const ContentCoding coding : {ContentCoding::gzip, ContentCoding::deflate}) {
      const auto coded = deflated(text, coding);
      ASSERT_TRUE(coded) << size;
      EXPECT_LT(coded->size(), size);
      EXPECT_EQ(inflated(*coded), text);
      EXPECT_EQ(coded->starts_with('\x1f'), coding == ContentCoding::gzip);
    }
  }
}

TEST(Deflated, IsNothingWhereItWouldNotBeSmaller) {
  EXPECT_EQ(deflated("", ContentCoding::gzip), std::nullopt);
  EXPECT_EQ(deflated("short", ContentCoding::gzip), std::nullopt);
  EXPECT_EQ(deflated("ten or so", ContentCoding::deflate), std::nullopt);
  std::mt19937 random(7);
  std::string noise(300'000, 'x');
  for (char& c : noise) c = static_cast<char>(random());
  EXPECT_EQ(deflated(noise, ContentCoding::gzip), std::nullopt);
}

TEST(Deflated, StopsWhenItIsAsked) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(deflated(numbers(300'000), ContentCoding::gzip, stop.get_token()), std::nullopt);
}

}  // namespace
}  // namespace ml_inference
