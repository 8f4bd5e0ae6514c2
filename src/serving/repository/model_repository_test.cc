// SPDX-License-Identifier: MIT
#include "serving/repository/model_repository.h"

#include "base/digest.h"
#include "serving/repository/testing/temporary_folder.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <fcntl.h>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace ml_inference {
namespace {

using std::chrono::milliseconds;
using testing::constant_model;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TemporaryFolder;

// The models of a folder without a thread: each look is called for.
class RepositoryTest : public ::testing::Test {
 protected:
  RepositoryTest() : null_(::open("/dev/null", O_WRONLY)), log_(null_, {}) {
    options_.root = folder_.path();
    options_.settle_pause = milliseconds(0);
  }
  ~RepositoryTest() override { ::close(null_); }

  RepositoryModels& models() {
    if (!models_) {
      models_ = std::make_unique<RepositoryModels>(options_, doors_, readiness_, metrics_, log_);
    }
    return *models_;
  }

  // Looks until nothing is in motion.
  void look() {
    int count = 0;
    while (models().look({})) ASSERT_LT(++count, 10);
  }

  // "m/1 available", "m/2 failed: why" of each.
  std::vector<std::string> states() {
    std::vector<std::string> out;
    for (const RepositoryEntry& entry : models().entries()) {
      out.push_back(fmt::format("{}/{} {}{}{}", entry.name, entry.version.value_or(0),
                                version_state_name(entry.state), entry.reason.empty() ? "" : ": ",
                                entry.reason));
    }
    return out;
  }

  // What the choice answers, not a number where it does not.
  double answer(ModelChoice choice = {}) const {
    const auto catalog = readiness_.catalog();
    if (catalog == nullptr) return std::nan("");
    const auto chosen = catalog->select(choice);
    return chosen ? answer_of(*chosen->version->model) : std::nan("");
  }

  static double answer_of(const ServedModel& model) {
    PredictScratch scratch;
    return model.predict({.cells = {0}, .row_count = 1}, scratch)[0];
  }

  double failure_count(const std::string& model) {
    return metrics_.counter("model_load_failures_total", "", {{"model", model}}).Value();
  }

