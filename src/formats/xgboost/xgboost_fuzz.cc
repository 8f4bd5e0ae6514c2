// SPDX-License-Identifier: MIT
// Any bytes as an XGBoost file: they are read or refused, never more. What is read becomes a model
// or is refused, as the Booster and as the wrapper have it; a model answers any row,
// and a small forest's sums are those of the plain oracle.
//
//   make fuzz, or build/fuzz/src/formats/xgboost_fuzz tests/corpus/xgboost tests/golden/xgboost
#include "base/assert.h"
#include "formats/format_error.h"
#include "formats/xgboost/reader.h"
#include "formats/xgboost/testing/xgboost_oracle.h"
#include "formats/xgboost/xgboost_model.h"
#include "model/reference_predict.h"
#include "model/workspace.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

namespace {

using namespace ml_inference;

// A row of a million cells is as good as one of a thousand, and a thousand times slower.
constexpr std::size_t kCellCountMax = 4'096;

constexpr double kValues[] = {0.0,
                              1.0,
                              -3.5,
                              7.0,
                              16777216.0,
                              3e38,
                              1e-45,
                              std::numeric_limits<double>::infinity(),
                              -std::numeric_limits<double>::infinity(),
                              std::numeric_limits<double>::quiet_NaN()};

void walk(const XgboostFile& file, const XgboostTree& tree) {
  std::vector<std::int32_t> open{0};
  std::size_t reached = 0;
  while (!open.empty()) {
    const std::int32_t number = open.back();
    open.pop_back();
    ASSERT(++reached <= tree.nodes.size());
    const XgboostNode& node = tree.nodes.at(static_cast<std::size_t>(number));
    if (node.is_leaf()) {
      if (tree.size_leaf_vector > 1) ASSERT(tree.leaf_vector(number).size() == file.output_count());
      continue;
    }
    ASSERT(static_cast<std::uint32_t>(node.split_index) < file.num_feature);
    for (const std::int32_t category : tree.category_set(number)) ASSERT(category >= 0);
    open.push_back(node.left);
    open.push_back(node.right);
  }
}

void answer(const XgboostFile& file) {
  const Model model = make_xgboost_model(file);
  const Schema& schema = model.schema();
  const Estimator& estimator = model.estimator();
  ASSERT(estimator.feature_count() == schema.feature_count());
  ASSERT(estimator.answer_width() == schema.answer_width());
  if (schema.feature_count() + schema.answer_width() > kCellCountMax) return;
  Workspace workspace;
  std::vector<double> out(schema.answer_width());
  for (const double value : kValues) {
    const std::vector<double> row(schema.feature_count(), value);
    estimator.predict(MatrixView<const double>(row, 1, row.size()), out, workspace);
  }
}

// The sums of the forest against those of the oracle, which knows only finite rows and gaps.
void compare(const XgboostFile& file) {
  const Model model = make_xgboost_model(file);
  const Forest* const forest = model.only_forest();
  if (forest == nullptr || forest->feature_count() + forest->output_count() > kCellCountMax) return;
  std::vector<double> sums(forest->output_count());
  for (const double value : kValues) {
    if (std::isinf(value)) continue;
    const std::vector<double> row(forest->feature_count(), value);
    const std::vector<float> narrow(row.begin(), row.end());
    reference_predict(*forest, MatrixView<const double>(row, 1, row.size()), sums);
    const std::vector<float> expected = testing::xgboost_margins(file, narrow, file.trees.size());
    ASSERT(expected.size() == sums.size());
    for (std::size_t sum = 0; sum < sums.size(); ++sum) {
      const bool are_nan = std::isnan(sums[sum]) && std::isnan(expected[sum]);
      ASSERT(are_nan || sums[sum] == static_cast<double>(expected[sum]));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static_cast<void>(begins_like_xgboost(bytes));
  try {
    XgboostFile file = read_xgboost_file(bytes);
    for (const XgboostTree& tree : file.trees) walk(file, tree);
    if (file.objective != "reg:expectileerror") compare(file);  // the oracle's inverse is rounder
    answer(file);
    const auto is = [&](std::size_t bit) { return size > 0 && ((bytes.back() >> bit) & 1) != 0; };
    if (is(0)) file.missing = 1.0F;
    answer_as_wrapper(file, is(1) ? Asker::regressor : Asker::classifier);
    answer(file);
    static_cast<void>(read_xgboost(bytes));
  } catch (const FormatError& refusal) {
    ASSERT(refusal.error.code != Code::internal);
    ASSERT(refusal.error.message.starts_with("xgboost: "));
  }
  return 0;
}
