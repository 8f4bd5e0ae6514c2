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
#include <optional>
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

bool is_passthrough(const PyValue& step, const std::string& where) {
  return step.is_none() || (is_text(step) && text_of(step, where) == "passthrough");
}

using Transformers = std::vector<std::unique_ptr<const Transformer>>;

class PipelineReader {
 public:
  explicit PipelineReader(PyVisit& visit) : visit_(visit) {}

  SklearnPart read(const SklearnObject& object) {
    const PyItems steps = steps_of(object);
    if (steps.size() == 0) refuse(Code::data_loss, "{} has no steps", object.where);
    for (std::size_t index = 0; index + 1 < steps.size(); ++index) {
      add_step(object, steps[index], index);
    }
    const std::size_t last = steps.size() - 1;
    const std::optional<SklearnObject> part = step_of(object, steps[last], last);
    if (!part) {
      refuse(Code::unimplemented, "{}: the pipeline ends without an estimator",
             place(object, last));
    }
    SklearnPart estimator = read_sklearn_part(*part, visit_);
    return transformers_.empty() ? std::move(estimator)
                                 : behind_steps(object, part->where, std::move(estimator));
  }

 private:
  static std::string place(const SklearnObject& pipeline, std::size_t index) {
    return fmt::format("{}[{}]", pipeline.path("steps"), index);
  }

  static PyItems steps_of(const SklearnObject& object) {
    PyItems steps(object.get("steps"), object.path("steps"));
    if (steps.size() > kStepCountMax) {
      refuse(Code::resource_exhausted, "{} has {} steps, expected at most {}", object.where,
             steps.size(), kStepCountMax);
    }
    return steps;
  }

  // Nothing for one that lets everything through.
  static std::optional<SklearnObject> step_of(const SklearnObject& pipeline, const PyValue& named,
                                              std::size_t index) {
    const std::string where = place(pipeline, index);
    const PyItems step(named, where);
    if (step.size() != 2) {
      refuse(Code::data_loss, "{} has {} values, expected a name and a step", where, step.size());
    }
    if (is_passthrough(step[1], where)) return std::nullopt;
    return sklearn_object(step[1], where, pipeline.version);
  }

  void add_step(const SklearnObject& pipeline, const PyValue& named, std::size_t index) {
    const std::optional<SklearnObject> part = step_of(pipeline, named, index);
    if (!part) return;
    if (class_of(part->value) == "sklearn.pipeline.Pipeline") return add_steps_of(*part);
    add(read_transformer(*part));
  }

  // A pipeline of nothing but transformers is all of them, one after the other.
  void add_steps_of(const SklearnObject& pipeline) {
    const PyVisit::Inside inside = visit_.enter(pipeline.where);
    const PyItems steps = steps_of(pipeline);
    for (std::size_t index = 0; index < steps.size(); ++index) {
      add_step(pipeline, steps[index], index);
    }
  }

  static std::unique_ptr<const Transformer> read_transformer(const SklearnObject& object) {
    std::string names;
    for (const KnownTransformer& known : kKnown) {
      if (known.name == object.name) return known.read(object);
      names += fmt::format("{}, ", known.name);
    }
    refuse(Code::unimplemented, "{} is {}, expected one of {}Pipeline, passthrough", object.where,
           value_text(object.value), names);
  }

  void add(std::unique_ptr<const Transformer> transformer) {
    if (transformer == nullptr) return;
    if (transformers_.size() == kStepCountMax) {
      refuse(Code::resource_exhausted, "a pipeline has more than {} steps in all", kStepCountMax);
    }
    transformers_.push_back(std::move(transformer));
  }

  [[nodiscard]] std::size_t checked_width(const SklearnObject& object) const {
    std::size_t width = transformers_.front()->input_width();
    for (const auto& transformer : transformers_) {
      if (transformer->input_width() != width) {
        refuse(Code::data_loss, "{}: a step takes {} columns, the one before gives {}",
               object.where, transformer->input_width(), width);
      }
      width = transformer->output_width();
    }
    return width;
  }

  SklearnPart behind_steps(const SklearnObject& object, const std::string& where,
                           SklearnPart estimator) {
    if (!estimator.categories.empty()) {
      refuse(Code::unimplemented, "{} takes text behind another step", where);
    }
    std::size_t width = checked_width(object);
    const std::size_t expected = estimator.estimator->feature_count();
    if (estimator.takes_any_width && expected < width) {
      // It looks at none of them, and has perhaps not counted them.
      std::vector<Rearrange::Column> columns(expected);
      for (std::size_t column = 0; column < expected; ++column) columns[column].from = column;
      transformers_.push_back(
          std::make_unique<Rearrange>(width, estimator.rules, std::move(columns)));
      width = expected;
    }
    estimator.takes_any_width = false;
    if (expected != width) {
      refuse(Code::data_loss, "{}: the estimator takes {} columns, the step before gives {}",
             object.where, expected, width);
    }
    const InputRules first = transformers_.front()->input_rules();
    estimator.estimator = std::make_unique<Pipeline>(
        std::move(transformers_), std::move(estimator.estimator), estimator.rules);
    estimator.rules = first;
    estimator.feature_names.clear();  // they are those behind the steps
    return estimator;
  }

  PyVisit& visit_;
  Transformers transformers_;
};

}  // namespace

SklearnPart read_pipeline(const SklearnObject& object, PyVisit& visit) {
  return PipelineReader(visit).read(object);
}

}  // namespace ml_inference
