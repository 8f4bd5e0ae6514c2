// SPDX-License-Identifier: MIT
#include "serving/served_model.h"

#include "base/assert.h"
#include "engines/engine.h"

#include <utility>

namespace ml_inference {

ServedModel::ServedModel(Model model, std::string name)
    : model_(std::move(model)), name_(std::move(name)) {
  model_.run_forests_by([this](Forest forest) {
    std::unique_ptr<const ForestRunner> engine = make_engine(std::move(forest));
    const std::string_view engine_name = engine->name();
    memory_size_ += engine->memory_size();
    if (engine_name_.find(engine_name) == std::string::npos) {
      if (!engine_name_.empty()) engine_name_ += '+';
      engine_name_ += engine_name;
    }
    return engine;
  });
  if (engine_name_.empty()) engine_name_ = "none";
}

Result<std::shared_ptr<const ServedModel>> ServedModel::make(Model model, std::string name) {
  const std::shared_ptr<const ServedModel> served(
      new ServedModel(std::move(model), std::move(name)));
  PredictScratch scratch;
  PredictRequest zeros;
  zeros.row_count = 1;
  zeros.cells.assign(served->schema().feature_count(), 0.0);
  served->predict(zeros, scratch);
  return served;
}

std::span<const double> ServedModel::predict(const PredictRequest& request,
                                             PredictScratch& scratch) const {
  const std::size_t feature_count = schema().feature_count();
  ASSERT(request.cells.size() == request.row_count * feature_count);
  scratch.answers.resize(request.row_count * schema().answer_width());
  model_.estimator().predict({request.cells, request.row_count, feature_count}, scratch.answers,
                             scratch.workspace);
  return scratch.answers;
}

std::optional<std::string> ServedModel::refusal(std::span<const double> row,
                                                PredictScratch& scratch) const {
  if (!model_.estimator().may_refuse()) return std::nullopt;
  return model_.estimator().refusal(row, scratch.workspace);
}

}  // namespace ml_inference
