// SPDX-License-Identifier: MIT
#include "api/validation.h"

#include "api/json_tape.h"
#include "api/limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ml_inference {
namespace {

RequestFault missing_cell(std::size_t row) {
  return {.type = "missing",
          .location = {"body", "features", row, "petal \"width\""},
          .message = "Field required",
          .input = "{}"};
}

std::string text_of(const FaultList& faults) {
  std::string out;
  faults.append_to(out);
  return out;
}

TEST(FaultList, IsEmptyUntilAFaultComes) {
  FaultList faults;
  EXPECT_TRUE(faults.empty());
  faults.add(missing_cell(0));
  EXPECT_FALSE(faults.empty());
}

TEST(FaultList, WritesEachFaultWithItsWay) {
  FaultList faults;
  faults.add(missing_cell(2));
  faults.add({.type = "too_short",
              .location = {"body"},
              .message = "Too short",
              .input = "[1]",
              .context = R"({"min_length":4})"});
  EXPECT_EQ(text_of(faults),
            R"({"detail":[{"type":"missing","loc":["body","features",2,"petal \"width\""],)"
            R"("msg":"Field required","input":{}},)"
            R"({"type":"too_short","loc":["body"],"msg":"Too short","input":[1],)"
            R"("ctx":{"min_length":4}}]})");
}

TEST(FaultList, SumsItselfUpForTheLog) {
  FaultList faults;
  faults.add(missing_cell(2));
  EXPECT_EQ(faults.summary(), "body.features.2.petal \"width\": Field required");
  faults.add(missing_cell(3));
  faults.add(missing_cell(4));
  EXPECT_EQ(faults.summary(), "body.features.2.petal \"width\": Field required (and 2 more)");
}

TEST(FaultList, ShowsTheLogOnlyTheBeginningOfALongKey) {
  FaultList faults;
  RequestFault fault = missing_cell(2);
  fault.location = {"body", std::string(100'000, 'k')};
  faults.add(std::move(fault));
  EXPECT_EQ(faults.summary(), "body." + std::string(kLoggedKeySizeMax, 'k') + ": Field required");
}

TEST(FaultList, TellsOfFaultsThatItDoesNotList) {
  FaultList faults;
  for (std::size_t row = 0; row < kFaultCountMax; ++row) faults.add(missing_cell(row));
  EXPECT_THAT(text_of(faults), ::testing::Not(::testing::HasSubstr("too_many_faults")));
  for (std::size_t row = 0; row < 3; ++row) faults.add(missing_cell(row));
  EXPECT_EQ(faults.faults().size(), kFaultCountMax);
  EXPECT_THAT(text_of(faults),
              ::testing::EndsWith(R"(,{"type":"too_many_faults","loc":["body"],)"
                                  R"("msg":"3 more faults are not listed","input":null}]})"));
  EXPECT_THAT(faults.summary(), ::testing::EndsWith("(and 102 more)"));
  JsonTape tape;
  EXPECT_TRUE(tape.parse(text_of(faults)));
}

TEST(FaultList, TellsThatRowsWereNotLookedAt) {
  FaultList faults;
  for (std::size_t row = 0; row < kFaultCountMax; ++row) faults.add(missing_cell(row));
  EXPECT_TRUE(faults.is_full());
  faults.leave_rows();
  EXPECT_THAT(text_of(faults),
              ::testing::EndsWith(R"("msg":"rows behind these faults were not looked at",)"
                                  R"("input":null}]})"));
  EXPECT_THAT(faults.summary(), ::testing::EndsWith("(and at least 99 more)"));
  faults.add_unlisted(7);
  EXPECT_THAT(text_of(faults),
              ::testing::HasSubstr(R"("7 more faults are not listed, and rows behind these )"
                                   R"(faults were not looked at")"));
}

}  // namespace
}  // namespace ml_inference
