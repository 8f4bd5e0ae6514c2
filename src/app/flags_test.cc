// SPDX-License-Identifier: MIT
#include "app/flags.h"

#include <gtest/gtest.h>

#include <CLI/Error.hpp>
#include <cstdlib>

namespace ml_inference {
namespace {

using std::chrono::milliseconds;

TEST(Flags, AFlagIsAnEnvironmentVariableToo) {
  EXPECT_EQ(environment_name("--drain-delay"), "ML_INFERENCE_DRAIN_DELAY");
  EXPECT_EQ(environment_name("--port"), "ML_INFERENCE_PORT");
}

TEST(Flags, ReadsDurationsWithUnits) {
  EXPECT_EQ(parse_duration("250ms"), milliseconds(250));
  EXPECT_EQ(parse_duration("5s"), milliseconds(5000));
  EXPECT_EQ(parse_duration("1.5"), milliseconds(1500));
  EXPECT_EQ(parse_duration("2m"), milliseconds(120000));
  EXPECT_EQ(parse_duration("0"), milliseconds(0));
  for (const char* text : {"", "s", "-1s", "5 s", "5h", "1e9s", "nan", "inf"}) {
    EXPECT_THROW(static_cast<void>(parse_duration(text)), CLI::ValidationError) << text;
  }
}

TEST(Flags, WritesDurationsAsTheyAreRead) {
  for (const milliseconds duration : {milliseconds(0), milliseconds(1), milliseconds(75000)}) {
    EXPECT_EQ(parse_duration(duration_text(duration)), duration);
  }
}

TEST(Flags, TellsOfVariablesThatNoFlagKnows) {
  ::setenv("ML_INFERENCE_DRAIN_DALAY", "1s", 1);
  ::setenv("ML_INFERENCE_SERVICE_HOST", "10.0.0.1", 1);
  const auto warnings = unknown_environment({"--drain-delay", "--port"});
  ::unsetenv("ML_INFERENCE_DRAIN_DALAY");
  ::unsetenv("ML_INFERENCE_SERVICE_HOST");
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0], "ML_INFERENCE_DRAIN_DALAY is set, and no flag has that name");
}

TEST(Flags, DropsTheLinkOfAServiceAndNothingElse) {
  ::setenv("ML_INFERENCE_PORT", "tcp://10.96.0.7:80", 1);
  EXPECT_TRUE(drop_service_link());
  EXPECT_EQ(std::getenv("ML_INFERENCE_PORT"), nullptr);
  ::setenv("ML_INFERENCE_PORT", "9000", 1);
  EXPECT_FALSE(drop_service_link());
  EXPECT_STREQ(std::getenv("ML_INFERENCE_PORT"), "9000");
  ::unsetenv("ML_INFERENCE_PORT");
}

}  // namespace
}  // namespace ml_inference
