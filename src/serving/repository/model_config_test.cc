// SPDX-License-Identifier: MIT
#include "serving/repository/model_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ml_inference {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string refusal(std::string_view text, bool is_json = false) {
  const auto config = read_model_config(text, is_json);
  return config ? "taken" : config.error().message;
}

constexpr std::string_view kFil = R"(
name: "fraud"
backend: "fil"
max_batch_size: 32768
input [ { name: "input__0" data_type: TYPE_FP32 dims: [ 28 ] } ]
output [ { name: "output__0" data_type: TYPE_FP32 dims: [ 2 ] } ]
instance_group [{ kind: KIND_CPU }]
parameters [
  { key: "model_type" value: { string_value: "xgboost_json" } },
  { key: "is_classifier" value: { string_value: "true" } },
  { key: "predict_proba" value: { string_value: "true" } },
  { key: "threshold" value: { string_value: "0.25" } },
  { key: "storage_type" value: { string_value: "AUTO" } }
]
version_policy: { latest: { num_versions: 3 } }
)";

TEST(ModelConfig, ReadsWhatAFilFolderSays) {
  const ModelConfig config = read_model_config(kFil).value();
  EXPECT_EQ(config.name, "fraud");
  EXPECT_EQ(config.tensor_names.row_count_max, 32768);
  EXPECT_EQ(read_model_config("max_batch_size: 0")->tensor_names.row_count_max, std::nullopt);
  EXPECT_EQ(config.tensor_names, (TensorNames{.input = "input__0",
                                              .output = "output__0",
                                              .predict_probabilities = true,
                                              .threshold = 0.25,
                                              .row_count_max = 32768}));
  EXPECT_EQ(version_policy_text(config.policy.value()), "latest:3");
  EXPECT_THAT(config.ignored, ElementsAre("parameter 'storage_type'"));
}

TEST(ModelConfig, TakesAClassifierWithoutProbabilitiesForOneThatAnswersClasses) {
  const auto names = [](std::string_view text) {
    return read_model_config(text).value().tensor_names.predict_probabilities;
  };
  EXPECT_EQ(names("parameters { key: 'output_class' value { string_value: 'true' } }"), false);
  EXPECT_EQ(names("parameters { key: 'predict_proba' value { string_value: 'true' } }"), true);
  EXPECT_EQ(names("parameters { key: 'is_classifier' value { string_value: 'false' } }"),
            std::nullopt);
  EXPECT_EQ(names(""), std::nullopt);
}

TEST(ModelConfig, ReadsTheOtherPolicies) {
  const auto policy = [](std::string_view text) {
    return version_policy_text(read_model_config(text).value().policy.value());
  };
  EXPECT_EQ(policy("version_policy { all { } }"), "all");
  EXPECT_EQ(policy("version_policy { latest { } }"), "latest:1");
  EXPECT_EQ(policy("version_policy: { specific: { versions: [1, 3] } }"), "1,3");
}

TEST(ModelConfig, ReadsTheSameFromJson) {
  const ModelConfig config =
      read_model_config(R"({"name":"m","version_policy":{"specific":{"versions":[2]}},
                            "parameters":{"threshold":{"string_value":"0.5"}}})",
                        true)
          .value();
  EXPECT_EQ(version_policy_text(config.policy.value()), "2");
  EXPECT_EQ(config.tensor_names.threshold, 0.5);
  EXPECT_THAT(config.ignored, IsEmpty());
}

TEST(ModelConfig, NamesTensorsOnlyWhereThereIsOne) {
  const ModelConfig config =
      read_model_config("input [{name:'a'},{name:'b'}] output {name:'y'}").value();
  EXPECT_EQ(config.tensor_names.input, "");
  EXPECT_EQ(config.tensor_names.output, "y");
  EXPECT_THAT(config.ignored, ElementsAre("the names of 2 inputs"));
}

TEST(ModelConfig, RefusesValuesThatAreNotTheirKeys) {
  EXPECT_THAT(refusal("platform: 'ensemble'"), HasSubstr("expected one model"));
  EXPECT_THAT(refusal("max_batch_size: -1"), HasSubstr("expected a whole number from 0"));
  EXPECT_THAT(refusal("version_policy { newest { } }"), HasSubstr("expected latest, all or"));
  EXPECT_THAT(refusal("version_policy { specific { versions: 0 } }"), HasSubstr("above 0"));
  EXPECT_THAT(refusal("version_policy { latest { num_versions: 0 } }"), HasSubstr("above 0"));
  EXPECT_THAT(refusal("version_policy: 3"), HasSubstr("expected one of latest"));
  EXPECT_THAT(refusal("parameters { key: 'threshold' value { string_value: 'x' } }"),
              HasSubstr("threshold is 'x', expected a number"));
  EXPECT_THAT(refusal("parameters { key: 'predict_proba' value { string_value: 'x' } }"),
              HasSubstr("expected true or false"));
}

