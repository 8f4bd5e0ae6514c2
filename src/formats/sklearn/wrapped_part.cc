// SPDX-License-Identifier: MIT
// XGBoost's and LightGBM's wrappers among the estimators of scikit-learn.
#include "formats/sklearn/part.h"
#include "formats/wrappers/wrapped_booster.h"

#include <utility>

namespace ml_inference {

SklearnPart read_wrapped_part(const SklearnObject& object) {
  const std::string_view path = std::string_view(object.where).substr(object.where.find(' ') + 1);
  Model model = read_wrapped_booster(object.value, path);
  const Schema& schema = model.schema();
  SklearnPart part{.rules = schema.input,
                   .targets = schema.targets,
                   .categories = schema.categories,
                   .feature_names = schema.feature_names};
  part.estimator = std::move(model).take_estimator();
  return part;
}

}  // namespace ml_inference
