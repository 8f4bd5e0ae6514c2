// SPDX-License-Identifier: MIT
// What LightGBM itself answered, beside the sums of a plain walk over what the reader read: equal
// to the last bit. tools/golden/lightgbm_golden.py made tests/golden/lightgbm.
#include "base/number_text.h"
#include "formats/lightgbm/reader.h"
#include "formats/lightgbm/testing/golden_files.h"
#include "formats/lightgbm/testing/oracle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

fs::path golden_dir() { return fs::path(ML_INFERENCE_SOURCE_DIR) / "tests/golden/lightgbm"; }

class LightgbmGolden : public ::testing::TestWithParam<std::string> {
 protected:
  LightgbmGolden()
      : text_(testing::file_text(golden_dir() / (GetParam() + ".txt"))),
        about_(testing::exact_json(testing::file_text(golden_dir() / (GetParam() + ".json")))) {}

  // Rows as numbers, columns of categories as their codes.
  std::vector<std::vector<double>> rows(const LightgbmFile& file) const {
    std::map<std::size_t, const std::vector<LightgbmCategory>*> categories;
    for (const json::value& column : about_.at("pandas_columns").as_array()) {
      const std::size_t place = categories.size();
      categories[column.to_number<std::size_t>()] = &file.pandas_categorical.at(place);
    }
    std::vector<std::vector<double>> rows;
    for (const json::value& entry : about_.at("rows").as_array()) {
      std::vector<double>& row = rows.emplace_back();
      for (const json::value& value : entry.as_array()) {
        const auto column = categories.find(row.size());
        row.push_back(column == categories.end()
                          ? testing::number_of(value)
                          : testing::lightgbm_category_code(*column->second, value));
      }
    }
    return rows;
  }

  std::string text_;
  json::value about_;
};

TEST_P(LightgbmGolden, GivesTheSumsOfTheLibraryToTheLastBit) {
  const LightgbmFile file = read_lightgbm_file(text_);
  const std::vector<double> theirs =
      testing::numbers_of(about_.at("answers").at("scores").as_array());
  std::vector<double> ours;
  for (const std::vector<double>& row : rows(file)) {
    for (const double score : testing::lightgbm_raw_scores(file, row)) ours.push_back(score);
  }
  ASSERT_EQ(ours.size(), theirs.size());
  for (std::size_t at = 0; at < ours.size(); ++at) {
    EXPECT_EQ(number_text(ours[at]), number_text(theirs[at])) << "score " << at;
  }
}

TEST_P(LightgbmGolden, SaysWhatTheLibrarySays) {
  const LightgbmFile file = read_lightgbm_file(text_);
  ASSERT_EQ(file.features.size(), about_.at("width").to_number<std::size_t>());
  for (std::size_t feature = 0; feature < file.features.size(); ++feature) {
    EXPECT_EQ(file.features[feature].name, about_.at("features").at(feature).as_string());
  }
}

INSTANTIATE_TEST_SUITE_P(All, LightgbmGolden,
                         ::testing::ValuesIn(testing::lightgbm_golden_names(golden_dir())),
                         [](const auto& name) { return testing::test_name(name.param); });

}  // namespace
}  // namespace ml_inference
