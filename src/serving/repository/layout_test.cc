// SPDX-License-Identifier: MIT
#include "serving/repository/layout.h"

#include "serving/repository/testing/temporary_folder.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace ml_inference {
namespace {

using testing::constant_model;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TemporaryFolder;

// "name: 1 2" of each model.
std::vector<std::string> models_in(const TemporaryFolder& folder, std::string_view own = "") {
  std::vector<std::string> out;
  const RepositoryLayout layout = read_layout(folder.path(), own).value();
  for (const ModelFolder& model : layout.models) {
    out.push_back(model.name + ":");
    for (const VersionFolder& version : model.versions) {
      out.back() += fmt::format(" {}", version.number);
    }
  }
  return out;
}

std::string model_file(const TemporaryFolder& folder) {
  const auto file = find_model_file(folder.path(), stamp_files(folder.path()).value());
  return file ? file->name : file.error().message;
}

TEST(Layout, FindsModelsAndTheirVersions) {
  const TemporaryFolder folder;
  folder.make_folder("b/10");
  folder.make_folder("b/9");
  folder.make_folder("a/1");
  folder.put("c/config.pbtxt", "");
  folder.put("README.md", "hello");
  EXPECT_THAT(models_in(folder), ElementsAre("a: 1", "b: 9 10", "c:"));
}

TEST(Layout, SkipsNamesThatAreNoVersionsAndTellsOfThem) {
  const TemporaryFolder folder;
  folder.make_folder("m/01");
  folder.make_folder("m/v2");
  folder.make_folder("m/0");
  folder.make_folder("m/99999999999999999999");
  folder.make_folder("m/3");
  folder.make_folder("lost+found");
  folder.make_folder("new\nline/1");
  EXPECT_THAT(models_in(folder), ElementsAre("m: 3"));
  EXPECT_THAT(
      read_layout(folder.path(), "").value().skipped,
      ElementsAre("lost+found is no model: it has no version", HasSubstr("m/0 is no version"),
                  HasSubstr("m/01 is no version"),
                  HasSubstr("m/99999999999999999999 is no version"),
                  HasSubstr("m/v2 is no version"), HasSubstr("new\\nline can be no model's name")));
}

TEST(Layout, TakesAFolderOfVersionsForOneModel) {
  const TemporaryFolder folder;
  folder.put("2/model.onnx", constant_model(1));
  folder.make_folder("notes");
  EXPECT_THAT(models_in(folder, "iris"), ElementsAre("iris: 2"));
}

TEST(Layout, TakesAFolderWithAModelFileForVersionOne) {
  const TemporaryFolder folder;
  folder.make_folder("..2026");
  folder.put("..2026/model.onnx", constant_model(1));
  folder.link("..2026", "..data");
  folder.link("..data/model.onnx", "model.onnx");
  EXPECT_THAT(models_in(folder, "iris"), ElementsAre("iris: 1"));
  EXPECT_EQ(model_file(folder), "model.onnx");
}

TEST(Layout, NamesTheOnlyModelByItsFolder) {
  const TemporaryFolder folder;
  folder.put("wine/1/m.onnx", constant_model(1));
  EXPECT_EQ(read_layout(folder.at("wine"), "").value().models.front().name, "wine");
  EXPECT_EQ(read_layout(folder.at("wine/"), "").value().models.front().name, "wine");
}

TEST(Layout, SaysWhyAFolderCannotBeRead) {
  EXPECT_EQ(read_layout("/no/such/folder", "").error().code, Code::not_found);
  EXPECT_EQ(read_layout("/dev/null", "").error().code, Code::invalid_argument);
}

TEST(Layout, StopsAtTooManyEntries) {
  const TemporaryFolder folder;
  for (std::size_t file = 0; file < kFolderEntryCountMax; ++file) {
    ::close(::open(folder.at(std::to_string(file)).c_str(), O_CREAT | O_WRONLY, 0600));
  }
  EXPECT_EQ(stamp_files(folder.path()).value().size(), kFolderEntryCountMax);
  folder.put("one more", "");
  EXPECT_EQ(stamp_files(folder.path()).error().code, Code::resource_exhausted);
}

TEST(Layout, SkipsWhatIsNoFile) {
  const TemporaryFolder folder;
  folder.link("circle", "circle");
  folder.link("nowhere", "lost");
  folder.link("/dev/zero", "device");
  ASSERT_EQ(::mkfifo(folder.at("pipe").c_str(), 0600), 0);
  folder.make_folder("assets.extra");
  folder.put(".hidden.onnx", constant_model(1));
  EXPECT_THAT(stamp_files(folder.path()).value(), IsEmpty());
  folder.link(".", "here");
  EXPECT_THAT(models_in(folder), IsEmpty());
}

TEST(Layout, FindsTheModelByItsFirstBytes) {
  const TemporaryFolder folder;
  folder.put("anything.bin", constant_model(1));
  folder.put("labels.txt", "a\nb\n");
  folder.put("anything.bin.rows.jsonl", "{}");
  folder.put("anything.bin.sha256", "00");
  folder.put("metadata.json", "{\"a\": 1}");
  folder.put("conda.yaml", "channels:\n- conda-forge\n");
  EXPECT_EQ(model_file(folder), "anything.bin");
}

TEST(Layout, NamesTwoModelFiles) {
  const TemporaryFolder folder;
  folder.put("a.onnx", constant_model(1));
  folder.put("b.onnx", constant_model(2));
  EXPECT_THAT(model_file(folder), HasSubstr("two model files, a.onnx and b.onnx, expected one"));
}

TEST(Layout, SaysThatNoFileIsAModel) {
  const TemporaryFolder folder;
  EXPECT_THAT(model_file(folder), HasSubstr("has 0 files, none of which begins like a model"));
  folder.put("a.txt", "hello");
  EXPECT_EQ(model_file(folder), "a.txt");  // its reader says what is wrong
  folder.put("b.txt", "hello");
  EXPECT_THAT(model_file(folder), HasSubstr("has 2 files, none of which begins like a model"));
}

TEST(Layout, SeesThatAFileIsAnother) {
  const TemporaryFolder folder;
  folder.put("m", "same size");
  const FileStamps before = stamp_files(folder.path()).value();
  EXPECT_EQ(before, stamp_files(folder.path()).value());
  folder.put("m", "size same");
  EXPECT_NE(before, stamp_files(folder.path()).value());
}

TEST(Layout, KnowsNamesOfModels) {
  EXPECT_TRUE(is_model_name("iris-v2.1_a+b@c=d"));
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string("a/b"), std::string("a:b"),
        std::string("a b"), std::string(129, 'a'), std::string("a\0b", 3)}) {
    EXPECT_FALSE(is_model_name(name)) << name;
  }
}

}  // namespace
}  // namespace ml_inference
