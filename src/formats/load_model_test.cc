// SPDX-License-Identifier: MIT
#include "formats/load_model.h"

#include "base/digest.h"
#include "formats/limits.h"
#include "formats/onnx/testing/onnx_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace ml_inference {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// A file in the test's own temporary folder, removed at the end.
class File {
 public:
  explicit File(const std::string& bytes)
      : path_(fs::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  ~File() { fs::remove(path_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

void expect_refusal(const Result<Model>& model, Code code, const std::string& message) {
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, code);
  EXPECT_THAT(model.error().message, HasSubstr(message));
}

TEST(LoadModel, ReadsAFileByItsFirstBytesWhateverItsName) {
  const File file(testing::small_classifier().SerializeAsString());
  const Result<Model> model = load_model_file(file.path());
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->provenance().format, "onnx");
  EXPECT_EQ(model->provenance().producer, "a test");
  EXPECT_EQ(model->provenance().sha256,
            sha256_text(testing::small_classifier().SerializeAsString()));
}

TEST(LoadModel, NamesTheSourceAndTheKnownFormats) {
  const Result<Model> model = load_model("\x81\x04\x95", "model.bin");
  expect_refusal(
      model, Code::unimplemented,
      "model.bin: the file begins with 81 04 95, expected a model (onnx, pickle, skops, xgboost, "
      "lightgbm)");
}

TEST(LoadModel, RefusesAnEmptyFile) {
  const File file("");
  expect_refusal(load_model_file(file.path()), Code::invalid_argument,
                 ": the file is empty, expected a model (onnx, pickle, skops, xgboost, lightgbm)");
}

TEST(LoadModel, RefusesAFileThatDoesNotExist) {
  expect_refusal(load_model_file("/no/such/model.onnx"), Code::not_found,
                 "/no/such/model.onnx: no such file, expected a model");
}

TEST(LoadModel, RefusesADirectory) {
  expect_refusal(load_model_file(::testing::TempDir()), Code::invalid_argument,
                 "is a directory, expected a model file");
}

TEST(LoadModel, RefusesWhatIsNoFile) {
  expect_refusal(load_model_file("/dev/null"), Code::invalid_argument,
                 "/dev/null: is not a regular file, expected a model file");
}

TEST(LoadModel, RefusesAFileAboveTheLimitWithoutReadingIt) {
  const File file("");
  fs::resize_file(file.path(), kModelFileSizeMax + 1);  // takes no room on the disk
  expect_refusal(load_model_file(file.path()), Code::resource_exhausted,
                 "the file has 1073741825 bytes, expected at most 1073741824");
}

TEST(LoadModel, TellsAFormatByTheFirstBytes) {
  EXPECT_EQ(model_format("tree\nversion=v3\n"), "lightgbm");
  EXPECT_EQ(model_format("PK\x03\x04"), "skops");
  EXPECT_EQ(model_format("\x80\x04"), "pickle");
  EXPECT_EQ(model_format(R"({"learner":{)"), "xgboost");
  EXPECT_EQ(model_format("{\"labels\": 1}"), "");
  EXPECT_EQ(model_format(""), "");
}

}  // namespace
}  // namespace ml_inference
