// SPDX-License-Identifier: MIT
#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace ml_inference {
namespace {

const Error kTooMany{Code::resource_exhausted, "trees: expected at most 2, got 3"};

Result<void> check_count(int count) {
  if (count > 2) return fail(kTooMany.code, kTooMany.message);
  return {};
}

Result<std::unique_ptr<int>> boxed(int count) {
  RETURN_IF_ERROR(check_count(count));
  return std::make_unique<int>(count);
}

// Two assignments in one function, of values that cannot be copied.
Result<int> sum_of(int first, int second) {
  ASSIGN_OR_RETURN(const std::unique_ptr<int> one, boxed(first));
  std::unique_ptr<int> other;
  ASSIGN_OR_RETURN(other, boxed(second));
  return *one + *other;
}

TEST(Result, GivesTheValueWhenAllGoesWell) {
  EXPECT_EQ(sum_of(1, 2), 3);
  EXPECT_TRUE(check_count(2).has_value());
}

TEST(Result, CarriesTheFirstErrorUnchangedThroughBothMacros) {
  EXPECT_EQ(sum_of(3, 1).error(), kTooMany);
  EXPECT_EQ(sum_of(1, 3).error(), kTooMany);
}

TEST(Result, TellsErrorsApartByCodeAndByMessage) {
  EXPECT_NE(kTooMany, (Error{Code::internal, kTooMany.message}));
  EXPECT_NE(kTooMany, (Error{kTooMany.code, "rows: expected at most 2, got 3"}));
}

}  // namespace
}  // namespace ml_inference
