// SPDX-License-Identifier: MIT
#include "server/answer_bytes.h"

#include "server/body_budget.h"

#include <gtest/gtest.h>

#include <string>

namespace ml_inference {
namespace {

TEST(AnswerBytes, AreFetchedInTheirOrder) {
  AnswerBytes bytes;
  std::string large(BodyBudget::kUncountedSize + 1, 'x');
  const char* const memory = large.data();
  bytes.add("head");
  bytes.add_body(large);
  EXPECT_NE(large.data(), memory) << "it is taken, not copied";
  ASSERT_EQ(bytes.size(), 4 + BodyBudget::kUncountedSize + 1);
  std::string out;
  bytes.fetch(out, 3);
  bytes.fetch(out, 2);
  EXPECT_EQ(out, "headx");
  bytes.fetch(out, bytes.size());
  EXPECT_EQ(out, "head" + std::string(BodyBudget::kUncountedSize + 1, 'x'));
  EXPECT_EQ(bytes.size(), 0U);
}

// A stream's next answer may come when the end of a large one is not fetched yet.
TEST(AnswerBytes, KeepTheirOrderBehindALargeBody) {
  constexpr std::size_t kSize = BodyBudget::kUncountedSize + 1;
  AnswerBytes bytes;
  std::string large(kSize, 'x');
  bytes.add_body(large);
  std::string out;
  bytes.fetch(out, kSize - 2);
  bytes.add("next");
  large.assign(kSize, 'y');
  bytes.add_body(large);
  ASSERT_EQ(bytes.size(), 2 + 4 + kSize);
  out.clear();
  bytes.fetch(out, bytes.size());
  EXPECT_EQ(out, "xxnext" + std::string(kSize, 'y'));
}

TEST(AnswerBytes, TakeMoreOnceTheyAreForgotten) {
  AnswerBytes bytes;
  std::string small = "small";
  bytes.add_body(small);
  EXPECT_EQ(small, "small") << "it is copied";
  std::string out;
  bytes.fetch(out, 2);
  bytes.clear();
  EXPECT_EQ(bytes.size(), 0U);
  bytes.add("more");
  bytes.fetch(out, 4);
  EXPECT_EQ(out, "smmore");
}

}  // namespace
}  // namespace ml_inference
