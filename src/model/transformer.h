// SPDX-License-Identifier: MIT
// What stands before an estimator in a pipeline: columns in, columns out.
#pragma once

#include "data/matrix.h"
#include "model/input_rules.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace ml_inference {

/// Threads: immutable; any number may use it.
class Transformer {
 public:
  virtual ~Transformer() = default;

  [[nodiscard]] virtual std::size_t input_width() const = 0;
  [[nodiscard]] virtual std::size_t output_width() const = 0;

  /// The input column whose value an output column holds, perhaps scaled, filled in or recoded;
  /// nothing where it holds no column's value.
  /// column  below output_width().
  [[nodiscard]] virtual std::optional<std::size_t> origin(std::size_t column) const {
    static_cast<void>(column);
    return std::nullopt;
  }

  /// What the library lets into this step.
  [[nodiscard]] virtual InputRules input_rules() const = 0;

  /// Whether the library refuses this row here although its rules let the values in.
  /// row  input_width() values.
  [[nodiscard]] virtual std::optional<std::string> refusal(std::span<const double> row) const {
    static_cast<void>(row);
    return std::nullopt;
  }

  /// in   [row_count, input_width] float64; NaN means missing.
  /// out  [row_count, output_width]; overwritten; not the memory of `in`.
  /// Errors: none; shapes that do not fit are a programmer's error (ASSERT).
  virtual void transform(MatrixView<const double> in, MatrixView<double> out) const = 0;
};

}  // namespace ml_inference
