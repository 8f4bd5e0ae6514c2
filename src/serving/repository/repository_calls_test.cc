// SPDX-License-Identifier: MIT
// What clients ask of a repository's models.
#include "base/digest.h"
#include "serving/repository/repository_models.h"
#include "serving/repository/testing/repository_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ml_inference {
namespace {

using testing::constant_model;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RepositoryTest;

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
  const Error refused = models().load("b", {}).error();
  EXPECT_THAT(refused.message, HasSubstr("its files of now are refused"));
  EXPECT_EQ(refused.code, Code::invalid_argument) << "trying again does not help";
  EXPECT_EQ(answer({.name = "b"}), 2);
}

// The fallback of a rollback: what is removed goes, though somebody has chosen it.
TEST_F(RepositoryTest, LetsGoTheDefaultVersionWhoseFolderIsRemoved) {
  folder_.put("m/1/m.onnx", constant_model(1));
  folder_.put("m/2/m.onnx", constant_model(2));
  look();
  ASSERT_TRUE(models().set_default("m", 2));
  folder_.remove("m/2");
  EXPECT_TRUE(models().look({}));
  EXPECT_EQ(answer(), 2);  // a folder that is swapped is missing for a moment
  look();
  EXPECT_EQ(answer(), 1);
  EXPECT_THAT(states(), ElementsAre("m/1 available"));
  folder_.put("m/2/m.onnx", constant_model(3));
  look();
  EXPECT_EQ(answer(), 3) << "it is the default still";
  folder_.remove("m/2");
  EXPECT_TRUE(models().load("m", {})) << "who asks to load says that the files are whole";
  EXPECT_EQ(answer(), 1);
}

TEST_F(ExplicitTest, ChangesNothingWhereAConfigIsRefused) {
  options_.allows_upload = true;
  const std::string refused =
      R"({"max_batch_size":2,"version_policy":{"specific":{"versions":[1,9]}}})";
  EXPECT_EQ(models().load("a", {.config_json = refused, .files = {}}).error().code,
            Code::invalid_argument);
  EXPECT_EQ(readiness_.catalog()->find("a")->tensor_names.row_count_max, std::nullopt);
  EXPECT_THAT(states(), Contains("a/1 available"));
  EXPECT_TRUE(models().load("a", {}));
}

TEST_F(ExplicitTest, SaysWhetherWhatIsUnloadedWasLoaded) {
  EXPECT_EQ(models().unload("a"), true);
  EXPECT_EQ(models().unload("a"), false);
}

TEST_F(ExplicitTest, LoadsOfWhatIsSentWhatThePolicyTakes) {
  options_.allows_upload = true;
  const auto load = [&](std::string config, bool is_damaged) {
    return models().load("new", {.config_json = std::move(config),
                                 .files = {{"1/m", is_damaged ? "broken" : constant_model(1)},
                                           {"2/m", constant_model(2)}}});
  };
  constexpr const char* kLatest = R"({"version_policy":{"latest":{"num_versions":1}}})";
  EXPECT_TRUE(load(kLatest, true)) << "version 1 is not wanted";
  EXPECT_THAT(states(), Contains("new/2 available"));
  EXPECT_THAT(states(), Not(Contains(HasSubstr("new/1"))));
  const auto missing = load(R"({"version_policy":{"specific":{"versions":[7]}}})", false);
  EXPECT_EQ(missing.error().message, "config: version_policy names version 7, which is not there");
  EXPECT_EQ(failure_count("new"), 1) << "what is refused is told in the metric";
  EXPECT_EQ(load(R"({"version_policy":{"specific":{"versions":[]}}})", false).error().message,
            "config: version_policy takes no version");
  EXPECT_FALSE(models().load("new", {.config_json = "{}", .files = {}}))
      << "there are no files to load again";
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
    if (loaded) return std::string("taken");
    EXPECT_EQ(loaded.error().code, Code::invalid_argument) << loaded.error().message;
    return loaded.error().message;
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
  EXPECT_THAT(refusal({{"1/m", good.substr(0, good.size() / 2)}}), HasSubstr("a/1/m: "));
  EXPECT_THAT(refusal({{"1/m", "\x89HDF\r\n\x1a\n"}}), HasSubstr("a/1/m: "));
  EXPECT_THAT(refusal({{"1/m", ""}}), HasSubstr("a/1/m: "));
  EXPECT_EQ(answer({.name = "a"}), 1);
  const auto ensemble =
      models().load("a", {.config_json = R"({"platform":"ensemble"})", .files = {{"1/m", good}}});
  EXPECT_EQ(ensemble.error().code, Code::invalid_argument);
  doors_.memory_left = [] { return std::optional<std::uint64_t>(1); };
  EXPECT_EQ(models().load("a", {.config_json = {}, .files = {{"1/m", good}}}).error().code,
            Code::resource_exhausted);
  doors_.memory_left = {};
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
  EXPECT_EQ(fault("x", "empty"), Code::not_found);
  EXPECT_EQ(fault("x", "broken"), Code::not_found) << "what is no model by its first bytes";
  folder_.put("damaged/1/m.onnx", constant_model(2).substr(0, 100));
  EXPECT_EQ(fault("x", "damaged"), Code::invalid_argument);
  folder_.make_folder("linked");
  folder_.link("/etc/hostname", "linked/m.onnx");
  EXPECT_EQ(fault("x", "linked"), Code::not_found);
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
