// SPDX-License-Identifier: MIT
// The files of tests/golden/xgboost, written by many versions of XGBoost, against the answers that
// each gave after it had read its file again: what is read has to give their margins to the last
// bit. The files are made by tools/golden/xgboost_golden.py.
#include "formats/xgboost/reader.h"
#include "formats/xgboost/testing/xgboost_oracle.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cctype>
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

fs::path golden_dir() { return fs::path(ML_INFERENCE_SOURCE_DIR) / "tests/golden/xgboost"; }

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  return std::move(out).str();
}

// "2.1.4/multi_softprob", for each file with answers.
std::vector<std::string> golden_names() {
  constexpr std::string_view kEnd = ".expected.json";
  std::vector<std::string> names;
  if (!fs::exists(golden_dir())) return names;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(golden_dir())) {
    const std::string name = fs::relative(entry.path(), golden_dir()).string();
    if (name.ends_with(kEnd)) names.push_back(name.substr(0, name.size() - kEnd.size()));
  }
  std::ranges::sort(names);
  return names;
}

// The code of a text in a column whose categories the file names.
float code_of(const XgboostFile& file, std::size_t feature, std::string_view text) {
  const auto& names = std::get<std::vector<std::string>>(file.categories.at(feature));
  const auto found = std::ranges::find(names, text);
  EXPECT_NE(found, names.end()) << text;
  return static_cast<float>(found - names.begin());
}

std::vector<float> row_of(const XgboostFile& file, const json::array& values) {
  std::vector<float> row;
  for (const json::value& value : values) {
    if (value.is_null()) {
      row.push_back(std::numeric_limits<float>::quiet_NaN());
    } else if (value.is_string()) {
      row.push_back(code_of(file, row.size(), value.get_string()));
    } else {
      row.push_back(static_cast<float>(value.to_number<double>()));
    }
  }
  return row;
}

std::vector<float> numbers_of(const json::value& value) {
  if (!value.is_array()) return {static_cast<float>(value.to_number<double>())};
  std::vector<float> numbers;
  for (const json::value& item : value.as_array()) {
    numbers.push_back(static_cast<float>(item.to_number<double>()));
  }
  return numbers;
}

// Wrappers of scikit-learn's kind stop at the best round.
std::size_t tree_count(const XgboostFile& file, std::string_view estimator) {
  if (estimator == "Booster" || !file.best_iteration) return file.trees.size();
  const std::size_t parallel = std::max(1U, file.num_parallel_tree);
  return (*file.best_iteration + 1) * file.output_count() * parallel;
}

class XgboostGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(XgboostGolden, GivesTheMarginsOfTheLibrary) {
  const fs::path path = golden_dir() / (GetParam() + ".expected.json");
  const json::value expected = json::parse(read_file(path));
  const std::string model =
      read_file(path.parent_path() / expected.at("model").as_string().c_str());
  ASSERT_TRUE(begins_like_xgboost(model));
  const XgboostFile file = read_xgboost_file(model);
  const std::size_t trees = tree_count(file, expected.at("estimator").as_string());
  const json::array& rows = expected.at("rows").as_array();
  const json::array& scores = expected.at("answers").at("scores").as_array();
  ASSERT_EQ(rows.size(), scores.size());
  for (std::size_t index = 0; index < rows.size(); ++index) {
    const std::vector<float> ours =
        testing::xgboost_margins(file, row_of(file, rows[index].as_array()), trees);
    const std::vector<float> theirs = numbers_of(scores[index]);
    ASSERT_EQ(ours.size(), theirs.size()) << "row " << index;
    for (std::size_t output = 0; output < ours.size(); ++output) {
      EXPECT_EQ(std::bit_cast<std::uint32_t>(ours[output]),
                std::bit_cast<std::uint32_t>(theirs[output]))
          << "row " << index << " output " << output << ": " << ours[output] << ", expected "
          << theirs[output];
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, XgboostGolden, ::testing::ValuesIn(golden_names()),
                         [](const auto& name) {
                           std::string text = name.param;
                           std::ranges::replace_if(
                               text, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
                           return text;
                         });

}  // namespace
}  // namespace ml_inference
