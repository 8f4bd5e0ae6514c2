// SPDX-License-Identifier: MIT
#include "serving/served_model.h"

#include "base/assert.h"
#include "engines/engine.h"
#include "engines/table_engine.h"

#include <algorithm>
#include <utility>

namespace ml_inference {
namespace {

// So many steps take some 20 ms: thousands of rows of a usual forest, which engines run as fast as
// they can, and soon enough for whoever waits for the end of work that nobody wants any more.
constexpr std::size_t kPieceStepCount = 10'000'000;

std::unique_ptr<const Engine> engine_for(Forest forest, ModelUse use) {
  if (use == ModelUse::long_files && table_engine_takes(forest)) {
    return make_table_engine(std::move(forest));
  }
  return make_engine(std::move(forest));
}

}  // namespace

ServedModel::ServedModel(Model model, std::string name, ModelUse use)
    : model_(std::move(model)), name_(std::move(name)) {
  model_.run_forests_by([this, use](Forest forest) {
    std::unique_ptr<const ForestRunner> engine = engine_for(std::move(forest), use);
    const std::string_view engine_name = engine->name();
    memory_size_ += engine->memory_size();
    if (engine_name_.find(engine_name) == std::string::npos) {
      if (!engine_name_.empty()) {
        engine_name_ += '+';
        engine_reason_ += "; ";
      }
      engine_name_ += engine_name;
      engine_reason_ += engine->reason();
    }
    return engine;
  });
  if (engine_name_.empty()) {
    engine_name_ = "none";
    engine_reason_ = "there are no trees";
  }
}

Result<std::shared_ptr<const ServedModel>> ServedModel::make(Model model, std::string name,
                                                             ModelUse use) {
  const std::shared_ptr<const ServedModel> served(
      new ServedModel(std::move(model), std::move(name), use));
  PredictScratch scratch;
  PredictRequest zeros;
  zeros.row_count = 1;
  if (!served->schema().takes_any_width) {
    zeros.cells.assign(served->schema().feature_count(), 0.0);
  }
  served->predict(zeros, scratch);
  return served;
}

// Every row has the answer of any row: rows need no memory, however many features they have.
void ServedModel::predict_unseen(std::size_t row_count, PredictScratch& scratch) const {
  const std::size_t width = schema().answer_width();
  const std::span<double> answers = scratch.answers;
  const std::size_t feature_count = schema().feature_count();
  const Workspace::Block row(scratch.workspace, feature_count);
  std::ranges::fill(row.values(), 0.0);
  const std::span<const double> zeros = row.values();
  model_.estimator().predict({zeros, 1, feature_count}, answers.first(width), scratch.workspace);
  for (std::size_t index = 1; index < row_count; ++index) {
    std::ranges::copy(answers.first(width), answers.subspan(index * width).begin());
  }
}

std::size_t ServedModel::steps_per_row() const {
  return model_.size().steps_per_row * (model_.estimator().may_refuse() ? 2 : 1);
}

std::size_t ServedModel::rows_per_piece() const {
  const std::size_t steps = std::max<std::size_t>(model_.size().steps_per_row, 1);
  return std::max<std::size_t>(kPieceStepCount / steps, 1);
}

std::span<const double> ServedModel::predict(const PredictRequest& request, PredictScratch& scratch,
                                             const std::stop_token& stop) const {
  const std::size_t feature_count = schema().feature_count();
  const std::size_t width = schema().answer_width();
  scratch.answers.resize(request.row_count * width);
  if (schema().takes_any_width && request.row_count > 0) {
    predict_unseen(request.row_count, scratch);
    return scratch.answers;
  }
  ASSERT(request.cells.size() == request.row_count * feature_count);
  const std::span<const double> cells = request.cells;
  const std::size_t piece = rows_per_piece();
  for (std::size_t row = 0; row < request.row_count && !stop.stop_requested(); row += piece) {
    const std::size_t count = std::min(piece, request.row_count - row);
    model_.estimator().predict(
        {cells.subspan(row * feature_count, count * feature_count), count, feature_count},
        std::span(scratch.answers).subspan(row * width, count * width), scratch.workspace);
  }
  return scratch.answers;
}

std::optional<std::string> ServedModel::refusal(std::span<const double> row,
                                                PredictScratch& scratch) const {
  if (!model_.estimator().may_refuse() || schema().takes_any_width) return std::nullopt;
  return model_.estimator().refusal(row, scratch.workspace);
}

}  // namespace ml_inference