TEST(ModelConfig, ReadsHowMuchIsDoneAtOneTimeAndInWhichOrder) {
  const ModelConfig config = read_model_config(R"(
      instance_group [ { count: 2 kind: KIND_CPU }, { count: 1 } ]
      dynamic_batching {
        priority_levels: 3
        default_priority_level: 2
        default_queue_policy {
          timeout_action: REJECT
          default_timeout_microseconds: 250000
          max_queue_size: 8
        }
      })")
                                 .value();
  EXPECT_EQ(config.work_limits, (WorkLimits{.concurrency_max = 3,
                                            .queue_size_max = 8,
                                            .priority = 2,
                                            .priority_max = 3,
                                            .timeout = std::chrono::milliseconds(250)}));
  EXPECT_THAT(config.ignored, IsEmpty());
}

TEST(ModelConfig, WarnsOfBatchingThatItDoesNotDo) {
  const ModelConfig config = read_model_config(R"(
      instance_group [ { kind: KIND_GPU gpus: [ 0 ] } ]
      dynamic_batching {
        max_queue_delay_microseconds: 100
        default_queue_policy { timeout_action: DELAY allow_timeout_override: true }
      })")
                                 .value();
  EXPECT_EQ(config.work_limits, WorkLimits{});
  EXPECT_THAT(config.ignored, ElementsAre("instance_group.kind", "instance_group.gpus",
                                          "dynamic_batching.max_queue_delay_microseconds",
                                          "default_queue_policy.timeout_action",
                                          "default_queue_policy.allow_timeout_override"));
}

TEST(ModelConfig, RefusesALevelThatIsNone) {
  EXPECT_EQ(refusal("dynamic_batching { priority_levels: 2 default_priority_level: 3 }"),
            "default_priority_level is '3', expected a level from 1 to 2");
  EXPECT_EQ(refusal("dynamic_batching { priority_levels: 1001 }"),
            "priority_levels is '1001', expected at most 1000");
}

TEST(ModelConfig, WarnsOfABackendThatIsNotOurs) {
  EXPECT_THAT(read_model_config("backend: 'python'").value().ignored,
              ElementsAre("backend 'python'"));
}

TEST(VersionLabels, ReadsNamesOfVersions) {
  EXPECT_THAT(read_version_labels(R"({"stable": 3, "canary": 4})").value(),
              ElementsAre(std::pair("canary", 4), std::pair("stable", 3)));
  EXPECT_TRUE(read_version_labels("{}").value().empty());
  for (const char* text : {R"({"a b":1})", R"({"":1})", R"({"a":0})", R"({"a":[1,2]})",
                           R"({"a":{}})", R"({"a":1.5})", "[]"}) {
    EXPECT_FALSE(read_version_labels(text)) << text;
  }
}

TEST(VersionPolicy, ReadsWhatAFlagSays) {
  for (const char* text : {"latest:1", "latest:20", "all", "1", "3,5"}) {
    EXPECT_EQ(version_policy_text(parse_version_policy(text).value()), text);
  }
  for (const char* text : {"", "latest:", "latest:0", "newest", "0", "01", "1,", ",1", "1;2", "-1",
                           "99999999999999999999"}) {
    EXPECT_FALSE(parse_version_policy(text)) << text;
  }
}

TEST(VersionPolicy, ChoosesVersions) {
  const std::vector<std::int64_t> present{1, 2, 7};
  const auto wanted = [&](std::string_view text) {
    return parse_version_policy(text).value().wanted(present);
  };
  EXPECT_THAT(wanted("latest"), ElementsAre(7));
  EXPECT_THAT(wanted("latest:2"), ElementsAre(2, 7));
  EXPECT_THAT(wanted("latest:9"), ElementsAre(1, 2, 7));
  EXPECT_THAT(wanted("all"), ElementsAre(1, 2, 7));
  EXPECT_THAT(wanted("2,9"), ElementsAre(2, 9));
}

}  // namespace
}  // namespace ml_inference
