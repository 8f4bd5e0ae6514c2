// SPDX-License-Identifier: MIT
#include "training/target_classes.h"

#include "data/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ml_inference {
namespace {

using ::testing::ElementsAre;

Result<TargetClasses> classes_of(const std::string& cells) {
  return read_target_classes(read_csv("y,x\n" + cells).value(), 0);
}

TEST(TargetClasses, AreWholeNumbersOrTexts) {
  const TargetClasses numbers = classes_of("10,\n9,\n-1,\n10,\n").value();
  EXPECT_THAT(numbers.labels, ElementsAre(Label(-1), Label(9), Label(10)));
  EXPECT_THAT(numbers.rows, ElementsAre(2, 1, 0, 2));
  EXPECT_THAT(classes_of("1.0,\n2.0,\n")->labels, ElementsAre(Label(1), Label(2)));
  EXPECT_THAT(classes_of("10,\n9,\nb,\n")->labels,
              ElementsAre(Label("10"), Label("9"), Label("b")));
}

TEST(TargetClasses, KeepDifferentIdentifiersApart) {
  EXPECT_THAT(classes_of("9007199254740993,\n9007199254740992,\n")->labels,
              ElementsAre(Label("9007199254740992"), Label("9007199254740993")));
  EXPECT_THAT(
      classes_of("9007199254740991,\n-9007199254740991,\n")->labels,
      ElementsAre(Label(std::int64_t{-9007199254740991}), Label(std::int64_t{9007199254740991})));
  EXPECT_THAT(classes_of("007,\n7,\n")->labels, ElementsAre(Label("007"), Label("7")));
  EXPECT_THAT(classes_of("02134,\n10001,\n")->labels, ElementsAre(Label("02134"), Label("10001")));
  EXPECT_THAT(classes_of("0,\n1,\n")->labels, ElementsAre(Label(0), Label(1)));
}

TEST(TargetClasses, AreNotWrittenInTwoWays) {
  EXPECT_EQ(classes_of("3,\n4,\n3.0,\n").error(),
            (Error{Code::invalid_argument,
                   "line 4 column 'y': '3.0' is '3' of line 2 written in another way, expected one "
                   "way for each class"}));
  EXPECT_EQ(classes_of("True,\nfalse,\nTRUE,\n").error(),
            (Error{Code::invalid_argument,
                   "line 4 column 'y': 'TRUE' is 'True' of line 2 written in another way, expected "
                   "one way for each class"}));
  EXPECT_FALSE(classes_of("0.5,\n0.50,\n").has_value());
  EXPECT_THAT(classes_of("True,\nTRUE,\nperhaps,\n")->labels,
              ElementsAre(Label("TRUE"), Label("True"), Label("perhaps")));
}

TEST(TargetClasses, AreNotMissing) {
  EXPECT_EQ(classes_of("a,\n,\n").error(),
            (Error{Code::invalid_argument, "line 3 column 'y': expected a class, got nothing"}));
  EXPECT_EQ(classes_of("a,\nN/A,\n").error(),
            (Error{Code::invalid_argument,
                   "line 3 column 'y': expected a class, got 'N/A', which stands for a missing "
                   "value"}));
}

}  // namespace
}  // namespace ml_inference
