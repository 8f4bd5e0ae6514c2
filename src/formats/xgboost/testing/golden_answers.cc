// SPDX-License-Identifier: MIT
#include "formats/xgboost/testing/golden_answers.h"

#include "base/assert.h"
#include "formats/xgboost/category_names.h"
#include "formats/xgboost/reader.h"

#include <boost/json.hpp>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <string_view>
#include <utility>
#include <variant>

namespace ml_inference::testing {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

constexpr std::string_view kEnd = ".expected.json";

fs::path golden_dir() { return fs::path(ML_INFERENCE_SOURCE_DIR) / "tests/golden/xgboost"; }

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  return std::move(out).str();
}

// The code of a text in a column whose categories the file names.
float code_of(const XgboostFile& file, std::size_t feature, std::string_view text) {
  const auto& texts = std::get<std::vector<std::string>>(file.categories.at(feature));
  const XgboostCategoryNames names = xgboost_category_names(file, texts, feature);
  auto found = std::ranges::find(names.names, text);
  if (found == names.names.end() && names.last_characters > 0) {
    found = std::prev(names.names.end());
    ASSERT(text.starts_with(*found));
  }
  ASSERT(found != names.names.end());
  return static_cast<float>(found - names.names.begin());
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

std::vector<std::vector<float>> lists_of(const json::value& value) {
  std::vector<std::vector<float>> lists;
  for (const json::value& item : value.as_array()) lists.push_back(numbers_of(item));
  return lists;
}

// Wrappers of scikit-learn's kind stop at the best round.
std::size_t tree_count(const XgboostFile& file, std::string_view estimator) {
  if (estimator == "Booster" || !file.best_iteration) return file.trees.size();
  const std::size_t parallel = std::max(1U, file.num_parallel_tree);
  return (std::size_t{*file.best_iteration} + 1) * file.output_count() * parallel;
}

}  // namespace

std::vector<std::string> xgboost_golden_names() {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(golden_dir())) {
    const std::string name = fs::relative(entry.path(), golden_dir()).string();
    if (name.ends_with(kEnd)) names.push_back(name.substr(0, name.size() - kEnd.size()));
  }
  std::ranges::sort(names);
  return names;
}

XgboostAnswers read_xgboost_answers(const std::string& name) {
  const fs::path path = golden_dir() / (name + std::string(kEnd));
  const json::value expected = json::parse(read_file(path));
  XgboostAnswers answers;
  answers.bytes = read_file(path.parent_path() / expected.at("model").as_string().c_str());
  answers.file = read_xgboost_file(answers.bytes);
  answers.trees = tree_count(answers.file, expected.at("estimator").as_string());
  for (const json::value& row : expected.at("rows").as_array()) {
    answers.rows.push_back(row_of(answers.file, row.as_array()));
  }
  answers.margins = lists_of(expected.at("answers").at("scores"));
  answers.predictions = lists_of(expected.at("answers").at("raw_prediction"));
  return answers;
}

std::string xgboost_test_name(std::string name) {
  std::ranges::replace_if(name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

}  // namespace ml_inference::testing
