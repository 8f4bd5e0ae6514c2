// SPDX-License-Identifier: MIT
// Pipeline, and the transformers that may stand in it.
#include "formats/format_error.h"
#include "formats/python/arrays.h"
#include "formats/sklearn/part.h"
#include "model/estimators/pipeline.h"
#include "model/transformers/column_affine.h"
#include "model/transformers/impute.h"
#include "model/transformers/rearrange.h"

#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace ml_inference {
namespace {

// Honest pipelines have some ten.
constexpr std::size_t kStepCountMax = 1'000;

std::vector<double> numbers_of_width(const SklearnObject& object, std::string_view attribute,
                                     std::size_t width) {
  std::vector<double> numbers = doubles_of(object.get(attribute), object.path(attribute));
  if (numbers.size() != width) {
    refuse(Code::data_loss, "{} has {} numbers, expected {}", object.path(attribute),
           numbers.size(), width);
  }
  return numbers;
}

std::unique_ptr<const Transformer> read_standard_scaler(const SklearnObject& object) {
  const std::size_t width = feature_count_of(object);
  std::vector<double> offsets;
  std::vector<double> divisors;
  if (object.flag("with_mean", true)) offsets = numbers_of_width(object, "mean_", width);
  if (object.flag("with_std", true)) divisors = numbers_of_width(object, "scale_", width);
  return std::make_unique<ShiftAndDivide>(width, std::move(offsets), std::move(divisors));
}

std::unique_ptr<const Transformer> read_min_max_scaler(const SklearnObject& object) {
  const std::size_t width = feature_count_of(object);
  std::optional<std::pair<double, double>> range;
  if (object.flag("clip", false)) {
    const std::vector<double> ends =
        doubles_of(object.get("feature_range"), object.path("feature_range"));
    if (ends.size() != 2) {
      refuse(Code::data_loss, "{} has {} numbers, expected 2", object.path("feature_range"),
             ends.size());
    }
    range.emplace(ends[0], ends[1]);
  }
  return std::make_unique<MultiplyAndShift>(numbers_of_width(object, "scale_", width),
                                            numbers_of_width(object, "min_", width), range);
}

std::vector<std::size_t> indicator_columns(const SklearnObject& object, std::size_t width) {
  const auto indicator = object.find("indicator_");
  if (!object.flag("add_indicator", false) || !indicator) return {};
  const std::string where = object.path("indicator_.features_");
  std::vector<std::size_t> columns;
  for (const std::int64_t column : int64s_of(attribute_of(*indicator, "features_", where), where)) {
    if (column < 0 || static_cast<std::size_t>(column) >= width) {
      refuse(Code::data_loss, "{}: column {}, expected 0 to {}", where, column, width - 1);
    }
    columns.push_back(static_cast<std::size_t>(column));
  }
  return columns;
}

std::unique_ptr<const Transformer> read_simple_imputer(const SklearnObject& object) {
  const std::size_t width = feature_count_of(object);
  const auto missing = object.find("missing_values");
  const bool is_numeric = !missing || is_number(*missing);
  if (!is_numeric) {
    refuse(Code::unimplemented, "{} replaces {}, expected numbers", object.where,
           value_text(*missing));
  }
  return std::make_unique<Impute>(
      Impute::Options{.values = numbers_of_width(object, "statistics_", width),
                      .missing = missing ? number_of(*missing, object.path("missing_values"))
                                         : std::numeric_limits<double>::quiet_NaN(),
                      .indicators = indicator_columns(object, width)});
}

// What a function is called: also one of numpy's that the file names in the way of old.
std::string function_text(const PyValue& function, const std::string& where) {
  if (!function.is(PyKind::object) || !class_of(function).ends_with("._ufunc_reconstruct")) {
    return value_text(function);
  }
  const PyValue arguments = function.arguments();
  if (arguments.size() != 2) return value_text(function);
  return text_of(arguments.item(0), where) + "." + text_of(arguments.item(1), where);
}

// Without a function it lets all columns through as they are; null then, unless it looks at them.
std::unique_ptr<const Transformer> read_function_transformer(const SklearnObject& object) {
  if (const auto function = object.find("func")) {
    refuse(Code::unimplemented,
           "{} is a FunctionTransformer of {}, expected one without a function", object.where,
           function_text(*function, object.path("func")));
  }
  if (!object.flag("validate", false)) return nullptr;
  const std::size_t width = feature_count_of(object);
  std::vector<Rearrange::Column> columns(width);
  for (std::size_t column = 0; column < width; ++column) columns[column].from = column;
  return std::make_unique<Rearrange>(width, InputRules{.type = NumberType::float64},
                                     std::move(columns));
}

struct KnownTransformer {
  std::string_view name;
  std::unique_ptr<const Transformer> (*read)(const SklearnObject& object);
};

constexpr std::array kKnown{KnownTransformer{"FunctionTransformer", read_function_transformer},
                            KnownTransformer{"MinMaxScaler", read_min_max_scaler},
                            KnownTransformer{"SimpleImputer", read_simple_imputer},
                            KnownTransformer{"StandardScaler", read_standard_scaler}};

std::unique_ptr<const Transformer> read_transformer(const SklearnObject& object) {
  std::string names;
  for (const KnownTransformer& known : kKnown) {
    if (known.name == object.name) return known.read(object);
    names += fmt::format("{}{}", names.empty() ? "" : ", ", known.name);
  }
  refuse(Code::unimplemented, "{} is {}, expected one of {}, passthrough", object.where,
         value_text(object.value), names);
}

bool is_passthrough(const PyValue& step, const std::string& where) {
  return step.is_none() || (is_text(step) && text_of(step, where) == "passthrough");
}

}  // namespace