  TemporaryFolder folder_;
  RepositoryOptions options_;
  RepositoryDoors doors_;
  Readiness readiness_;
  Metrics metrics_;
  const int null_;
  JsonLog log_;
  std::unique_ptr<RepositoryModels> models_;
};

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
  EXPECT_EQ(models().first_fault().error().code, Code::unavailable);
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

TEST_F(RepositoryTest, RollsBackToAnEarlierVersionAtOnce) {
  folder_.put("m/1/m.onnx", constant_model(1));
  folder_.put("m/2/m.onnx", constant_model(2));
  look();
  ASSERT_TRUE(models().set_default("m", 1));
  EXPECT_EQ(answer(), 1);
  folder_.put("m/3/m.onnx", constant_model(3));
  look();
  EXPECT_EQ(answer(), 1);
  EXPECT_EQ(answer({.version = "3"}), 3);
  EXPECT_EQ(models().set_default("m", 9).error().code, Code::not_found);
  EXPECT_EQ(models().set_default("none", 1).error().code, Code::not_found);
  EXPECT_EQ(answer(), 1);
  ASSERT_TRUE(models().set_default("m", std::nullopt));
  look();
  EXPECT_EQ(answer(), 3);
  EXPECT_THAT(states(), ElementsAre("m/3 available"));
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

class ExplicitTest : public RepositoryTest {
 protected:
  ExplicitTest() {
    options_.mode = ControlMode::explicit_;
    options_.load_at_start = {"a"};
    folder_.put("a/1/m.onnx", constant_model(1));
    folder_.put("b/1/m.onnx", constant_model(2));
    look();
  }
};

TEST_F(ExplicitTest, LoadsWhatItIsToldTo) {
  EXPECT_THAT(states(), ElementsAre("a/1 available", "b/0 unavailable"));
  ASSERT_TRUE(models().load("b", {}));
  EXPECT_EQ(answer({.name = "b"}), 2);
  ASSERT_TRUE(models().unload("a"));
  EXPECT_THAT(states(), ElementsAre("a/0 unavailable", "b/1 available"));
  EXPECT_EQ(models().load("c", {}).error().code, Code::not_found);
  EXPECT_EQ(models().unload("c").error().code, Code::not_found);
  folder_.put("b/1/m.onnx", "broken");
  EXPECT_THAT(models().load("b", {}).error().message, HasSubstr("its files of now are refused"));
  EXPECT_EQ(answer({.name = "b"}), 2);
}

TEST_F(ExplicitTest, TakesAnUploadOnlyWhereThatIsAllowed) {
  const ModelUpload upload{.config_json = {}, .files = {{"3/m.onnx", constant_model(3)}}};
  EXPECT_EQ(models().load("new", upload).error().code, Code::unavailable);
  options_.allows_upload = true;
  ASSERT_TRUE(models().load("new", upload));
  EXPECT_EQ(answer({.name = "new", .version = "3"}), 3);
  ASSERT_TRUE(models().load("a", upload));
  EXPECT_EQ(answer({.name = "a"}), 3);
  ASSERT_TRUE(models().load("a", {}));  // the folder's again
  EXPECT_EQ(answer({.name = "a"}), 1);
  ASSERT_TRUE(models().unload("new"));
  EXPECT_TRUE(std::isnan(answer({.name = "new"})));
}

TEST_F(ExplicitTest, RefusesAnUploadThatIsNoModelAndChangesNothing) {
  options_.allows_upload = true;
  const auto refusal = [&](std::map<std::string, std::string> files) {
    const auto loaded = models().load("a", {.config_json = {}, .files = std::move(files)});
    return loaded ? "taken" : loaded.error().message;
  };
  const std::string good = constant_model(9);
  EXPECT_THAT(refusal({{"../m.onnx", good}}), HasSubstr("expected a version and a name"));
  EXPECT_THAT(refusal({{"1/../m.onnx", good}}), HasSubstr("expected a version and a name"));
  EXPECT_THAT(refusal({{"1/", good}}), HasSubstr("expected a version and a name"));
  EXPECT_THAT(refusal({{"m.onnx", good}}), HasSubstr("expected a version and a name"));
  EXPECT_THAT(refusal({{"1/.m", good}}), HasSubstr("expected a version and a name"));
  EXPECT_THAT(refusal({{"1/m", good}, {"1/n", good}}), HasSubstr("two files were sent"));
  EXPECT_THAT(refusal({{"1/m", good}, {"1/m.rows.jsonl", "{}"}}), HasSubstr("golden rows"));
  EXPECT_THAT(refusal({{"1/m", good}, {"1/m.sha256", sha256_text("x")}}), HasSubstr("SHA-256"));
  EXPECT_THAT(refusal({{"1/m", good}, {"2/m", "broken"}}), HasSubstr("a/2/m: "));
  EXPECT_EQ(answer({.name = "a"}), 1);
  EXPECT_EQ(models().load("a/b", {.config_json = {}, .files = {{"1/m", good}}}).error().code,
            Code::invalid_argument);
}

TEST_F(RepositoryTest, LeavesTheFolderItsWordInTheOtherModes) {
  folder_.put("a/1/m.onnx", constant_model(1));
  look();
  EXPECT_EQ(models().unload("a").error().code, Code::unavailable);
  EXPECT_TRUE(models().load("a", {}));  // look again
  options_.mode = ControlMode::none;
  EXPECT_EQ(models().load("a", {}).error().code, Code::unavailable);
  EXPECT_EQ(models().reload_all({}).error().code, Code::unavailable);
}

// Waits as the program does, without a folder's events: each wake() is one.
class Bell {
 public:
  bool wait(milliseconds limit) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, limit, [this] { return rings_ > 0; });
    return std::exchange(rings_, 0) > 0;
  }
  void ring() {
    const std::lock_guard lock(mutex_);
    ++rings_;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int rings_ = 0;
};

TEST_F(RepositoryTest, WorksOnAThreadOfItsOwn) {
  folder_.put("m/1/m.onnx", constant_model(1));
  folder_.put("m/2/m.onnx", constant_model(2));
  options_.poll_pause = std::chrono::hours(1);
  Bell bell;
  doors_.wait = [&](milliseconds limit, bool) { return bell.wait(limit); };
  doors_.wake = [&] { bell.ring(); };
  ModelRepository repository(options_, doors_, readiness_, metrics_, log_);
  ASSERT_TRUE(repository.start());
  EXPECT_EQ(answer(), 2);
  EXPECT_TRUE(repository.set_default("m", 1, {}));
  EXPECT_EQ(answer(), 1);
  folder_.put("m/3/m.onnx", constant_model(3));
  EXPECT_TRUE(repository.reload_all({}));
  EXPECT_EQ(answer({.version = "3"}), 3);
  EXPECT_EQ(repository.index().size(), 2);
  EXPECT_TRUE(repository.stop(std::chrono::seconds(20)));
  EXPECT_EQ(repository.load("m", {}, {}).error().code, Code::unavailable);
}

TEST_F(RepositoryTest, LeavesTheWaitWhenItsCallerDoes) {
  Bell bell;
  doors_.wait = [&](milliseconds limit, bool) { return bell.wait(limit); };
  doors_.wake = [&] { bell.ring(); };
  std::mutex held;
  doors_.verify = [&](const ServedModel&, const std::string&) -> Result<std::string> {
    const std::lock_guard lock(held);
    return "";
  };
  options_.poll_pause = std::chrono::hours(1);
  ModelRepository repository(options_, doors_, readiness_, metrics_, log_);
  ASSERT_TRUE(repository.start());
  folder_.put("m/1/m.onnx", constant_model(1));
  {
    const std::lock_guard lock(held);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(repository.reload_all(stop.get_token()).error().code, Code::deadline_exceeded);
  }
  EXPECT_TRUE(repository.stop(std::chrono::seconds(20)));
}

TEST_F(RepositoryTest, AddsModelsOfFoldersBelowUnderAnyName) {
  options_.mode = ControlMode::explicit_;
  folder_.put("1f2e/model/m.onnx", constant_model(2));
  look();
  const std::string url = folder_.at("1f2e/model");
  EXPECT_EQ(models().add("iris", url), true);
  EXPECT_EQ(answer({.name = "iris"}), 2);
  EXPECT_EQ(readiness_.catalog()->find("iris")->url, url);
  EXPECT_EQ(models().add("iris", url), false) << "it is loaded already";
  EXPECT_TRUE(models().load("other", {}).error().code == Code::not_found);
  EXPECT_EQ(answer({.name = "iris"}), 2) << "another look at the folder leaves it alone";
  EXPECT_TRUE(models().unload("iris"));
  EXPECT_TRUE(std::isnan(answer({.name = "iris"})));
  EXPECT_EQ(models().add("iris", url), true);
}

TEST_F(RepositoryTest, AddsNothingThatIsNotAllowed) {
  folder_.put("a/m.onnx", constant_model(2));
  folder_.put("two/one/1/m.onnx", constant_model(2));
  folder_.put("two/other/1/m.onnx", constant_model(2));
  folder_.put("broken/m.onnx", "nonsense");
  folder_.make_folder("empty");
  look();
  const auto fault = [&](const std::string& name, std::string_view below) {
    const auto added = models().add(name, folder_.at(below));
    return added ? std::optional<Code>() : added.error().code;
  };
  EXPECT_EQ(fault("x", "a"), Code::unavailable);
  options_.mode = ControlMode::explicit_;
  EXPECT_EQ(fault("../x", "a"), Code::invalid_argument);
  EXPECT_EQ(fault("x", ""), Code::invalid_argument);
  EXPECT_EQ(fault("x", "../a"), Code::invalid_argument);
  EXPECT_EQ(fault("x", "two"), Code::invalid_argument);
  EXPECT_EQ(fault("x", "nothing"), Code::not_found);
  EXPECT_NE(fault("x", "empty"), std::nullopt);
  EXPECT_NE(fault("x", "broken"), std::nullopt);
  folder_.make_folder("linked");
  folder_.link("/etc/hostname", "linked/m.onnx");
  EXPECT_EQ(fault("x", "linked"), Code::invalid_argument);
  doors_.memory_left = [] { return std::optional<std::uint64_t>(1); };
  EXPECT_EQ(fault("x", "a"), Code::resource_exhausted);
  EXPECT_EQ(readiness_.catalog()->find("x"), nullptr);
  doors_.memory_left = {};
  EXPECT_EQ(fault("x", "a"), std::nullopt) << "a failure leaves nothing behind";
}

TEST_F(RepositoryTest, WaitsForClientsToBringModelsWhereThereIsNoFolderYet) {
  options_.root = folder_.at("later");
  options_.mode = ControlMode::explicit_;
  look();
  EXPECT_TRUE(models().first_fault());
  EXPECT_NE(readiness_.catalog(), nullptr);
  folder_.put("later/a/m.onnx", constant_model(3));
  EXPECT_EQ(models().add("x", folder_.at("later/a")), true);
}

}  // namespace
}  // namespace ml_inference
