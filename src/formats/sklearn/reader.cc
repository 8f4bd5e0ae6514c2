// SPDX-License-Identifier: MIT
#include "formats/sklearn/reader.h"

#include "formats/format_error.h"
#include "formats/python/arrays.h"
#include "formats/sklearn/part.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

// Estimators inside one another, each counted as often as it is reached. An honest file has some
// thousand at most; each takes a kilobyte.
constexpr std::size_t kPartCountMax = 20'000;

// The names of the features, which a pipeline keeps in its first step.
std::optional<std::vector<std::string>> names_in(const SklearnObject& object) {
  if (const auto names = object.find("feature_names_in_")) {
    return texts_of(*names, object.path("feature_names_in_"));
  }
  if (object.name != "Pipeline") return std::nullopt;
  const PyItems steps(object.get("steps"), object.path("steps"));
  for (std::size_t index = 0; index < steps.size(); ++index) {
    const PyItems step(steps[index], object.path("steps"));
    if (step.size() != 2 || !step[1].is(PyKind::object)) continue;
    const std::string where = fmt::format("{}[{}]", object.path("steps"), index);
    return names_in(sklearn_object(step[1], where, object.version));
  }
  return std::nullopt;
}

std::vector<std::string> feature_names(const SklearnObject& object, const SklearnPart& part) {
  const std::size_t count = part.estimator->feature_count();
  std::optional<std::vector<std::string>> names = names_in(object);
  if (!names) {
    if (!part.feature_names.empty()) return part.feature_names;
    names.emplace();
    for (std::size_t index = 0; index < count; ++index) {
      names->push_back(fmt::format("x{}", index));
    }
  }
  if (names->size() != count) {
    refuse(Code::data_loss, "{} has {} feature names, expected {}", object.where, names->size(),
           count);
  }
  return *std::move(names);
}

std::string producer_of(const SklearnObject& object) {
  const auto version = object.find("_sklearn_version");
  return version ? "scikit-learn " + text_of(*version, object.path("_sklearn_version"))
                 : "scikit-learn";
}

}  // namespace

Model read_sklearn(const PyDocument& document) {
  PyVisit visit(kPartCountMax);
  const SklearnObject object = sklearn_object(document.root(), "sklearn: model", {});
  SklearnPart part = read_sklearn_part(object, visit);
  Schema schema{.feature_names = feature_names(object, part),
                .takes_any_width = part.takes_any_width,
                .input = part.rules,
                .categories = std::move(part.categories),
                .targets = std::move(part.targets)};
  Result<Model> model = make_model(std::move(schema), std::move(part.estimator),
                                   {.format = "scikit-learn",
                                    .producer = producer_of(object),
                                    .estimator = std::string(object.name)});
  if (!model) refuse(model.error().code, "{}: {}", object.where, model.error().message);
  return *std::move(model);
}

}  // namespace ml_inference
