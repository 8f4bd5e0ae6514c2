// SPDX-License-Identifier: MIT
// An estimator for which one number stands for a missing value.
#pragma once

#include "model/estimator.h"

#include <memory>

namespace ml_inference {

/// Gives the estimator NaN in place of each value that is the number, as a float32. NaN stays
/// missing, too. XGBoost's wrapper: `missing`.
/// Source: XGBoost 3.2, src/data/adapter.h (IsValidFunctor).
class MissingValue final : public Estimator {
 public:
  /// missing  not NaN.
  MissingValue(std::unique_ptr<Estimator> estimator, float missing);

  [[nodiscard]] std::size_t feature_count() const override { return estimator_->feature_count(); }
  [[nodiscard]] std::size_t answer_width() const override { return estimator_->answer_width(); }
  [[nodiscard]] std::size_t steps_per_row() const override {
    return feature_count() + estimator_->steps_per_row();
  }
  void predict(MatrixView<const double> rows, std::span<double> out,
               Workspace& workspace) const override;
  [[nodiscard]] std::optional<std::string> refusal(std::span<const double> row,
                                                   Workspace& workspace) const override;
  [[nodiscard]] bool may_refuse() const override { return estimator_->may_refuse(); }
  void for_each_forest(const std::function<void(const Forest&)>& visit) const override {
    estimator_->for_each_forest(visit);
  }
  void run_forests_by(const ForestRunnerMaker& make) override { estimator_->run_forests_by(make); }

  [[nodiscard]] const Estimator& estimator() const { return *estimator_; }
  [[nodiscard]] float missing() const { return missing_; }

 private:
  // Copies the values, those that are missing as NaN.
  void replace(std::span<const double> values, std::span<double> out) const;

  std::unique_ptr<Estimator> estimator_;
  float missing_;
};

}  // namespace ml_inference
