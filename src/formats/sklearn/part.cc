// SPDX-License-Identifier: MIT
#include "formats/sklearn/part.h"

#include "formats/format_error.h"
#include "formats/python/arrays.h"
#include "formats/sklearn/trees.h"
#include "formats/wrappers/wrapped_booster.h"
#include "model/limits.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace ml_inference {
namespace {

using Read = SklearnPart (*)(const SklearnObject& object, PyVisit& visit);

template <SklearnPart (*read)(const SklearnObject&)>
SklearnPart without_visit(const SklearnObject& object, PyVisit&) {
  return read(object);
}

struct Known {
  std::string_view name;
  Read read;
};

// All estimators. A new one is one more line.
constexpr std::array kKnown{
    Known{"AdaBoostClassifier", read_ada_boost},
    Known{"AdaBoostRegressor", read_ada_boost},
    Known{"BaggingClassifier", read_bagging},
    Known{"BaggingRegressor", read_bagging},
    Known{"DecisionTreeClassifier", without_visit<read_tree_part>},
    Known{"DecisionTreeRegressor", without_visit<read_tree_part>},
    Known{"DummyClassifier", without_visit<read_dummy>},
    Known{"DummyRegressor", without_visit<read_dummy>},
    Known{"ExtraTreeClassifier", without_visit<read_tree_part>},
    Known{"ExtraTreeRegressor", without_visit<read_tree_part>},
    Known{"ExtraTreesClassifier", without_visit<read_forest_part>},
    Known{"ExtraTreesRegressor", without_visit<read_forest_part>},
    Known{"GradientBoostingClassifier", read_gradient_boosting},
    Known{"GradientBoostingRegressor", read_gradient_boosting},
    Known{"HistGradientBoostingClassifier", without_visit<read_hist_gradient_boosting>},
    Known{"HistGradientBoostingRegressor", without_visit<read_hist_gradient_boosting>},
    Known{"IsolationForest", without_visit<read_isolation_forest>},
    Known{"Pipeline", read_pipeline},
    Known{"RandomForestClassifier", without_visit<read_forest_part>},
    Known{"RandomForestRegressor", without_visit<read_forest_part>},
};

std::string known_names() {
  std::string names;
  for (const Known& known : kKnown) {
    if (!names.empty()) names += ", ";
    names += known.name;
  }
  return names;
}

// One label out of a list or an array of objects.
Label label_of(const PyValue& value, std::string_view where) {
  if (is_text(value)) return text_of(value, where);
  if (value.is(PyKind::boolean)) return value.integer() != 0;
  if (value.is(PyKind::scalar) && value.type().kind == 'b') return boolean_of(value, where);
  if (value.is(PyKind::real) || (value.is(PyKind::scalar) && value.type().kind == 'f')) {
    return number_of(value, where);
  }
  return integer_of(value, where);
}

// Before memory is taken for labels.
void check_label_count(std::size_t count, std::string_view where) {
  if (count <= kOutputCountMax) return;
  refuse(Code::resource_exhausted, "{} has {} labels, expected at most {}", where, count,
         kOutputCountMax);
}

std::vector<Label> labels_of_objects(const PyValue& value, std::string_view where) {
  const PyItems items(value, where);
  check_label_count(items.size(), where);
  std::vector<Label> labels;
  for (std::size_t index = 0; index < items.size(); ++index) {
    labels.push_back(label_of(items[index], fmt::format("{}[{}]", where, index)));
  }
  return labels;
}

// n_classes_ is a number or one a target; it says again what classes_ says.
void check_class_counts(const SklearnObject& object, std::span<const Target> targets) {
  const auto said = object.find("n_classes_");
  if (!said) return;
  const std::string where = object.path("n_classes_");
  const bool is_one = is_number(*said);
  const std::size_t count = is_one ? 1
                            : said->is(PyKind::array)
                                ? static_cast<std::size_t>(said->layout().count)
                                : PyItems(*said, where).size();
  if (count != targets.size()) {
    refuse(Code::data_loss, "{} has {} numbers, expected {}", where, count, targets.size());
  }
  const std::vector<std::int64_t> counts =
      is_one ? std::vector{integer_of(*said, where)} : int64s_of(*said, where);
  for (std::size_t target = 0; target < count; ++target) {
    const auto expected = static_cast<std::int64_t>(targets[target].class_labels.size());
    if (counts[target] != expected) {
      refuse(Code::data_loss, "{} is {}, expected {}", where, counts[target], expected);
    }
  }
}

std::vector<Target> targets_in(const PyValue& classes, const std::string& where) {
  if (!classes.is(PyKind::list)) return {{.class_labels = labels_of(classes, where)}};
  std::vector<Target> targets;
  const PyItems items(classes, where);
  if (items.size() == 0 || items.size() > kTargetCountMax) {
    refuse(Code::data_loss, "{} has the classes of {} targets, expected 1 to {}", where,
           items.size(), kTargetCountMax);
  }
  for (std::size_t index = 0; index < items.size(); ++index) {
    targets.push_back(
        {.class_labels = labels_of(items[index], fmt::format("{}[{}]", where, index))});
  }
  return targets;
}

// Python would call what an object holds instead of the method of its class.
void check_methods(const SklearnObject& object) {
  for (const std::string_view method : {"predict", "predict_proba", "decision_function"}) {
    if (!object.find(method)) continue;
    refuse(Code::unimplemented, "{} holds {}, which would be called instead of the estimator's own",
           object.where, method);
  }
}

}  // namespace

