// SPDX-License-Identifier: MIT
#include "serving/repository/text_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ml_inference {
namespace {

using ::testing::HasSubstr;

std::string refusal(std::string_view text) {
  const auto fields = parse_text_message(text);
  return fields ? "taken" : fields.error().message;
}

TextField scalar(std::string name, std::string text) {
  return {.name = std::move(name), .text = std::move(text), .is_message = false, .fields = {}};
}

TextField message(std::string name, std::vector<TextField> fields) {
  return {.name = std::move(name), .text = {}, .is_message = true, .fields = std::move(fields)};
}

TEST(TextMessage, ReadsScalarsMessagesAndLists) {
  EXPECT_EQ(
      parse_text_message("name: \"fil\" # a remark\nmax_batch_size: 8, kind: KIND_CPU;\n"
                         "input [ { name: 'a' dims: [ 4, -1 ] }, < name: 'b' > ]\n"
                         "policy { latest { } }  none: []")
          .value(),
      (std::vector{
          scalar("name", "fil"), scalar("max_batch_size", "8"), scalar("kind", "KIND_CPU"),
          message("input", {scalar("name", "a"), scalar("dims", "4"), scalar("dims", "-1")}),
          message("input", {scalar("name", "b")}), message("policy", {message("latest", {})})}));
}

TEST(TextMessage, JoinsStringsAndReadsEscapes) {
  EXPECT_EQ(parse_text_message(R"(a: "x\"\n\t\101\x41" 'y')").value(),
            (std::vector{scalar("a", "x\"\n\tAAy")}));
}

TEST(TextMessage, SaysWhereItBreaks) {
  EXPECT_THAT(refusal("a: 1\nb 2"), HasSubstr("line 2: '2', expected ':' or '{'"));
  EXPECT_THAT(refusal("a {"), HasSubstr("ends without '}'"));
  EXPECT_THAT(refusal("a: \"x"), HasSubstr("a string without its end"));
  EXPECT_THAT(refusal("a: [1 2]"), HasSubstr("expected ',' or ']'"));
  EXPECT_THAT(refusal("a: '\\q'"), HasSubstr("'\\q' in a string"));
  EXPECT_THAT(refusal("a: '\\777'"), HasSubstr("an escape that is no byte"));
  EXPECT_THAT(refusal("}"), HasSubstr("expected a field's name"));
  EXPECT_THAT(refusal("a:"), HasSubstr("expected a value"));
}

TEST(TextMessage, RefusesWhatIsTooDeepOrTooMuch) {
  std::string deep;
  for (std::size_t level = 0; level < 100'000; ++level) deep += "a{";
  EXPECT_THAT(refusal(deep), HasSubstr("messages in one another"));
  EXPECT_THAT(refusal(std::string(kTextMessageSizeMax + 1, ' ')), HasSubstr("expected at most"));
  std::string many;
  for (std::size_t field = 0; field <= kTextMessageFieldCountMax; ++field) many += "a:1\n";
  EXPECT_THAT(refusal(many), HasSubstr("more than 100000 fields"));
}

TEST(TextMessage, ReadsJsonAsTheSameTree) {
  EXPECT_EQ(parse_json_message(R"({"name":"m","n":2,"ok":true,"p":{"versions":[1,2]}})").value(),
            (std::vector{scalar("name", "m"), scalar("n", "2"), scalar("ok", "true"),
                         message("p", {scalar("versions", "1"), scalar("versions", "2")})}));
  EXPECT_FALSE(parse_json_message("[1]"));
  EXPECT_FALSE(parse_json_message("{"));
}

}  // namespace
}  // namespace ml_inference
