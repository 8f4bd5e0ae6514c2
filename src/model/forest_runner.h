// SPDX-License-Identifier: MIT
// The face of whatever runs a forest: the reference here, engines in the room of that name.
#pragma once

#include "data/matrix.h"
#include "model/forest.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace ml_inference {

/// Threads: immutable; one serves all threads.
class ForestRunner {
 public:
  virtual ~ForestRunner() = default;

  /// What inspect and the log call it: "reference", "select".
  [[nodiscard]] virtual std::string_view name() const = 0;

  /// Why this one runs the forest, and how, for people.
  [[nodiscard]] virtual std::string reason() const = 0;

  /// What its nodes and leaves take in memory, in bytes.
  [[nodiscard]] virtual std::size_t memory_size() const = 0;

  /// Predicts every row, equal to reference_predict() to the last bit.
  ///
  /// rows  [row_count, feature_count], row-major; NaN means missing; cast to the forest's
  ///       feature_type() first.
  /// out   [row_count, output_count] float64, row-major; overwritten.
  /// Threads: const and reentrant.
  /// Errors:  none; shapes that do not fit are a programmer's error (ASSERT).
  virtual void predict(MatrixView<const double> rows, std::span<double> out) const = 0;
};

}  // namespace ml_inference
