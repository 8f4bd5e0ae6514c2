// SPDX-License-Identifier: MIT
#include "formats/digest_beside.h"

#include "base/digest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace ml_inference {
namespace {

std::string some_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t at = 0; at < size; ++at) bytes[at] = static_cast<char>(at * 7 + at / 251);
  return bytes;
}

TEST(DigestBeside, IsThatOfAllBytesHoweverTheyCome) {
  const std::string bytes = some_bytes(5'000'000);
  for (const std::size_t step :
       {std::size_t{100'000}, std::size_t{1} << 20, std::size_t{4'999'999}, bytes.size()}) {
    DigestBeside digest(bytes);
    for (std::size_t count = 0; count < bytes.size();) {
      count = std::min(count + step, bytes.size());
      digest.announce(count);
    }
    EXPECT_EQ(digest.text(), sha256_text(bytes)) << step;
  }
}

TEST(DigestBeside, LooksAtNoByteBeforeItIsAnnounced) {
  const std::string final_bytes = some_bytes(3'000'000);
  std::string bytes(final_bytes.size(), 'x');
  DigestBeside digest(bytes);
  constexpr std::size_t kStep = 500'000;
  for (std::size_t count = 0; count < bytes.size(); count += kStep) {
    std::copy_n(final_bytes.begin() + static_cast<std::ptrdiff_t>(count), kStep,
                bytes.begin() + static_cast<std::ptrdiff_t>(count));
    digest.announce(count + kStep);
  }
  EXPECT_EQ(digest.text(), sha256_text(final_bytes));
}

TEST(DigestBeside, EndsWhenNobodyWantsItAnyMore) {
  const std::string bytes = some_bytes(3'000'000);
  {
    const DigestBeside nothing_came(bytes);
  }
  DigestBeside half_came(bytes);
  half_came.announce(bytes.size() / 2);
}

TEST(DigestBeside, OfNoBytesIsThatOfTheStandard) {
  DigestBeside digest("");
  EXPECT_EQ(digest.text(), sha256_text(""));
}

}  // namespace
}  // namespace ml_inference
