// SPDX-License-Identifier: MIT
// Missing values are replaced: SimpleImputer.
#pragma once

#include "model/transformer.h"

#include <vector>

namespace ml_inference {

/// Replaces what counts as missing by the column's value; columns without a value are dropped; in
/// the end come columns that say where something was missing.
/// Source: scikit-learn 1.7, sklearn/impute/_base.py, SimpleImputer.transform and MissingIndicator.
class Impute final : public Transformer {
 public:
  struct Options {
    /// One a column: what stands in for a missing value. NaN: the column is dropped.
    std::vector<double> values;
    /// What counts as missing: a number, or NaN.
    double missing;
    /// Columns that get an indicator (1 where the value is missing, else 0), in that order.
    std::vector<std::size_t> indicators;
  };
  explicit Impute(Options options);

  [[nodiscard]] std::size_t input_width() const override { return options_.values.size(); }
  [[nodiscard]] std::size_t output_width() const override {
    return kept_.size() + options_.indicators.size();
  }
  [[nodiscard]] std::optional<std::size_t> origin(std::size_t column) const override {
    if (column < kept_.size()) return kept_[column];
    return std::nullopt;  // whether a value was missing
  }
  [[nodiscard]] InputRules input_rules() const override;
  void transform(MatrixView<const double> in, MatrixView<double> out) const override;

  [[nodiscard]] const Options& options() const { return options_; }

 private:
  [[nodiscard]] bool is_missing(double value) const;

  Options options_;
  std::vector<std::size_t> kept_;
};

}  // namespace ml_inference
