// SPDX-License-Identifier: MIT
#include "app/flags.h"

#include <CLI/Config.hpp>
#include <CLI/Error.hpp>
#include <CLI/Formatter.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>

namespace ml_inference {
namespace {

using std::chrono::microseconds;
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

TEST(Flags, RefusesWhatIsFinerThanItKeeps) {
  EXPECT_EQ(parse_fine_duration("500us"), microseconds(500));
  EXPECT_EQ(parse_fine_duration("0.9ms"), microseconds(900));
  EXPECT_EQ(parse_fine_duration("0.0011s"), microseconds(1100));
  EXPECT_EQ(parse_duration("1000us"), milliseconds(1));
  EXPECT_EQ(parse_duration("1.1"), milliseconds(1100));
  EXPECT_EQ(duration_text(microseconds(1500)), "1500us");
  EXPECT_EQ(duration_text(microseconds(2000)), "2ms");
  const auto refusal = [](auto parse, const char* text) -> std::string {
    try {
      static_cast<void>(parse(text));
    } catch (const CLI::ValidationError& error) {
      return error.what();
    }
    return "";
  };
  for (const char* text : {"0.4ms", "500us", "1.0005s"}) {
    EXPECT_THAT(refusal(parse_duration, text), testing::HasSubstr("finer than 1ms")) << text;
  }
  EXPECT_THAT(refusal(parse_fine_duration, "0.4us"), testing::HasSubstr("finer than 1us"));
}

TEST(Flags, WritesDurationsAsTheyAreRead) {
  for (const milliseconds duration : {milliseconds(0), milliseconds(1), milliseconds(75000)}) {
    EXPECT_EQ(parse_duration(duration_text(duration)), duration);
  }
}

TEST(Flags, TakesAWholeNumberInDigitsAlone) {
  const CLI::Validator port = whole_number(0, 65'535);
  for (const char* text : {"0", "8000", "65535"}) EXPECT_EQ(port(text), "") << text;
  for (const char* text :
       {"", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x10", "010", "65536", "18446744073709551617"}) {
    EXPECT_EQ(port(text), "'" + std::string(text) + "' is no whole number from 0 to 65535");
  }
  const CLI::Validator seed = whole_number(0, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(seed("18446744073709551615"), "");
  EXPECT_NE(seed("18446744073709551616"), "");
  EXPECT_NE(seed("-1"), "");
}

TEST(Flags, TakesANumberInItsRangeAndNeverNan) {
  const CLI::Validator decrease = real_number(0, 1e300);
  for (const char* text : {"0", "0.5", "1e-3"}) EXPECT_EQ(decrease(text), "") << text;
  for (const char* text : {"", "-1", "nan", "inf", "1e301", "1e400", "1x"}) {
    EXPECT_EQ(decrease(text), "'" + std::string(text) + "' is no number from 0 to 1e+300");
  }
}

TEST(Flags, AWrongDurationIsToldWithItsFlag) {
  CLI::App app;
  milliseconds delay(0);
  Flags(app).duration("--delay", delay, "a delay");
  try {
    app.parse("--delay soon");
    FAIL() << "taken";
  } catch (const CLI::ParseError& error) {
    EXPECT_THAT(error.what(), testing::StartsWith("--delay: 'soon' is no duration"));
  }
}

TEST(Flags, AToggleIsSaidOrItsVariableSaysYesOrNo) {
  const auto value_of = [](const std::string& arguments, const char* variable) {
    if (variable != nullptr) ::setenv("ML_INFERENCE_SHOW", variable, 1);
    CLI::App app;
    bool shown = false;
    Flags(app).toggle("--show", shown, "whether to show");
    app.parse(arguments);
    ::unsetenv("ML_INFERENCE_SHOW");
    return shown;
  };
  EXPECT_FALSE(value_of("", nullptr));
  EXPECT_TRUE(value_of("--show", nullptr));
  for (const char* yes : {"yes", "true", "1"}) EXPECT_TRUE(value_of("", yes)) << yes;
  for (const char* no : {"no", "false", "0"}) EXPECT_FALSE(value_of("", no)) << no;
  EXPECT_TRUE(value_of("--show", "no")) << "the flag wins";
  EXPECT_THROW(value_of("", "maybe"), CLI::ParseError);
  ::unsetenv("ML_INFERENCE_SHOW");
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
