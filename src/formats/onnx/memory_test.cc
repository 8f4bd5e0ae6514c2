// SPDX-License-Identifier: MIT
#include "formats/onnx/memory.h"

#include "formats/format_error.h"
#include "formats/limits.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>

namespace ml_inference {
namespace {

std::string refusal_of(OnnxMemory& memory, std::size_t count, std::size_t size) {
  try {
    memory.take(count, size);
  } catch (const FormatError& refusal) {
    return refusal.error.message;
  }
  return "taken";
}

TEST(OnnxMemory, GrowsWithTheFile) {
  EXPECT_EQ(onnx_memory_max(0), kOnnxMemoryBase);
  EXPECT_EQ(onnx_memory_max(100), kOnnxMemoryBase + 100 * kOnnxMemoryFactor);
}

TEST(OnnxMemory, RefusesMoreThanIsLeftAndTakesNothingThen) {
  OnnxMemory memory(0);
  EXPECT_EQ(refusal_of(memory, kOnnxMemoryBase / 8, 8), "taken");
  EXPECT_EQ(memory.left(), 0);
  EXPECT_EQ(refusal_of(memory, 1, 1),
            "onnx: the file has 0 bytes and would take more than 50331648 bytes of memory");
  EXPECT_EQ(refusal_of(memory, 0, 8), "taken");
  memory.give_back(16);
  EXPECT_NE(refusal_of(memory, std::numeric_limits<std::size_t>::max(), 2), "taken");
  EXPECT_EQ(memory.left(), 16);
}

TEST(OnnxMemory, GetsAShareBackWhenItGoes) {
  OnnxMemory memory(0);
  OnnxMemoryShare outer;
  {
    OnnxMemoryShare share(memory, 10, 4);
    EXPECT_EQ(memory.left(), kOnnxMemoryBase - 40);
    outer = std::move(share);
  }
  EXPECT_EQ(memory.left(), kOnnxMemoryBase - 40);
  outer = OnnxMemoryShare();
  EXPECT_EQ(memory.left(), kOnnxMemoryBase);
}

}  // namespace
}  // namespace ml_inference
