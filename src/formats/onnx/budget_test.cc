// SPDX-License-Identifier: MIT
#include "formats/onnx/budget.h"

#include "formats/format_error.h"
#include "formats/limits.h"
#include "formats/onnx/limits.h"
#include "formats/onnx/testing/onnx_files.h"

#include <fmt/format.h>
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

// The message of a graph with `count` empty fields of this number.
std::string graph_of(int number, std::size_t count) {
  return field(7, repeated(std::string({static_cast<char>(number << 3 | 2), '\0'}), count));
}

TEST(OnnxBudget, RefusesMoreNodesThanMakeSense) {
  EXPECT_EQ(refusal_of_bytes(graph_of(1, kOnnxGraphNodeCountMax)), "fits");
  EXPECT_EQ(refusal_of_bytes(graph_of(1, 1'000'000)),
            "onnx: the graph has 1000000 nodes, expected at most 10000");
}

TEST(OnnxBudget, RefusesMoreConstantsInputsAndOutputsThanMakeSense) {
  const std::string behind = fmt::format(", expected at most {}", kOnnxValueCountMax);
  for (const auto& [number, name] :
       {std::pair(5, "constants"), std::pair(11, "inputs"), std::pair(12, "outputs")}) {
    EXPECT_EQ(refusal_of_bytes(graph_of(number, kOnnxValueCountMax)), "fits");
    EXPECT_EQ(refusal_of_bytes(graph_of(number, kOnnxValueCountMax + 1)),
              fmt::format("onnx: the graph has {} {}{}", kOnnxValueCountMax + 1, name, behind));
  }
}

TEST(OnnxBudget, RefusesANodeWithMoreNamesOrAttributesThanMakeSense) {
  const auto node_of = [](int number, std::size_t count) {
    const std::string empty({static_cast<char>(number << 3 | 2), '\0'});
    return refusal_of_bytes(field(7, field(1, repeated(empty, count))));
  };
  EXPECT_EQ(node_of(1, kOnnxValueCountMax), "fits");
  EXPECT_THAT(node_of(1, kOnnxValueCountMax + 1), HasSubstr("the node has 65537 inputs"));
  EXPECT_THAT(node_of(2, kOnnxValueCountMax + 1), HasSubstr("the node has 65537 outputs"));
  EXPECT_EQ(node_of(5, kOnnxAttributeCountMax), "fits");
  EXPECT_THAT(node_of(5, kOnnxAttributeCountMax + 1), HasSubstr("the node has 257 attributes"));
}

TEST(OnnxBudget, RefusesASecondGraphTensorOrType) {
  EXPECT_EQ(refusal_of_bytes(field(7, "") + field(7, "")),
            "onnx: the file has 2 graphs, expected at most 1");
  EXPECT_EQ(refusal_of_bytes(field(7, field(1, field(5, field(5, "") + field(5, ""))))),
            "onnx: the attribute has 2 tensors, expected at most 1");
  EXPECT_EQ(refusal_of_bytes(field(7, field(11, field(2, "") + field(2, "")))),
            "onnx: the type has 2 types, expected at most 1");
}

TEST(OnnxBudget, RefusesMillionsOfEmptyTexts) {
  const std::string texts = repeated(std::string("\x4A\x00", 2), 4'000'000);
  const std::string attribute = field(5, texts);
  EXPECT_EQ(refusal_of_bytes(field(7, field(1, attribute))),
            "onnx: the file has more than 200000 texts in its lists");
  const std::string tensor = repeated(std::string("\x32\x00", 2), kOnnxTextCountMax + 1);
  EXPECT_THAT(refusal_of_bytes(field(7, field(5, tensor))), HasSubstr("more than 200000 texts"));
}

TEST(OnnxBudget, DoesNotCountTheModesOfTreesNodes) {
  const std::string texts = repeated(std::string("\x4A\x00", 2), 4'000'000);
  const std::string attribute = field(5, field(1, "nodes_modes") + texts);
  EXPECT_EQ(refusal_of_bytes(field(7, field(1, attribute))), "fits");
}

TEST(OnnxBudget, TakesPackedNumbersForWhatTheyAre) {
  const std::string numbers(1'000'000, '\x01');
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

TEST(OnnxBudget, RefusesPackedNumbersThatBreakOff) {
  const auto attribute_with = [](int number, const std::string& content) {
    return refusal_of_bytes(field(7, field(1, field(5, field(number, content)))));
  };
  EXPECT_THAT(attribute_with(8, "\x01\x80"), HasSubstr("damaged"));
  EXPECT_THAT(attribute_with(8, std::string(10, '\xFF') + "\x01"), HasSubstr("damaged"));
  EXPECT_THAT(attribute_with(7, "12345"), HasSubstr("damaged"));
}

}  // namespace
}  // namespace ml_inference
