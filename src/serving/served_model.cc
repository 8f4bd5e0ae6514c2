// SPDX-License-Identifier: MIT
#include "serving/served_model.h"

#include "base/assert.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace ml_inference {

ServedModel::ServedModel(Model model, std::string name)
    : model_(std::move(model)), engine_(make_engine(model_.forest())), name_(std::move(name)) {}

Result<std::shared_ptr<const ServedModel>> ServedModel::make(Model model, std::string name) {
  const std::shared_ptr<const ServedModel> served(
      new ServedModel(std::move(model), std::move(name)));
  PredictScratch scratch;
  PredictRequest zeros;
  zeros.row_count = 1;
  zeros.cells.assign(served->schema().feature_count(), 0.0);
  for (const double output : served->predict(zeros, scratch)) {
    if (!std::isfinite(output)) {
      return fail(Code::internal,
                  fmt::format("warm-up: a row of zeros gave {}, expected a finite number", output));
    }
  }
  return served;
}

std::span<const double> ServedModel::predict(const PredictRequest& request,
                                             PredictScratch& scratch) const {
  const std::size_t feature_count = schema().feature_count();
  ASSERT(request.cells.size() == request.row_count * feature_count);
  scratch.features.resize(request.cells.size());
  std::ranges::transform(request.cells, scratch.features.begin(),
                         [](double cell) { return static_cast<float>(cell); });
  scratch.outputs.resize(request.row_count * schema().output_count());
  engine_->predict({scratch.features, request.row_count, feature_count}, scratch.outputs);
  return scratch.outputs;
}

std::size_t ServedModel::steps_per_row() const {
  return model_.forest().tree_count() * (model_.forest().depth() + 1);
}

std::size_t best_class(std::span<const double> probabilities) {
  return static_cast<std::size_t>(std::ranges::max_element(probabilities) - probabilities.begin());
}

}  // namespace ml_inference
