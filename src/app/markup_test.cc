// SPDX-License-Identifier: MIT
#include "app/markup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ml_inference {
namespace {

TEST(EscapedMarkup, LeavesNoWayIntoTheMarkup) {
  EXPECT_EQ(escaped_markup("<script>alert('x')</script>"),
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
  EXPECT_EQ(escaped_markup(R"(" onload="x)"), "&quot; onload=&quot;x");
  EXPECT_EQ(escaped_markup("&lt;"), "&amp;lt;");
  EXPECT_EQ(escaped_markup("]]><!--"), "]]&gt;&lt;!--");
}

TEST(EscapedMarkup, KeepsOrdinaryTextAsItIs) {
  EXPECT_EQ(escaped_markup("petal length (cm) \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x8C\xB8"),
            "petal length (cm) \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x8C\xB8");
  EXPECT_EQ(escaped_markup(""), "");
}

TEST(EscapedMarkup, ShowsWhatIsNotSeen) {
  EXPECT_EQ(escaped_markup(std::string_view("a\0b\n\x1b\x7f", 6)),
            "a\\u0000b\\u000a\\u001b\\u007f");
  EXPECT_EQ(escaped_markup("\xE2\x80\xAE"
                           "exe"),
            "\\u202eexe");  // right to left from here
  EXPECT_EQ(escaped_markup("\xC2\x85"), "\\u0085");
}

TEST(EscapedMarkup, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(escaped_markup("a\xFF<"), "a\xEF\xBF\xBD&lt;");
  EXPECT_EQ(escaped_markup("\xC0\xBCscript"), "\xEF\xBF\xBD\xEF\xBF\xBDscript");  // overlong <
  EXPECT_EQ(escaped_markup("\xE2\x82"), "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Shortened, CountsCharactersAndNotBytes) {
  EXPECT_EQ(shortened("abcde", 5), "abcde");
  EXPECT_EQ(shortened("abcdef", 5), "abcd\xE2\x80\xA6");
  EXPECT_EQ(shortened("\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9", 3), "\xC3\xA9\xC3\xA9\xE2\x80\xA6");
  EXPECT_EQ(shortened("\xFF\xFF\xFF", 2), "\xFF\xE2\x80\xA6");
  EXPECT_EQ(shortened("", 3), "");
}

TEST(Markup, NestsElementsAndEscapesTextAndValues) {
  Markup page;
  page.open("p", {{"class", "a\"b"}}).text("1 < 2").empty("br").element("b", "&").close();
  EXPECT_EQ(page.str(), "<p class=\"a&quot;b\">1 &lt; 2<br/>\n<b>&amp;</b></p>\n");
  Markup other;
  other.open("div").add(page).close();
  EXPECT_EQ(other.str(), "<div>" + page.str() + "</div>\n");
}

TEST(MarkupDeathTest, RefusesWhatIsLeftOpen) {
  Markup page;
  page.open("p");
  EXPECT_DEATH(static_cast<void>(page.str()), "open_.empty");
  EXPECT_DEATH(page.open("a b"), "is_own_name");
}

}  // namespace
}  // namespace ml_inference
