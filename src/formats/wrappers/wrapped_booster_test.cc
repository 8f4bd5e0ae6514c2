// SPDX-License-Identifier: MIT
// Against the golden pickles of the wrappers; their answers are compared by tests/golden/run.
#include "formats/wrappers/wrapped_booster.h"

#include "formats/format_error.h"
#include "formats/lightgbm/testing/lightgbm_files.h"
#include "formats/load_model.h"
#include "formats/python/testing/py_maker.h"
#include "model/workspace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

using ::testing::HasSubstr;
using testing::PyEntries;
using testing::PyMaker;
using testing::small_lightgbm;
using testing::with;

const std::filesystem::path kGolden =
    std::filesystem::path(ML_INFERENCE_SOURCE_DIR) / "tests/golden";

Model golden(const std::string& name) {
  return load_model_file(kGolden / "wrappers" / name).value();
}

// A wrapper of this class around a Booster that holds the file.
Model wrapped(const std::string& class_name, const std::string& file,
              const std::vector<std::pair<std::string, double>>& numbers,
              const std::vector<std::string>& names = {}) {
  PyMaker maker;
  PyEntries state{{"handle", maker.text(file)}};
  if (!names.empty()) {
    std::vector<NodeId> items;
    for (const std::string& name : names) items.push_back(maker.text(name));
    state.emplace_back("feature_names", maker.list(items));
  }
  const std::string library = class_name.substr(0, class_name.find('.'));
  PyEntries attributes{{"_Booster", maker.object(library + ".Booster", state)}};
  PyEntries others;
  for (const auto& [name, value] : numbers) {
    PyEntries& entries = name.starts_with("pred_") ? others : attributes;
    const bool is_whole = value == std::floor(value) && std::isfinite(value);
    entries.emplace_back(
        name, is_whole ? maker.integer(static_cast<std::int64_t>(value)) : maker.real(value));
  }
  attributes.emplace_back("_other_params", maker.dict(others));
  const PyDocument document = maker.document(maker.object(class_name, attributes));
  return read_wrapped_booster(document.root(), "model");
}

std::string refusal(const std::string& class_name, const std::string& file,
                    const std::vector<std::pair<std::string, double>>& numbers) {
  try {
    static_cast<void>(wrapped(class_name, file, numbers));
  } catch (const FormatError& refused) {
    return refused.error.message;
  }
  return "";
}

