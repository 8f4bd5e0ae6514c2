// SPDX-License-Identifier: MIT
#include "server/body_budget.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace ml_inference {
namespace {

constexpr std::size_t kBodySize = 100'000;

// A body that was there, and is done with; where its bytes were.
const char* have_body(BodyShare& share, std::size_t size) {
  std::string body;
  EXPECT_TRUE(share.take(size));
  share.make_room(body, size);
  const char* const bytes = body.data();
  share.end(body);
  EXPECT_TRUE(body.empty());
  return bytes;
}

TEST(BodyBudget, GivesABodyTheMemoryOfOneBefore) {
  BodyBudget budget(kMebibyte);
  BodyShare share(budget);
  const char* const before = have_body(share, kBodySize);
  EXPECT_EQ(budget.left(), kMebibyte);
  std::string body = "begun";
  ASSERT_TRUE(share.take(kBodySize / 2));
  share.make_room(body, kBodySize / 2);
  EXPECT_EQ(body, "begun");
  EXPECT_EQ(body.data(), before);
  EXPECT_EQ(budget.left(), kMebibyte - kBodySize / 2);
}

TEST(BodyBudget, RefusesNothingForWhatItKeeps) {
  BodyBudget budget(kMebibyte);
  BodyShare share(budget);
  have_body(share, kBodySize);
  BodyShare all(budget);
  EXPECT_TRUE(all.take(kMebibyte));
  EXPECT_EQ(budget.left(), 0U);
  all.release();
  EXPECT_EQ(budget.left(), kMebibyte);
}

// Room for so many bytes, if that is kept.
bool is_kept(BodyBudget& budget, std::size_t size) {
  return budget.take_block(size).capacity() >= size;
}

TEST(BodyBudget, KeepsAQuarterOfItselfAtMost) {
  BodyBudget budget(10 * kBodySize);
  std::string bodies[3];
  for (std::string& body : bodies) {
    body.reserve(kBodySize);
    budget.keep_block(body);
    EXPECT_LT(body.capacity(), kBodySize);
  }
  EXPECT_TRUE(is_kept(budget, kBodySize));
  EXPECT_TRUE(is_kept(budget, kBodySize));
  EXPECT_FALSE(is_kept(budget, kBodySize));
  EXPECT_EQ(budget.left(), 10 * kBodySize);
}

// Its share counts what the body needs, and would not know of the rest.
TEST(BodyBudget, GivesNoBodyMoreThanTwiceWhatItNeeds) {
  BodyBudget budget(10 * kBodySize);
  std::string body;
  body.reserve(kBodySize);
  budget.keep_block(body);
  EXPECT_EQ(budget.take_block(kBodySize / 2 - 1).capacity(), std::string().capacity());
  EXPECT_TRUE(is_kept(budget, kBodySize / 2));
}

TEST(BodyBudget, KeepsNoBodyThatIsSmall) {
  BodyBudget budget(kMebibyte);
  BodyShare share(budget);
  std::string small(1'000, 'x');
  const char* const bytes = small.data();
  share.end(small);
  EXPECT_EQ(small.data(), bytes);  // it has it still
  EXPECT_FALSE(is_kept(budget, 1'000));
}

TEST(BodyBudget, GivesBackWhatNobodyWantedForASecond) {
  BodyBudget budget(kMebibyte);
  const BodyBudget::Clock::time_point then = BodyBudget::Clock::now();
  std::string body(kBodySize, 'x');
  budget.keep_block(body, then);
  budget.free_idle_blocks(then + std::chrono::milliseconds(999));
  body = budget.take_block(kBodySize);
  EXPECT_GE(body.capacity(), kBodySize);
  budget.keep_block(body, then);
  budget.free_idle_blocks(then + std::chrono::seconds(1));
  EXPECT_FALSE(is_kept(budget, kBodySize));
  EXPECT_EQ(budget.left(), kMebibyte);
}

}  // namespace
}  // namespace ml_inference
