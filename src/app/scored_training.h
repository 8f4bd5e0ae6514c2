// SPDX-License-Identifier: MIT
// A training with all that is to be found out about it, and a bar on the terminal meanwhile.
#pragma once

#include "app/progress_bar.h"
#include "app/train_report.h"
#include "base/result.h"
#include "training/train_model.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace ml_inference {

/// Trains on a set and tells of its steps: any of the program's trainers, its options fixed.
using ReportingTrainer =
    std::function<Result<TrainedModel>(const TrainingSet& set, const TrainingProgress& progress)>;

struct ScoringOptions {
  /// Folds of the cross-validation: 0 for none; as many as make sense up to 5 when not set.
  std::optional<std::size_t> fold_count = 0;

  /// Whether the report is to have a learning curve, given a cross-validation.
  bool has_curve = false;

  std::uint64_t seed = 42;
  std::size_t thread_count = 1;

  /// The steps of one training, as far as one knows, and what they are, in the plural: for the bar.
  std::size_t step_count = 1;
  std::string step_name = "trees";
};

struct ScoredTraining {
  std::string onnx;  ///< the model's file
  TrainReport report;
};

/// Trains on the whole set, then scores the trainer by cross-validation. The model is scored on its
/// own training rows where it has no other scores.
///
/// The report lacks what the caller knows: paths and parameters.
/// Errors: those of the trainer, of write_trained_onnx() and of cross_validate(); invalid_argument
/// for a classification of one class.
[[nodiscard]] Result<ScoredTraining> train_and_score(const TrainingSet& set,
                                                     const ReportingTrainer& trainer,
                                                     const ScoringOptions& options,
                                                     ProgressTerminal terminal);

}  // namespace ml_inference
