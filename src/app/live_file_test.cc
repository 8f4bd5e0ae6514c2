// SPDX-License-Identifier: MIT
#include "app/live_file.h"

#include "telemetry/exposition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <unistd.h>

namespace ml_inference {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class LiveFileTest : public testing::Test {
 protected:
  ~LiveFileTest() override {
    std::error_code error;
    std::filesystem::remove(path, error);
  }

  void put(const std::string& text) const { std::ofstream(path) << text; }

  std::string log_text() {
    log.flush(std::chrono::seconds(30));
    std::string bytes(1 << 16, '\0');
    std::rewind(log_file.get());
    bytes.resize(std::fread(bytes.data(), 1, bytes.size(), log_file.get()));
    return bytes;
  }

  [[nodiscard]] std::string metrics_text() const {
    return render_exposition(metrics.collect(), ExpositionFormat::prometheus_text);
  }

  struct CloseFile {
    void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
  };

  const std::string path =
      std::filesystem::temp_directory_path() / ("live_file_test." + std::to_string(::getpid()));
  std::unique_ptr<std::FILE, CloseFile> log_file{std::tmpfile()};
  JsonLog log{::fileno(log_file.get())};
  Metrics metrics;
  std::string in_force = "nothing";
  LiveFile file{"token",
                path,
                1024,
                [this](std::string_view text) -> Result<std::string> {
                  if (text == "bad") return fail(Code::invalid_argument, "line 1: is bad");
                  in_force = text;
                  return std::to_string(text.size()) + " bytes";
                },
                log,
                metrics};
};

TEST_F(LiveFileTest, BringsEachContentIntoForce) {
  put("one");
  ASSERT_TRUE(file.load().has_value());
  EXPECT_EQ(in_force, "one");
  file.look();
  put("three");
  file.look();
  file.look();
  EXPECT_EQ(in_force, "three");
  EXPECT_THAT(metrics_text(),
              AllOf(HasSubstr("settings_reloads_total{file=\"token\",result=\"success\"} 1\n"),
                    HasSubstr("settings_reloads_total{file=\"token\",result=\"failure\"} 0\n")));
  EXPECT_THAT(log_text(), AllOf(HasSubstr("Read the token file: 3 bytes"),
                                HasSubstr("Read the token file again: 5 bytes")));
}

TEST_F(LiveFileTest, RefusesAtStartWhatItCannotRead) {
  const auto missing = file.load();
  ASSERT_FALSE(missing.has_value());
  EXPECT_THAT(missing.error().message, HasSubstr(path + ": cannot be read"));
  put("bad");
  LiveFile other(
      "config", path, 1024,
      [](std::string_view) -> Result<std::string> {
        return fail(Code::invalid_argument, "line 1: is bad");
      },
      log, metrics);
  EXPECT_EQ(other.load().error().message, path + ": line 1: is bad");
}

TEST_F(LiveFileTest, KeepsWhatIsInForceWhenAChangeIsRefusedAndSaysSoOnce) {
  put("one");
  ASSERT_TRUE(file.load().has_value());
  put("bad");
  file.look();
  file.look();
  EXPECT_EQ(in_force, "one");
  EXPECT_THAT(metrics_text(), HasSubstr("{file=\"token\",result=\"failure\"} 1\n"));
  std::filesystem::remove(path);
  file.look();
  file.look();
  EXPECT_EQ(in_force, "one");
  EXPECT_THAT(metrics_text(), HasSubstr("{file=\"token\",result=\"failure\"} 2\n"));
  EXPECT_THAT(log_text(),
              AllOf(HasSubstr("is refused, what was in force stays: " + path + ": line 1: is bad"),
                    HasSubstr("WARNING"), Not(HasSubstr("ERROR"))));
  put("one");
  file.look();
  EXPECT_THAT(metrics_text(), HasSubstr("{file=\"token\",result=\"success\"} 1\n"));
}

}  // namespace
}  // namespace ml_inference
