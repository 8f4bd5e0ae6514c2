// SPDX-License-Identifier: MIT
#include "serving/repository/repository_models.h"

#include "base/digest.h"
#include "serving/repository/testing/repository_fixture.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <utility>

namespace ml_inference {
namespace {

using ::testing::AllOf;
using testing::constant_model;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::RepositoryTest;

TEST_F(RepositoryTest, ServesTheNewestVersionOfEachModel) {
  folder_.put("a/1/m.onnx", constant_model(1));
  folder_.put("a/2/m.onnx", constant_model(2));
  folder_.put("b/7/m.onnx", constant_model(7));
  look();
  EXPECT_THAT(states(), ElementsAre("a/2 available", "b/7 available"));
  EXPECT_EQ(answer({.name = "a"}), 2);
  EXPECT_EQ(answer({.name = "b"}), 7);
  EXPECT_TRUE(models().first_fault());
  EXPECT_EQ(readiness_.status(), "ready");
}

TEST_F(RepositoryTest, IsReadyWithoutAModel) {
  look();
  EXPECT_EQ(readiness_.status(), "ready");
  EXPECT_TRUE(models().first_fault());
}

TEST_F(RepositoryTest, AnswersWithTheDefaultModel) {
  options_.default_model = "b";
  folder_.put("a/1/m.onnx", constant_model(1));
  folder_.put("b/1/m.onnx", constant_model(2));
  look();
  EXPECT_EQ(answer(), 2);
}

TEST_F(RepositoryTest, MovesToANewVersionAndBackWhenItIsRemoved) {
  folder_.put("m/1/m.onnx", constant_model(1));
  look();
  const auto old = readiness_.catalog();
  folder_.put("m/2/m.onnx", constant_model(2));
  look();
  EXPECT_EQ(answer(), 2);
  EXPECT_THAT(states(), ElementsAre("m/2 available"));
  EXPECT_EQ(answer_of(*old->select({})->version->model), 1);  // who began with it ends with it
  folder_.remove("m/2");
  look();
  EXPECT_EQ(answer(), 1);
  EXPECT_THAT(states(), ElementsAre("m/1 available"));
}

TEST_F(RepositoryTest, KeepsTheOldVersionWhenTheNewOneIsBroken) {
  folder_.put("m/1/m.onnx", constant_model(1));
  look();
  folder_.put("m/2/m.onnx", "no model");
  look();
  EXPECT_EQ(answer(), 1);
  EXPECT_THAT(states(), ElementsAre("m/1 available", HasSubstr("m/2 failed: ")));
  EXPECT_EQ(failure_count("m"), 1);
  look();
  EXPECT_EQ(failure_count("m"), 1);  // a file that is as it was is not tried again
  EXPECT_EQ(readiness_.status(), "ready");
  folder_.put("m/2/m.onnx", constant_model(2));
  look();
  EXPECT_THAT(states(), ElementsAre("m/2 available"));
}

TEST_F(RepositoryTest, ReloadsAFileThatIsReplacedAndKeepsItWhenTheNextIsBroken) {
  folder_.put("m/1/m.onnx", constant_model(1));
  look();
  const auto statistics = readiness_.catalog()->find("m")->versions[0].statistics;
  folder_.put("m/1/m.onnx", constant_model(5));
  look();
  EXPECT_EQ(answer(), 5);
  EXPECT_EQ(readiness_.catalog()->find("m")->versions[0].statistics, statistics);
  folder_.put("m/1/m.onnx", "broken");
  look();
  EXPECT_EQ(answer(), 5);
  EXPECT_THAT(states(), ElementsAre(HasSubstr("m/1 available: its files of now are refused")));
}

TEST_F(RepositoryTest, FollowsTheLinkOfAMountedConfigMap) {
  folder_.put("..1/model.onnx", constant_model(1));
  folder_.put("..2/model.onnx", constant_model(2));
  folder_.link("..1", "..data");
  folder_.link("..data/model.onnx", "model.onnx");
  options_.own_name = "iris";
  look();
  EXPECT_EQ(answer({.name = "iris", .version = "1"}), 1);
  folder_.link("..2", "..data");
  look();
  EXPECT_EQ(answer(), 2);
}

TEST_F(RepositoryTest, WaitsForFilesThatAreInMotion) {
  options_.settle_pause = std::chrono::hours(1);
  folder_.put("m/1/m.onnx", constant_model(1));
  EXPECT_TRUE(models().look({}));
  EXPECT_TRUE(std::isnan(answer()));
  EXPECT_EQ(readiness_.status(), "loading m");
  folder_.put("m/1/m.onnx", constant_model(2));
  EXPECT_TRUE(models().look({}));  // another file than at the last look
  EXPECT_FALSE(models().look({}));
  EXPECT_EQ(answer(), 2);
}

TEST_F(RepositoryTest, WaitsForTheFilesOfAnEmptyFolder) {
  folder_.make_folder("m/1");
  look();
  EXPECT_THAT(states(),
              ElementsAre("m/1 loading: " + folder_.at("m/1") + " has no model file yet"));
  EXPECT_EQ(failure_count("m"), 0);
  folder_.put("m/1/m.onnx", constant_model(1));
  look();
  EXPECT_EQ(answer(), 1);
  EXPECT_THAT(states(), ElementsAre("m/1 available"));
}

TEST_F(RepositoryTest, ForgetsAModelWhoseFolderStaysAway) {
  folder_.put("m/1/m.onnx", constant_model(1));
  look();
  folder_.remove("m");
  EXPECT_TRUE(models().look({}));
  EXPECT_EQ(answer(), 1);  // a folder that is swapped is missing for a moment
  look();
  EXPECT_THAT(states(), IsEmpty());
  EXPECT_TRUE(std::isnan(answer()));
}

TEST_F(RepositoryTest, KeepsAllWhenTheRootCannotBeRead) {
  folder_.put("all/m/1/m.onnx", constant_model(1));
  options_.root = folder_.at("all");
  look();
  folder_.remove("all");
  look();
  look();
  EXPECT_EQ(answer(), 1);
  EXPECT_EQ(models().first_fault().error().code, Code::not_found);
}

TEST_F(RepositoryTest, ChecksTheDigestBesideAFile) {
  folder_.put("m/1/m.onnx.sha256", sha256_text("another"));
  folder_.put("m/1/m.onnx", constant_model(1));
  look();
  EXPECT_THAT(states(), ElementsAre(HasSubstr("expected " + sha256_text("another"))));
  EXPECT_THAT(readiness_.status(), HasSubstr("model failed: "));
  EXPECT_EQ(models().first_fault().error().code, Code::invalid_argument);
  folder_.put("m/1/m.onnx.sha256", sha256_text(constant_model(1)) + "  m.onnx\n");
  look();
  EXPECT_EQ(answer(), 1);
}

TEST_F(RepositoryTest, AsksForGoldenRows) {
  doors_.verify = [](const ServedModel& model, const std::string& path) -> Result<std::string> {
    EXPECT_THAT(path, HasSubstr("m.onnx"));
    if (answer_of(model) == 2) return fail(Code::data_loss, "1 row differs");
    return "1 row equal";
  };
  folder_.put("m/1/m.onnx", constant_model(1));
  look();
  folder_.put("m/2/m.onnx", constant_model(2));
  look();
  EXPECT_THAT(states(), ElementsAre("m/1 available", "m/2 failed: 1 row differs"));
}

TEST_F(RepositoryTest, DiscardsWhatChangedWhileItWasRead) {
  bool changes = true;
  doors_.verify = [&](const ServedModel&, const std::string&) -> Result<std::string> {
    if (std::exchange(changes, false)) folder_.put("m/1/m.onnx", constant_model(2));
    return "";
  };
  folder_.put("m/1/m.onnx", constant_model(1));
  EXPECT_TRUE(models().look({}));
  EXPECT_TRUE(std::isnan(answer()));
  look();
  EXPECT_EQ(answer(), 2);
}

TEST_F(RepositoryTest, RefusesWhatDoesNotFitIntoMemoryUntilItDoes) {
  std::uint64_t left = 1 << 20;
  doors_.memory_left = [&] { return std::optional(left); };
  folder_.put("m/1/m.onnx", constant_model(1));
  look();
  EXPECT_THAT(states(), ElementsAre(HasSubstr("failed: needs about 9 MiB of memory while it loads "
                                              "(a file of")));
  left -= 1;
  look();
  EXPECT_EQ(failure_count("m"), 1);
  left = 1 << 30;
  look();
  EXPECT_EQ(answer(), 1);
}

TEST_F(RepositoryTest, ReadsPolicyNamesAndLabels) {
  for (int version = 1; version <= 4; ++version) {
    folder_.put(fmt::format("m/{}/m.onnx", version), constant_model(version));
  }
  folder_.put("m/config.pbtxt",
              "version_policy { latest { num_versions: 2 } }\n"
              "input { name: 'input__0' } dynamic_batching { }");
  folder_.put("m/version_labels.json", R"({"stable": 1, "canary": 4, "default": 3})");
  look();
  EXPECT_THAT(states(), ElementsAre("m/1 available", "m/3 available", "m/4 available"));
  EXPECT_EQ(answer(), 3);
  EXPECT_EQ(answer({.label = "stable"}), 1);
  EXPECT_EQ(answer({.label = "canary"}), 4);
  EXPECT_EQ(readiness_.catalog()->find("m")->tensor_names.input, "input__0");
  folder_.put("m/version_labels.json", R"({"stable": 4})");
  look();
  EXPECT_THAT(states(), ElementsAre("m/3 available", "m/4 available"));
  EXPECT_EQ(answer(), 4);
}

TEST_F(RepositoryTest, LoadsNothingWhileItsConfigIsRefused) {
  folder_.put("m/1/m.onnx", constant_model(1));
  folder_.put("m/config.pbtxt", "name: 'another'");
  look();
  EXPECT_THAT(states(), ElementsAre(HasSubstr("m/1 failed: ")));
  EXPECT_THAT(readiness_.status(), HasSubstr("name is 'another', expected 'm' or none"));
  folder_.put("m/config.pbtxt", "name: 'm'");
  look();
  EXPECT_EQ(answer(), 1);
  folder_.put("m/config.pbtxt", "{");
  look();
  EXPECT_EQ(answer(), 1);
  EXPECT_EQ(failure_count("m"), 2);
}

TEST_F(RepositoryTest, SaysOfAVersionThatAnswersThatItsConfigOfNowIsRefused) {
  folder_.put("m/1/m.onnx", constant_model(1));
  look();
  folder_.put("m/config.pbtxt", "{");
  look();
  EXPECT_EQ(answer(), 1);
  EXPECT_THAT(states(),
              ElementsAre(HasSubstr("m/1 available: its configuration of now is refused: " +
                                    folder_.at("m/config.pbtxt"))));
  const Result<ChosenModel> chosen = readiness_.catalog()->select({.name = "m"});
  EXPECT_THAT(chosen.value().version->reason, HasSubstr("its configuration of now is refused"));
  EXPECT_EQ(models().load("m", {}).error().code, Code::invalid_argument);
  folder_.put("m/2/m.onnx", "broken");
  look();
  EXPECT_THAT(states().back(),
              AllOf(HasSubstr("the file begins with"), HasSubstr("; its configuration of now")));
  folder_.remove("m/2");
  folder_.put("m/config.pbtxt", "");
  look();
  EXPECT_THAT(states(), ElementsAre("m/1 available"));
}

TEST_F(RepositoryTest, SaysThatAVersionThatIsWantedIsNotThere) {
  options_.policy = parse_version_policy("1,5").value();
  folder_.put("m/1/m.onnx", constant_model(1));
  look();
  EXPECT_THAT(states(), ElementsAre("m/1 available", HasSubstr("m/5 failed: ")));
}

TEST_F(RepositoryTest, StandsHostileFolders) {
  ASSERT_EQ(::mkdir(folder_.at("m").c_str(), 0700), 0);
  folder_.link("m", "m/1");
  folder_.make_folder("m/2");
  ASSERT_EQ(::mkfifo(folder_.at("m/2/m.onnx").c_str(), 0600), 0);
  folder_.make_folder("m/3");
  folder_.link("/dev/zero", "m/3/m.onnx");
  folder_.put("big/1/m.onnx", "");
  std::filesystem::resize_file(folder_.at("big/1/m.onnx"), std::uintmax_t{1} << 40);
  options_.policy.kind = VersionPolicy::Kind::all;
  look();
  EXPECT_THAT(states(), ::testing::Contains(HasSubstr("expected at most 1073741824")));
  EXPECT_THAT(states(), ::testing::Contains(HasSubstr("m/2 has no model file")));
  EXPECT_TRUE(std::isnan(answer({.name = "m"})));
}

TEST_F(RepositoryTest, WaitsOnlyForModelsOfTheStart) {
  options_.optional = {"b"};
  folder_.put("a/1/m.onnx", constant_model(1));
  folder_.put("b/1/m.onnx", "broken");
  look();
  EXPECT_EQ(readiness_.status(), "ready");
  folder_.put("c/1/m.onnx", "broken");
  look();
  EXPECT_EQ(readiness_.status(), "ready");
}

TEST_F(RepositoryTest, GivesBackMemoryWhenTheLastRequestHasEnded) {
  int count = 0;
  doors_.give_back_memory = [&] { ++count; };
  folder_.put("m/1/m.onnx", constant_model(1));
  look();
  auto old = readiness_.catalog();
  folder_.put("m/2/m.onnx", constant_model(2));
  look();
  EXPECT_TRUE(models().give_back_memory());
  count = 0;
  old.reset();
  EXPECT_FALSE(models().give_back_memory());
  EXPECT_EQ(count, 1);
}

TEST(LoadMemory, SetsMoreAsideForWhatMayBeCompressed) {
  const std::size_t size = 100 << 20;
  EXPECT_EQ(load_memory_bytes("tree\n", size), (8 << 20) + 3 * size);
  EXPECT_EQ(load_memory_bytes("\x80\x04", size), (8 << 20) + 3 * size);
  EXPECT_EQ(load_memory_bytes("PK\x03\x04", size), (8 << 20) + 6 * size);
  EXPECT_EQ(load_memory_bytes("?", size), (8 << 20) + 6 * size);
}

}  // namespace
}  // namespace ml_inference
