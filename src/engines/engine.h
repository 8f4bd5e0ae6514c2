// SPDX-License-Identifier: MIT
// The face of everything that runs a forest fast. docs/decisions/0003 says what "equal" means.
#pragma once

#include "data/matrix.h"
#include "model/forest.h"

#include <memory>
#include <span>
#include <string_view>

namespace ml_inference {

/// A forest in the form in which one kernel runs it best. Keeps nothing of the Forest it was made
/// from.
/// Threads: immutable; one engine serves all threads.
class Engine {
 public:
  virtual ~Engine() = default;

  /// What inspect and the metrics call it: "scalar".
  [[nodiscard]] virtual std::string_view name() const = 0;

  /// Predicts every row, equal to reference_predict() to the last bit.
  ///
  /// rows  [row_count, feature_count] float32, row-major; NaN means missing.
  /// out   [row_count, output_count] float64, row-major; overwritten.
  /// Threads: const and reentrant.
  /// Errors:  none; shapes that do not fit are a programmer's error (ASSERT).
  virtual void predict(MatrixView<const float> rows, std::span<double> out) const = 0;
};

/// The fastest engine of this build for the forest. Never null.
[[nodiscard]] std::unique_ptr<const Engine> make_engine(const Forest& forest);

}  // namespace ml_inference
