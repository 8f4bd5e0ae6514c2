// SPDX-License-Identifier: MIT
// A model that is ready to answer: what it is, the engine that runs it, and its version's name.
#pragma once

#include "base/result.h"
#include "engines/engine.h"
#include "model/model.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ml_inference {

/// Rows on their way to a prediction, and the numbers that come back. Reused from request to
/// request, so that the steady state takes no memory.
struct PredictRequest {
  std::vector<double> cells;  ///< [row_count, feature_count] row-major, as the client wrote them
  std::size_t row_count = 0;
};

/// The memory that one prediction works in. Threads: belongs to one thread.
struct PredictScratch {
  std::vector<float> features;  ///< [row_count, feature_count]
  std::vector<double> outputs;  ///< [row_count, output_count]
};

/// Threads: immutable; any number may use it, each with a scratch of its own.
class ServedModel {
 public:
  /// Prepares the model and predicts one row of zeros, so that "ready" means that it answers.
  /// name  for people, metrics and logs: the file, or "iris".
  /// Errors: internal, when the warm-up row gives an answer that is no answer.
  [[nodiscard]] static Result<std::shared_ptr<const ServedModel>> make(Model model,
                                                                       std::string name);

  [[nodiscard]] const Schema& schema() const { return model_.schema(); }
  [[nodiscard]] const Model& model() const { return model_; }
  [[nodiscard]] const Engine& engine() const { return *engine_; }
  [[nodiscard]] const std::string& name() const { return name_; }

  /// Predicts the request's rows into scratch.outputs and returns them:
  /// [row_count, output_count] float64, row-major; valid until the scratch is used again.
  /// The caller has checked every cell (serving/row_check.h).
  std::span<const double> predict(const PredictRequest& request, PredictScratch& scratch) const;

  /// About how many tree nodes one row visits: what a caller weighs a batch by.
  [[nodiscard]] std::size_t steps_per_row() const;

 private:
  ServedModel(Model model, std::string name);

  Model model_;
  std::unique_ptr<const Engine> engine_;
  std::string name_;
};

/// The index of the largest output, the first one of equals, as numpy.argmax() chooses.
[[nodiscard]] std::size_t best_class(std::span<const double> probabilities);

}  // namespace ml_inference
