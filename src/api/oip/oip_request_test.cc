// SPDX-License-Identifier: MIT
#include "api/oip/oip_request.h"

#include "api/testing/stumps.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

TEST(OipRequest, IsCutWhereItsHeaderSays) {
  const OipBody whole = split_oip_body("abc", "").value();
  EXPECT_EQ(whole.json, "abc");
  EXPECT_TRUE(whole.binary.empty());
  const OipBody cut = split_oip_body("abc", "2").value();
  EXPECT_EQ(cut.json, "ab");
  EXPECT_EQ(cut.binary, "c");
  EXPECT_FALSE(cut.is_raw);
  EXPECT_TRUE(split_oip_body("abc", "0").value().is_raw);
  for (const char* const wrong : {"4", "-1", "1.5", "x", " 1", "99999999999999999999"}) {
    EXPECT_FALSE(split_oip_body("abc", wrong).has_value()) << wrong;
  }
}

TEST(OipRequest, WantsEveryOutputUnlessSomeAreNamed) {
  const ModelTensors tensors(testing::iris_schema(), {});
  AnswerForm form;
  want_all_outputs(tensors, true, form);
  ASSERT_EQ(form.outputs.size(), 2U);
  EXPECT_EQ(form.outputs[1].tensor->name, "predict_proba");
  EXPECT_TRUE(form.outputs[1].binary);
  EXPECT_EQ(wanted_output(tensors, "predict").value()->name, "predict");
  EXPECT_FALSE(wanted_output(tensors, "").has_value());
}

TEST(OipRequest, TakesRawRowsOfTheOnlyInput) {
  const ModelTensors tensors(testing::iris_schema(), {});
  AnswerForm form;
  const std::string bytes(32, '\0');
  const auto given = read_raw_request(bytes, tensors, form).value();
  ASSERT_EQ(given.size(), 1U);
  EXPECT_EQ(given[0].shape, (std::vector<std::int64_t>{2, 4}));
  EXPECT_FALSE(read_raw_request("", tensors, form).has_value());
  Schema schema = testing::iris_schema();
  schema.categories = {{.feature = 0, .labels = {"a"}}};
  EXPECT_FALSE(read_raw_request(bytes, ModelTensors(schema, {}), form).has_value());
}

QuestionTerms terms_of(std::string_view json) {
  JsonTape tape;
  return read_oip_terms({.json = json, .binary = {}}, tape).value();
}

TEST(OipRequest, SaysWhenItWantsItsAnswer) {
  const QuestionTerms terms =
      terms_of(R"({"inputs":[],"parameters":{"timeout":2500,"priority":3,"other":"x"}})");
  EXPECT_EQ(terms.timeout, std::chrono::microseconds(2'500));
  EXPECT_EQ(terms.priority, 3U);
}

TEST(OipRequest, SaysNothingOfThatByZeroOrElsewhere) {
  for (const std::string_view json :
       {R"({"parameters":{"timeout":0,"priority":0}})", R"({"inputs":[{"timeout":1}]})",
        R"({"timeout":1})", R"(["timeout"])", R"({"parameters":"timeout"})", R"({"timeout":)",
        ""}) {
    const QuestionTerms terms = terms_of(json);
    EXPECT_FALSE(terms.timeout || terms.priority) << json;
  }
}

TEST(OipRequest, RefusesATimeOrAPriorityThatIsNoWholeNumber) {
  JsonTape tape;
  for (const std::string_view json :
       {R"({"parameters":{"timeout":-1}})", R"({"parameters":{"timeout":1.5}})",
        R"({"parameters":{"priority":"1"}})", R"({"parameters":{"priority":1e300}})"}) {
    EXPECT_FALSE(read_oip_terms({.json = json, .binary = {}}, tape).has_value()) << json;
  }
}

}  // namespace
}  // namespace ml_inference
