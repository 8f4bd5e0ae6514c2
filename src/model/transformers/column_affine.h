// SPDX-License-Identifier: MIT
// Scalers: each column by itself, by up to two numbers.
#pragma once

#include "model/transformer.h"

#include <optional>
#include <utility>
#include <vector>

namespace ml_inference {

/// (x - offset) / divisor, each step only where it is given: StandardScaler.
/// Source: scikit-learn 1.7, sklearn/preprocessing/_data.py, StandardScaler.transform.
class ShiftAndDivide final : public Transformer {
 public:
  /// width     columns.
  /// offsets   one a column, or empty: nothing is subtracted.
  /// divisors  one a column, or empty: nothing is divided.
  ShiftAndDivide(std::size_t width, std::vector<double> offsets, std::vector<double> divisors);

  [[nodiscard]] std::size_t input_width() const override { return width_; }
  [[nodiscard]] std::size_t output_width() const override { return width_; }
  [[nodiscard]] std::optional<std::size_t> origin(std::size_t column) const override {
    return column;
  }
  [[nodiscard]] InputRules input_rules() const override;
  void transform(MatrixView<const double> in, MatrixView<double> out) const override;

  [[nodiscard]] const std::vector<double>& offsets() const { return offsets_; }
  [[nodiscard]] const std::vector<double>& divisors() const { return divisors_; }

 private:
  std::size_t width_;
  std::vector<double> offsets_;
  std::vector<double> divisors_;
};

/// x * factor + offset, then perhaps clipped to a range: MinMaxScaler.
/// Source: scikit-learn 1.7, sklearn/preprocessing/_data.py, MinMaxScaler.transform.
class MultiplyAndShift final : public Transformer {
 public:
  /// factors, offsets  one a column each.
  /// range             the lowest and the highest value, where values are clipped.
  MultiplyAndShift(std::vector<double> factors, std::vector<double> offsets,
                   std::optional<std::pair<double, double>> range);

  [[nodiscard]] std::size_t input_width() const override { return factors_.size(); }
  [[nodiscard]] std::size_t output_width() const override { return factors_.size(); }
  [[nodiscard]] std::optional<std::size_t> origin(std::size_t column) const override {
    return column;
  }
  [[nodiscard]] InputRules input_rules() const override;
  void transform(MatrixView<const double> in, MatrixView<double> out) const override;

  [[nodiscard]] const std::vector<double>& factors() const { return factors_; }
  [[nodiscard]] const std::vector<double>& offsets() const { return offsets_; }
  [[nodiscard]] const std::optional<std::pair<double, double>>& range() const { return range_; }

 private:
  std::vector<double> factors_;
  std::vector<double> offsets_;
  std::optional<std::pair<double, double>> range_;
};

}  // namespace ml_inference
