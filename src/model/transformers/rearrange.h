// SPDX-License-Identifier: MIT
// Columns in another order, some of them recoded: what HistGradientBoosting does to its rows.
#pragma once

#include "model/transformer.h"

#include <unordered_map>
#include <vector>

namespace ml_inference {

/// Takes columns in a given order; a column with codes has each of its values replaced by the
/// number of the category that equals it, or NaN when none does.
/// Source: scikit-learn 1.7, sklearn/ensemble/_hist_gradient_boosting/gradient_boosting.py
/// (_preprocess_X): an OrdinalEncoder over the categorical columns, and then the others.
class Rearrange final : public Transformer {
 public:
  struct Column {
    std::size_t from = 0;  ///< column of the input
    bool is_recoded = false;
    std::vector<double> categories;  ///< is_recoded: the value of each code, unique; may hold NaN
  };
  Rearrange(std::size_t input_width, InputRules input_rules, std::vector<Column> columns);

  [[nodiscard]] std::size_t input_width() const override { return input_width_; }
  [[nodiscard]] std::size_t output_width() const override { return columns_.size(); }
  [[nodiscard]] std::optional<std::size_t> origin(std::size_t column) const override {
    return columns_[column].from;
  }
  [[nodiscard]] InputRules input_rules() const override { return input_rules_; }
  [[nodiscard]] std::optional<std::string> refusal(std::span<const double> row) const override;
  void transform(MatrixView<const double> in, MatrixView<double> out) const override;

  [[nodiscard]] const std::vector<Column>& columns() const { return columns_; }

 private:
  std::size_t input_width_;
  InputRules input_rules_;
  std::vector<Column> columns_;
  std::vector<std::unordered_map<double, double>> codes_;  // by column of the output
};

}  // namespace ml_inference
