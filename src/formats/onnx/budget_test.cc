// SPDX-License-Identifier: MIT
#include "formats/onnx/budget.h"

#include "formats/format_error.h"
#include "formats/limits.h"
#include "formats/onnx/testing/onnx_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ml_inference {
namespace {

using ::testing::HasSubstr;

std::string refusal_of_bytes(const std::string& bytes) {
  try {
    check_onnx_budget(bytes);
  } catch (const FormatError& refusal) {
    return refusal.error.message;
  }
  return "fits";
}

// A field with `content` in it: tag, size as a varint of five bytes, content.
std::string field(int number, const std::string& content) {
  std::string out(1, static_cast<char>(number << 3 | 2));
  std::size_t size = content.size();
  for (int byte = 0; byte < 4; ++byte, size >>= 7) out += static_cast<char>((size & 0x7F) | 0x80);
  out += static_cast<char>(size);
  return out + content;
}

std::string repeated(const std::string& text, std::size_t count) {
  std::string out;
  out.reserve(text.size() * count);
  for (std::size_t index = 0; index < count; ++index) out += text;
  return out;
}

TEST(OnnxBudget, FitsHonestFiles) {
  EXPECT_EQ(refusal_of_bytes(testing::small_classifier().SerializeAsString()), "fits");
  EXPECT_EQ(refusal_of_bytes(testing::small_regressor().SerializeAsString()), "fits");
}

// Two bytes a node in the file, about 150 in memory.
TEST(OnnxBudget, RefusesAMillionEmptyNodes) {
  const std::string nodes = repeated(std::string("\x0A\x00", 2), 1'000'000);
  EXPECT_THAT(refusal_of_bytes(field(7, nodes)), HasSubstr("would take more than"));
}

TEST(OnnxBudget, RefusesMillionsOfEmptyTexts) {
  const std::string texts = repeated(std::string("\x4A\x00", 2), 4'000'000);
  const std::string attribute = field(5, texts);
  EXPECT_THAT(refusal_of_bytes(field(7, field(1, attribute))), HasSubstr("would take more than"));
}

TEST(OnnxBudget, TakesPackedNumbersForWhatTheyAre) {
  const std::string numbers(1'000'000, '\x01');  // eight bytes each in memory
  const std::string attribute = field(5, field(8, numbers));
  EXPECT_EQ(refusal_of_bytes(field(7, field(1, attribute))), "fits");
}

TEST(OnnxBudget, RefusesAFieldThatIsLongerThanItsMessage) {
  EXPECT_EQ(refusal_of_bytes(std::string("\x3A\x04\x0A\x7F\x00\x00", 6)),
            "onnx: the file breaks off or is damaged at byte 4 of 6");
}

TEST(OnnxBudget, RefusesGroupsAndFieldZero) {
  EXPECT_THAT(refusal_of_bytes("\x0B\x0C"), HasSubstr("damaged"));
  EXPECT_THAT(refusal_of_bytes(std::string("\x00\x00", 2)), HasSubstr("damaged"));
}

TEST(OnnxBudget, RefusesAVarintWithoutAnEnd) {
  EXPECT_THAT(refusal_of_bytes("\x08" + std::string(11, '\x80')), HasSubstr("damaged"));
}

TEST(OnnxBudget, GrowsWithTheFile) {
  EXPECT_EQ(onnx_memory_max(0), kOnnxMemoryBase);
  EXPECT_EQ(onnx_memory_max(100), kOnnxMemoryBase + 100 * kOnnxMemoryFactor);
}

}  // namespace
}  // namespace ml_inference
