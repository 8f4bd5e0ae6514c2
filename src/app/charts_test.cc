// SPDX-License-Identifier: MIT
// What plots say. How they look is for people, in a browser.
#include "app/charts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <regex>

namespace ml_inference {
namespace {

using ::testing::AllOf;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

TEST(RoundTicks, CoverTheRangeByRoundSteps) {
  const auto values = [](double low, double high) { return round_ticks(low, high, 5).values; };
  EXPECT_THAT(values(0, 1), ElementsAre(0, DoubleNear(.5, 1e-9), DoubleNear(1, 1e-9)));
  EXPECT_THAT(values(.91, .99),
              ElementsAre(DoubleNear(.9, 1e-9), DoubleNear(.92, 1e-9), DoubleNear(.94, 1e-9),
                          DoubleNear(.96, 1e-9), DoubleNear(.98, 1e-9), DoubleNear(1, 1e-9)));
  EXPECT_EQ(round_ticks(.91, .99, 5).decimals, 2);
  EXPECT_EQ(round_ticks(0, 400, 5).decimals, 0);
  EXPECT_THAT(values(-300, 100), ElementsAre(-300, -200, -100, 0, 100));
}

TEST(RoundTicks, AreFewWhateverTheRange) {
  for (const double magnitude : {1e-300, 1e-9, 1.0, 1e9, 1e300}) {
    for (const auto& [low, high] :
         std::vector<std::pair<double, double>>{{0, 1}, {-1, 1}, {.999999999, 1}, {1, 1}, {0, 0}}) {
      const Ticks ticks = round_ticks(low * magnitude, high * magnitude, 5);
      EXPECT_GE(ticks.values.size(), 1U);
      EXPECT_LE(ticks.values.size(), 8U);
      EXPECT_GE(ticks.decimals, 0);
    }
  }
}

TEST(BarChart, HasATitleADescriptionAndABarForEach) {
  const std::string svg = bar_chart("one", "Importances", {{"a", .75}, {"b & c", .25}}).str();
  EXPECT_THAT(svg, AllOf(HasSubstr("role=\"img\" aria-labelledby=\"onetitle onetext\""),
                         HasSubstr("<title id=\"onetitle\">Importances</title>"),
                         HasSubstr("<desc id=\"onetext\">a: 75.0 %, b &amp; c: 25.0 %.</desc>")));
  EXPECT_EQ(count_of(svg, "class=\"bar\""), 2U);
  EXPECT_THAT(svg, HasSubstr("75.0 %</text>"));
}

TEST(BarChart, OfNothingGainedHasNoBars) {
  EXPECT_THAT(bar_chart("one", "Importances", {{"a", 0}}).str(),
              AllOf(HasSubstr("width=\"0\""), Not(HasSubstr("nan"))));
}

TEST(ConfusionChart, ShowsEachCellWithItsCountAndItsShade) {
  ConfusionMatrix confusion;
  confusion.add(0, 0, 90);
  confusion.add(0, 1, 10);
  confusion.add(1, 1, 7);
  const std::string svg = confusion_chart("one", "Confusion", {"no", "yes"}, confusion).str();
  EXPECT_THAT(svg, AllOf(HasSubstr("90 of 100 rows of no are right, 7 of 7 rows of yes are right."),
                         HasSubstr(">90</text>"), HasSubstr(">10</text>"), HasSubstr(">7</text>"),
                         HasSubstr(">0</text>")));
  EXPECT_EQ(count_of(svg, "class=\"shade5\""), 2U);
  EXPECT_EQ(count_of(svg, "class=\"shade2\""), 1U);
  EXPECT_EQ(count_of(svg, "class=\"shade0\""), 1U);
}

TEST(ConfusionChart, ShowsPercentWhereCountsAreTooLong) {
  ConfusionMatrix confusion;
  for (std::int32_t number = 0; number < 12; ++number) confusion.add(number, number, 123456);
  const std::vector<std::string> labels(12, "a class with a long name");
  const std::string svg = confusion_chart("one", "Confusion", labels, confusion).str();
  EXPECT_THAT(svg, AllOf(HasSubstr("in percent of the line"), HasSubstr(">100</text>"),
                         HasSubstr("rotate(50)"), Not(HasSubstr("123456</text>"))));
}

TEST(LineChart, NamesItsLinesAndItsAxes) {
  const std::string svg =
      line_chart("one", {.title = "Learning",
                         .x_name = "rows",
                         .y_name = "accuracy",
                         .lines = {{.name = "seen", .points = {{10, .5, .4, .6}, {20, 1, 1, 1}}},
                                   {.name = "unseen",
                                    .points = {{10, .2, .2, .2}, {20, .8, .8, .8}},
                                    .is_dashed = true}},
                         .has_log_x = true})
          .str();
  EXPECT_THAT(
      svg, AllOf(HasSubstr("seen goes from 0.5 at 10 to 1 at 20 (rows)."),
                 HasSubstr(">accuracy</text>"), HasSubstr(">rows</text>"), HasSubstr(">10</text>"),
                 HasSubstr(">20</text>"), HasSubstr("class=\"band0\""),
                 Not(HasSubstr("class=\"band1\"")), HasSubstr("stroke-dasharray")));
}

TEST(LineChart, DrawsWhatIsLevelOrOnePointOrHuge) {
  for (const double y : {0.0, 1.0, -3.0, 1e-12, 1e12, -1e250}) {
    for (const std::size_t point_count : {1U, 2U, 300U}) {
      Line line{.name = "loss"};
      for (std::size_t point = 0; point < point_count; ++point) {
        line.points.push_back({static_cast<double>(point + 1), y, y, y});
      }
      const std::string svg = line_chart("one", {.lines = {line}}).str();
      EXPECT_FALSE(std::regex_search(svg, std::regex("\"[^\"]*(nan|inf)[^\"]*\""))) << y;
      EXPECT_LT(svg.size(), 20'000U);
    }
  }
}

}  // namespace
}  // namespace ml_inference
