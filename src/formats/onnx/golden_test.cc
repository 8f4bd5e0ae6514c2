// SPDX-License-Identifier: MIT
// The files of tests/golden/onnx against the answers that onnxruntime gave for them: models of
// skl2onnx (skl_*), models put together for the rare cases (hand_*), and models that our own writer
// wrote (ours_*), which so are proven to be read by others without any of them being here. The
// files are made by tools/golden/onnx_golden.py.
#include "data/matrix.h"
#include "formats/load_model.h"
#include "formats/onnx/onnx.pb.h"
#include "formats/onnx/writer.h"
#include "model/forest_builder.h"
#include "model/testing/random_forest.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

fs::path golden_dir() { return fs::path(ML_INFERENCE_SOURCE_DIR) / "tests/golden/onnx"; }

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  return std::move(out).str();
}

float number_of(const json::value& value) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  if (value.is_null()) return std::numeric_limits<float>::quiet_NaN();
  if (value.is_string()) return value.as_string() == "Infinity" ? kInfinity : -kInfinity;
  return static_cast<float>(value.to_number<double>());
}

// The numbers of nested arrays, one after the other.
void append_numbers(const json::value& value, std::vector<float>& out) {
  if (!value.is_array()) return out.push_back(number_of(value));
  for (const json::value& item : value.as_array()) append_numbers(item, out);
}

std::vector<float> numbers_of(const json::value& value) {
  std::vector<float> out;
  append_numbers(value, out);
  return out;
}

std::vector<std::string> golden_names() {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(golden_dir())) {
    if (entry.path().extension() == ".onnx") names.push_back(entry.path().stem());
  }
  std::ranges::sort(names);
  return names;
}

// How far our score may be from onnxruntime's, which adds in float32 where a file has float32
// weights. Files of ours have float64 ones: there only the division of a classifier's sums is
// rounded twice.
double tolerance(const std::string& name, double score) {
  if (name.starts_with("ours_")) return std::abs(score) * std::numeric_limits<float>::epsilon();
  return 1e-6 * std::max(1.0, std::abs(score));
}

class OnnxGolden : public ::testing::TestWithParam<std::string> {
 protected:
  void compare(const Model& model, const json::value& answers) {
    const std::vector<float> values = numbers_of(answers.at("rows"));
    const std::size_t row_count = answers.at("rows").as_array().size();
    const std::vector<double> wide(values.begin(), values.end());
    const MatrixView<const double> rows(wide, row_count, model.schema().feature_count());
    std::vector<double> ours(row_count * model.schema().answer_width());
    Workspace workspace;
    model.estimator().predict(rows, ours, workspace);
    const bool is_classifier = model.schema().task() == Task::classification;
    const std::vector<float> theirs =
        numbers_of(answers.at(is_classifier ? "scores" : "predictions"));
    ASSERT_EQ(ours.size(), theirs.size());
    for (std::size_t index = 0; index < ours.size(); ++index) {
      const auto expected = static_cast<double>(theirs[index]);
      EXPECT_NEAR(static_cast<double>(static_cast<float>(ours[index])), expected,
                  tolerance(GetParam(), expected))
          << "value " << index;
    }
    if (is_classifier) compare_labels(model.schema(), ours, answers.at("labels").as_array());
  }

  static void compare_labels(const Schema& schema, const std::vector<double>& scores,
                             const json::array& labels) {
    const auto width = static_cast<std::ptrdiff_t>(schema.output_count());
    for (std::size_t row = 0; row < labels.size(); ++row) {
      const auto begin = scores.begin() + static_cast<std::ptrdiff_t>(row) * width;
      const auto best = static_cast<std::size_t>(std::max_element(begin, begin + width) - begin);
      const std::string label = label_text(schema.class_labels()[best]);
      const json::value& theirs = labels[row];
      EXPECT_EQ(label, theirs.is_string() ? std::string(theirs.as_string())
                                          : std::to_string(theirs.as_int64()))
          << "row " << row;
    }
  }
};

TEST_P(OnnxGolden, GivesTheAnswersOfOnnxruntime) {
  const Result<Model> model = load_model_file(golden_dir() / (GetParam() + ".onnx"));
  ASSERT_TRUE(model) << model.error().message;
  compare(*model, json::parse(read_file(golden_dir() / (GetParam() + ".json"))));
}

TEST_P(OnnxGolden, IsTheSameModelAfterWritingAndReading) {
  const Result<Model> model = load_model_file(golden_dir() / (GetParam() + ".onnx"));
  ASSERT_TRUE(model) << model.error().message;
  const Result<std::string> written = write_onnx(*model);
  ASSERT_TRUE(written) << written.error().message;
  const Result<Model> again = load_model(*written, "written");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(*again->only_forest() == *model->only_forest());
  EXPECT_TRUE(again->schema() == model->schema());
}

INSTANTIATE_TEST_SUITE_P(All, OnnxGolden, ::testing::ValuesIn(golden_names()),
                         [](const auto& name) { return name.param; });

struct OwnModel {
  const char* name;
  Schema schema;
  Aggregation aggregation;
};

std::vector<OwnModel> own_models() {
  const std::vector<std::string> names{"length (cm)", "width \"quoted\"",
                                       "gr\xC3\xB6\xC3\x9F"
                                       "e"};
  const std::vector<Label> texts{"setosa", "versicolor", "virginica"};
  const std::vector<Label> two_texts{"no", "yes"};
  const std::vector<Label> numbers{std::int64_t{-1}, std::int64_t{1}};
  const Schema classes{.feature_names = names,
                       .input = {.accepts_missing = true, .accepts_infinite = true},
                       .targets = {{.name = "species", .class_labels = texts}}};
  Schema two = classes;
  two.targets[0].class_labels = two_texts;
  Schema two_numbers = classes;
  two_numbers.targets[0].class_labels = numbers;
  Schema number = classes;
  number.targets[0].task = Task::regression;
  number.targets[0].class_labels = {};
  return {{"ours_three_texts_average", classes, Aggregation::average},
          {"ours_three_texts_sum", classes, Aggregation::sum},
          {"ours_two_texts_average", two, Aggregation::average},
          {"ours_two_numbers_sum", two_numbers, Aggregation::sum},
          {"ours_number_average", number, Aggregation::average},
          {"ours_number_sum", number, Aggregation::sum}};
}

Model make_own(const OwnModel& own) {
  Forest forest = testing::make_random_forest({.feature_count = own.schema.feature_count(),
                                               .output_count = own.schema.output_count(),
                                               .tree_count = 7,
                                               .depth = 4,
                                               .aggregation = own.aggregation},
                                              11);
  return make_model(own.schema, std::move(forest), {}).value();
}

// The version of the program that wrote a file is the one thing in it that may change.
std::string without_version(const std::string& bytes) {
  onnx::ModelProto file;
  file.ParseFromString(bytes);
  file.clear_producer_version();
  return file.SerializeAsString();
}

TEST(OnnxGoldenFiles, AreStillWhatTheWriterWrites) {
  for (const OwnModel& own : own_models()) {
    const std::string written = write_onnx(make_own(own)).value();
    const fs::path path = golden_dir() / (std::string(own.name) + ".onnx");
    if (std::getenv("ML_INFERENCE_UPDATE_GOLDEN") != nullptr) {
      std::ofstream(path, std::ios::binary) << written;
    }
    EXPECT_TRUE(without_version(written) == without_version(read_file(path)))
        << own.name << ": if the change is meant, run this test with ML_INFERENCE_UPDATE_GOLDEN=1, "
        << "then tools/golden/onnx_golden.py";
  }
}

}  // namespace
}  // namespace ml_inference
