// SPDX-License-Identifier: MIT
#include "api/token_set.h"

#include "api/limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ml_inference {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string refusal(std::string_view text) {
  const auto tokens = TokenSet::parse(text);
  return tokens ? "taken" : tokens.error().message;
}

TEST(TokenSet, AdmitsTheTokensOfItsLinesAndNoOther) {
  const TokenSet tokens = TokenSet::parse("# the old one\nold-1\n\n  new.2~+/==\t\r\nlast").value();
  EXPECT_EQ(tokens.size(), 3U);
  for (const char* token : {"old-1", "new.2~+/==", "last"}) EXPECT_TRUE(tokens.admits(token));
  for (const char* token : {"", "old", "old-12", "OLD-1", "# the old one", " last", "last\n"}) {
    EXPECT_FALSE(tokens.admits(token)) << token;
  }
}

TEST(TokenSet, IsNeverEmpty) {
  for (const char* text : {"", "\n", " \r\n\t\n", "# nothing\n"}) {
    EXPECT_EQ(refusal(text), "has no token, expected one a line");
  }
}

TEST(TokenSet, RefusesWhatNoHeaderCanCarryWithoutTellingIt) {
  EXPECT_EQ(refusal("good\nsec ret"),
            "line 2: character 4 of the token is none of a letter, a digit and -._~+/=");
  for (const std::string& text : {std::string("a\0b", 3), std::string("t\xC3\xA4"),
                                  std::string("\xEF\xBB\xBFtoken"), std::string("{\"a\":1}")}) {
    EXPECT_THAT(refusal(text), HasSubstr("line 1: character ")) << text;
    EXPECT_THAT(refusal(text), Not(HasSubstr(text)));
  }
}

TEST(TokenSet, HasLimits) {
  const std::string longest(kTokenSizeMax, 'a');
  EXPECT_TRUE(TokenSet::parse(longest).has_value());
  EXPECT_THAT(refusal(longest + "a"), HasSubstr("characters, expected at most"));
  std::string many;
  for (std::size_t i = 0; i < kTokenCountMax; ++i) many += "token\n";
  EXPECT_EQ(TokenSet::parse(many).value().size(), kTokenCountMax);
  EXPECT_THAT(refusal(many + "token\n"), HasSubstr("more than"));
}

TEST(TokenSet, FindsTheTokenOfAHeader) {
  for (const char* value : {"Bearer abc", "bearer abc", "BEARER   abc", "Bearer abc "}) {
    EXPECT_EQ(bearer_token(value), "abc") << value;
  }
  for (const char* value :
       {"", "Bearer", "Bearer ", "Bearerabc", "Basic abc", "abc", " Bearer a"}) {
    EXPECT_EQ(bearer_token(value), "") << value;
  }
}

}  // namespace
}  // namespace ml_inference