SklearnPart read_pipeline(const SklearnObject& object, PyVisit& visit) {
  const PyItems steps(object.get("steps"), object.path("steps"));
  if (steps.size() > kStepCountMax) {
    refuse(Code::resource_exhausted, "{} has {} steps, expected at most {}", object.where,
           steps.size(), kStepCountMax);
  }
  std::vector<std::unique_ptr<const Transformer>> transformers;
  for (std::size_t index = 0; index < steps.size(); ++index) {
    const std::string where = fmt::format("{}[{}]", object.path("steps"), index);
    const PyItems step(steps[index], where);
    if (step.size() != 2) {
      refuse(Code::data_loss, "{} has {} values, expected a name and a step", where, step.size());
    }
    const bool is_last = index + 1 == steps.size();
    if (is_passthrough(step[1], where)) {
      if (is_last) refuse(Code::unimplemented, "{}: the pipeline ends without an estimator", where);
      continue;
    }
    const SklearnObject part = sklearn_object(step[1], where, object.version);
    if (!is_last) {
      std::unique_ptr<const Transformer> transformer = read_transformer(part);
      if (transformer != nullptr) transformers.push_back(std::move(transformer));
      continue;
    }
    SklearnPart estimator = read_sklearn_part(part, visit);
    if (transformers.empty()) return estimator;
    if (!estimator.categories.empty()) {
      refuse(Code::unimplemented, "{} takes text behind another step", where);
    }
    std::size_t width = transformers.front()->input_width();
    for (const auto& transformer : transformers) {
      if (transformer->input_width() != width) {
        refuse(Code::data_loss, "{}: a step takes {} columns, the one before gives {}",
               object.where, transformer->input_width(), width);
      }
      width = transformer->output_width();
    }
    const std::size_t expected = estimator.estimator->feature_count();
    if (estimator.takes_any_width && expected < width) {
      // It looks at none of them, and has perhaps not counted them.
      std::vector<Rearrange::Column> columns(expected);
      for (std::size_t column = 0; column < expected; ++column) columns[column].from = column;
      transformers.push_back(
          std::make_unique<Rearrange>(width, estimator.rules, std::move(columns)));
      width = expected;
    }
    estimator.takes_any_width = false;
    if (expected != width) {
      refuse(Code::data_loss, "{}: the estimator takes {} columns, the step before gives {}",
             object.where, estimator.estimator->feature_count(), width);
    }
    const InputRules first = transformers.front()->input_rules();
    estimator.estimator = std::make_unique<Pipeline>(
        std::move(transformers), std::move(estimator.estimator), estimator.rules);
    estimator.rules = first;
    estimator.feature_names.clear();  // they are those behind the steps
    return estimator;
  }
  refuse(Code::data_loss, "{} has no steps", object.where);
}

}  // namespace ml_inference
