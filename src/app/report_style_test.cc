// SPDX-License-Identifier: MIT
#include "app/report_style.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

namespace ml_inference {
namespace {

using ::testing::HasSubstr;

double channel(std::string_view colour, std::size_t at) {
  int value = 0;
  std::from_chars(colour.data() + at, colour.data() + at + 2, value, 16);
  const double share = value / 255.0;
  return share <= 0.04045 ? share / 12.92 : std::pow((share + 0.055) / 1.055, 2.4);
}

// Relative luminance and contrast ratio of WCAG 2.1.
double luminance(std::string_view colour) {
  return 0.2126 * channel(colour, 1) + 0.7152 * channel(colour, 3) + 0.0722 * channel(colour, 5);
}

double contrast(std::string_view one, std::string_view other) {
  const double high = std::max(luminance(one), luminance(other));
  const double low = std::min(luminance(one), luminance(other));
  return (high + 0.05) / (low + 0.05);
}

double contrast_of(const std::string& text, const std::string& ground,
                   std::string_view ThemeColour::* side) {
  const auto colour = [side](const std::string& name) {
    return *std::ranges::find(kThemeColours, name, &ThemeColour::name).*side;
  };
  return contrast(colour(text), colour(ground));
}

TEST(ReportStyle, MeasuresContrastAsWcagDoes) {
  EXPECT_NEAR(contrast("#000000", "#ffffff"), 21, 1e-9);
  EXPECT_NEAR(contrast("#777777", "#ffffff"), 4.48, 0.01);
}

TEST(ReportStyle, TextCanBeReadOnLightPagesAndOnDarkOnes) {
  for (const auto side : {&ThemeColour::light, &ThemeColour::dark}) {
    for (const char* const text : {"ink", "muted", "accent"}) {
      for (const char* const ground : {"page", "card"}) {
        EXPECT_GE(contrast_of(text, ground, side), 4.5) << text << " on " << ground;
      }
    }
    for (std::size_t step = 0; step < kShadeCount; ++step) {
      const std::string number = std::to_string(step);
      EXPECT_GE(contrast_of("on" + number, "shade" + number, side), 4.5) << step;
    }
    for (const char* const line : {"accent", "second"}) {
      EXPECT_GE(contrast_of(line, "card", side), 3) << line;
    }
    EXPECT_GE(contrast_of("accent", "track", side), 3);
  }
}

TEST(ReportStyle, HasEachColourForBothPages) {
  const std::string style = report_style();
  for (const ThemeColour& colour : kThemeColours) {
    EXPECT_THAT(style, HasSubstr(std::string("--") + std::string(colour.name) + ":" +
                                 std::string(colour.light) + ";"));
    EXPECT_THAT(style, HasSubstr(std::string("--") + std::string(colour.name) + ":" +
                                 std::string(colour.dark) + ";"));
  }
  EXPECT_EQ(light_colour("card"), "#ffffff");
}

}  // namespace
}  // namespace ml_inference
