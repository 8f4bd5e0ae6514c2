// SPDX-License-Identifier: MIT
#include "model/transformers/impute.h"

#include "base/assert.h"

#include <cmath>
#include <utility>

namespace ml_inference {

Impute::Impute(Options options) : options_(std::move(options)) {
  for (std::size_t column = 0; column < options_.values.size(); ++column) {
    if (!std::isnan(options_.values[column])) kept_.push_back(column);
  }
  for (const std::size_t column : options_.indicators) ASSERT(column < options_.values.size());
}

// NaN is let in only where it is what counts as missing.
InputRules Impute::input_rules() const {
  return {.accepts_missing = std::isnan(options_.missing),
          .accepts_infinite = false,
          .type = NumberType::float64};
}

bool Impute::is_missing(double value) const {
  return std::isnan(options_.missing) ? std::isnan(value) : value == options_.missing;
}

void Impute::transform(MatrixView<const double> in, MatrixView<double> out) const {
  ASSERT(in.column_count() == input_width() && out.column_count() == output_width());
  for (std::size_t row = 0; row < in.row_count(); ++row) {
    const std::span<const double> from = in.row(row);
    const std::span<double> to = out.row(row);
    std::size_t next = 0;
    for (const std::size_t column : kept_) {
      to[next++] = is_missing(from[column]) ? options_.values[column] : from[column];
    }
    for (const std::size_t column : options_.indicators) {
      to[next++] = is_missing(from[column]) ? 1.0 : 0.0;
    }
  }
}

}  // namespace ml_inference