std::optional<PyValue> SklearnObject::find(std::string_view attribute) const {
  std::optional<PyValue> found = find_attribute(value, attribute, where);
  if (found && found->is_none()) found.reset();
  return found;
}

PyValue SklearnObject::get_renamed(std::string_view now, std::string_view before) const {
  if (const auto found = find_attribute(value, now, where)) return *found;
  if (const auto found = find_attribute(value, before, where)) return *found;
  return get(now);
}

std::string SklearnObject::text(std::string_view attribute, std::string_view otherwise) const {
  const auto found = find(attribute);
  return found ? text_of(*found, path(attribute)) : std::string(otherwise);
}

bool SklearnObject::flag(std::string_view attribute, bool otherwise) const {
  const auto found = find(attribute);
  return found ? boolean_of(*found, path(attribute)) : otherwise;
}

SklearnObject sklearn_object(const PyValue& value, std::string where, SklearnVersion version) {
  const std::string_view name = class_of(value);
  if (!name.starts_with("sklearn.") && !name.starts_with("imblearn.") &&
      !is_wrapped_booster(name)) {
    refuse(Code::unimplemented, "{} is {}, expected an estimator of scikit-learn: {}", where,
           value_text(value), known_names());
  }
  SklearnObject object{.value = value,
                       .where = std::move(where),
                       .name = name.substr(name.rfind('.') + 1),
                       .version = version};
  if (const auto text = object.find("_sklearn_version")) {
    object.version = sklearn_version(text_of(*text, object.path("_sklearn_version")), object.where);
  }
  return object;
}

SklearnPart read_sklearn_part(const SklearnObject& object, PyVisit& visit) {
  const PyVisit::Inside inside = visit.enter(object.where);
  if (is_wrapped_booster(class_of(object.value))) return read_wrapped_part(object);
  const auto known = std::ranges::find(kKnown, object.name, &Known::name);
  if (known == kKnown.end() || !class_of(object.value).starts_with("sklearn.")) {
    refuse(Code::unimplemented, "{} is {}, expected one of {}", object.where,
           value_text(object.value), known_names());
  }
  check_methods(object);
  return known->read(object, visit);
}

std::vector<Label> labels_of(const PyValue& value, std::string_view where) {
  if (!value.is(PyKind::array) || value.type().kind == 'O') {
    return labels_of_objects(value, where);
  }
  check_label_count(static_cast<std::size_t>(value.layout().count), where);
  std::vector<Label> labels;
  switch (value.type().kind) {
    case 'U':
    case 'S':
      for (std::string& text : texts_of(value, where)) labels.emplace_back(std::move(text));
      break;
    case 'b':
      for (const std::int64_t truth : int64s_of(value, where)) labels.emplace_back(truth != 0);
      break;
    case 'f':
      for (const double number : doubles_of(value, where)) labels.emplace_back(number);
      break;
    default:
      for (const std::int64_t number : int64s_of(value, where)) labels.emplace_back(number);
  }
  return labels;
}

std::vector<Target> class_targets(const SklearnObject& object) {
  std::vector<Target> targets = targets_in(object.get("classes_"), object.path("classes_"));
  check_class_counts(object, targets);
  if (const auto count = object.find("n_outputs_")) {
    const std::string where = object.path("n_outputs_");
    if (integer_of(*count, where) != static_cast<std::int64_t>(targets.size())) {
      refuse(Code::data_loss, "{} is {}, expected {}", where, integer_of(*count, where),
             targets.size());
    }
  }
  return targets;
}

std::size_t feature_count_of(const SklearnObject& object) {
  const std::int64_t count = integer_of(object.get_renamed("n_features_in_", "n_features_"),
                                        object.path("n_features_in_"));
  if (count < 1 || static_cast<std::size_t>(count) > kFeatureCountMax) {
    refuse(Code::data_loss, "{} has {} features, expected 1 to {}", object.where, count,
           kFeatureCountMax);
  }
  return static_cast<std::size_t>(count);
}

double numpy_sum(std::span<const double> numbers) {
  constexpr std::size_t kBlock = 128;
  const std::size_t count = numbers.size();
  if (count < 8) {
    // numpy begins with -0.0, which only ever shows in the sum of nothing but -0.0.
    double sum = -0.0;
    for (const double number : numbers) sum += number;
    return count == 0 ? 0.0 : sum;
  }
  if (count <= kBlock) {
    std::array<double, 8> sums{};
    std::copy_n(numbers.begin(), 8, sums.begin());
    std::size_t index = 8;
    for (; index + 8 <= count; index += 8) {
      for (std::size_t lane = 0; lane < 8; ++lane) sums[lane] += numbers[index + lane];
    }
    double sum =
        ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
    for (; index < count; ++index) sum += numbers[index];
    return sum;
  }
  std::size_t half = count / 2;
  half -= half % 8;
  return numpy_sum(numbers.first(half)) + numpy_sum(numbers.subspan(half));
}

}  // namespace ml_inference