std::string xgboost_file(const std::string& name) {
  std::ifstream file(kGolden / "xgboost" / (name + ".json"), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<double> answer(const Model& model, double value) {
  const std::vector<double> row(model.schema().feature_count(), value);
  std::vector<double> out(model.schema().answer_width());
  Workspace workspace;
  model.estimator().predict({row, 1, row.size()}, out, workspace);
  return out;
}

constexpr const char* kXgbRegressor = "xgboost.sklearn.XGBRegressor";
constexpr const char* kXgbClassifier = "xgboost.sklearn.XGBClassifier";
constexpr const char* kLgbRegressor = "lightgbm.sklearn.LGBMRegressor";
constexpr const char* kLgbClassifier = "lightgbm.sklearn.LGBMClassifier";

TEST(WrappedBooster, HasTheWrappersLabels) {
  const Model text = golden("lgb4.7.0_textbin.pkl");
  EXPECT_EQ(text.provenance().format, "lightgbm");
  EXPECT_THAT(text.schema().class_labels(),
              ::testing::ElementsAre(Label("setosa"), Label("versicolor")));
  const Model numbers = golden("xgb3.2.0_int.pkl");
  EXPECT_EQ(numbers.provenance().format, "xgboost");
  EXPECT_EQ(numbers.schema().class_labels().size(), 3U);
}

TEST(WrappedBooster, TakesANumberOfXgboostsForMissing) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::string file = xgboost_file("3.4.1/reg_squarederror");
  const Model plain = wrapped(kXgbRegressor, file, {{"missing", nan}});
  const Model marked = wrapped(kXgbRegressor, file, {{"missing", -1}});
  EXPECT_NE(plain.only_forest(), nullptr);
  EXPECT_EQ(answer(marked, -1), answer(plain, nan));
  EXPECT_EQ(answer(marked, nan), answer(plain, nan));
  EXPECT_EQ(answer(marked, 1), answer(plain, 1));
}

TEST(WrappedBooster, TakesInfinitiesWhereXgboostPredictsWithoutAMatrix) {
  const std::string trees = xgboost_file("3.4.1/reg_squarederror");
  EXPECT_TRUE(wrapped(kXgbRegressor, trees, {}).schema().input.accepts_infinite);
  EXPECT_FALSE(load_model(trees, "file").value().schema().input.accepts_infinite);
  const std::string linear = xgboost_file("3.4.1/gblinear_reg");
  EXPECT_FALSE(wrapped(kXgbRegressor, linear, {}).schema().input.accepts_infinite);
  const std::string old = xgboost_file("1.3.3/reg_squarederror");
  EXPECT_TRUE(load_model(old, "file").value().schema().input.accepts_infinite);
}

TEST(WrappedBooster, GivesNumbersToARegressorAndClassesToAClassifier) {
  const Model number = wrapped(kXgbRegressor, xgboost_file("3.4.1/binary_logistic"), {});
  EXPECT_EQ(number.schema().task(), Task::regression);
  const Model classes = wrapped(kXgbClassifier, xgboost_file("3.4.1/reg_squarederror"), {});
  EXPECT_EQ(classes.schema().class_labels().size(), 2U);
  const Model raw = wrapped(kXgbClassifier, xgboost_file("3.4.1/binary_logitraw"), {});
  EXPECT_EQ(raw.schema().targets.front().class_rule, ClassRule::largest_probability);
  const Model shares = wrapped(kXgbRegressor, xgboost_file("1.3.3/multi_softprob"), {});
  EXPECT_EQ(shares.schema().task(), Task::regression);
  EXPECT_GT(shares.schema().targets.size(), 1U);
}

TEST(WrappedBooster, PredictsDropoutInPlaceUpTo32) {
  const auto are_equal = [](const std::string& name) {
    const std::string file = xgboost_file(name);
    const Model wrapper = wrapped(kXgbRegressor, file, {});
    const Model booster = load_model(file, "file").value();
    bool all = true;
    for (double value = -3; value < 3; value += 0.25) {
      all = all && answer(wrapper, value) == answer(booster, value);
    }
    return all;
  };
  EXPECT_FALSE(are_equal("3.2.0/dart_reg"));
  EXPECT_TRUE(are_equal("3.4.1/dart_reg"));
}

TEST(WrappedBooster, ComparesProbabilitiesForSoftprobAndSumsForSoftmax) {
  const auto rule = [](const std::string& name) {
    return load_model(xgboost_file(name), "file").value().schema().targets.front().class_rule;
  };
  EXPECT_EQ(rule("3.4.1/multi_softprob"), ClassRule::largest_probability);
  EXPECT_EQ(rule("3.4.1/multi_softmax"), ClassRule::largest_score);
}

TEST(WrappedBooster, GivesNumbersToLightgbmsRegressorAndClassesToItsClassifier) {
  const std::string share =
      with(small_lightgbm(), "objective=binary sigmoid:0.5", "objective=cross_entropy");
  EXPECT_EQ(wrapped(kLgbRegressor, small_lightgbm(), {}).schema().task(), Task::regression);
  EXPECT_EQ(wrapped(kLgbClassifier, share, {}).schema().class_labels().size(), 2U);
  const std::vector<double> one = answer(wrapped(kLgbRegressor, share, {}), 100);
  const std::vector<double> two = answer(wrapped(kLgbClassifier, share, {}), 100);
  EXPECT_EQ(two, (std::vector<double>{1 - one[0], one[0], one[1]}));
  const std::string own =
      with(small_lightgbm(), "objective=binary sigmoid:0.5", "objective=custom");
  EXPECT_EQ(wrapped(kLgbClassifier, own, {}).schema().task(), Task::regression);
}

TEST(WrappedBooster, HasTheNamesBesideAnOldBooster) {
  const std::string file = xgboost_file("1.3.3/reg_squarederror");
  std::vector<std::string> names = wrapped(kXgbRegressor, file, {}).schema().feature_names;
  for (std::string& name : names) name += "_cm";
  EXPECT_EQ(wrapped(kXgbRegressor, file, {}, names).schema().feature_names, names);
}

TEST(WrappedBooster, RefusesWhatItsBoosterContradicts) {
  const std::string file = small_lightgbm();
  EXPECT_EQ(
      refusal(kLgbClassifier, file, {{"_n_features", 3}, {"_n_features_in", 3}, {"_n_classes", 2}}),
      "");
  EXPECT_EQ(refusal(kLgbClassifier, file, {{"_n_classes", 1}}), "");
  EXPECT_EQ(refusal(kLgbClassifier, file, {{"_n_classes", 3}}),
            "lightgbm: model._n_classes is 3, expected 2 as the Booster has");
  EXPECT_EQ(refusal(kLgbRegressor, file, {{"_n_features_in", 2}}),
            "lightgbm: model._n_features_in is 2, expected 3 as the Booster has");
}

TEST(WrappedBooster, RefusesToStopEarlyWhileItPredicts) {
  const std::string file = small_lightgbm();
  const std::string old = with(file, "version=v4", "version=v3");
  EXPECT_THAT(refusal(kLgbClassifier, file, {{"pred_early_stop", 1}}),
              HasSubstr("model._other_params.pred_early_stop is"));
  EXPECT_EQ(refusal(kLgbClassifier, file, {{"pred_early_stop", 0}}), "");
  EXPECT_EQ(refusal(kLgbClassifier, old, {{"pred_early_stop", 1}}), "");
}

TEST(WrappedBooster, RefusesABestIterationThatItsWrapperFailsAt) {
  const auto spoiled = [](const std::string& number) {
    return refusal(kXgbRegressor,
                   with(xgboost_file("3.4.1/reg_squarederror"), "\"attributes\":{",
                        "\"attributes\":{\"best_iteration\":\"" + number + "\""),
                   {});
  };
  EXPECT_THAT(spoiled("500"), HasSubstr("xgboost: best_iteration is 500, expected less than "));
  EXPECT_EQ(spoiled("2.0"), "xgboost: best_iteration is '2.0', expected a whole number");
  EXPECT_EQ(spoiled("-1"), "");
  EXPECT_EQ(spoiled("0"), "");
}

TEST(WrappedBooster, SaysWhatToDoAboutOldBinaryPickles) {
  EXPECT_THAT(refusal(kXgbRegressor, std::string("CONFIG-offset:") + '\0', {}),
              HasSubstr("save_model(\"model.json\")"));
}

TEST(WrappedBooster, RefusesAWrapperWithoutABooster) {
  // An XGBClassifier with an empty state: PROTO 4, the class, an empty tuple, NEWOBJ, {}, BUILD.
  const std::string bytes("\x80\x04\x8c\x0fxgboost.sklearn\x8c\x0dXGBClassifier\x93)\x81}b.", 40);
  const Result<Model> model = load_model(bytes, "file");
  ASSERT_FALSE(model.has_value());
  EXPECT_THAT(model.error().message, ::testing::HasSubstr("it has no _Booster"));
}

}  // namespace
}  // namespace ml_inference
