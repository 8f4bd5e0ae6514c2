// SPDX-License-Identifier: MIT
// Weighted sums of the features.
#pragma once

#include "model/estimator.h"
#include "model/link.h"

#include <optional>
#include <vector>

namespace ml_inference {

/// XGBoost's gblinear: float32 sums that begin with their start and go over the features in order;
/// a missing value adds nothing. Gives the link's outputs, if any, and then the sums as scores.
/// Source: XGBoost 3.2, src/gbm/gblinear.cc (PredictBatchInternal, Pred).
class Linear final : public Estimator {
 public:
  /// weights  [feature_count, sum_count]; starts  sum_count of them; link  none: scores alone.
  Linear(std::size_t feature_count, std::vector<float> weights, std::vector<float> starts,
         std::optional<Link> link);

  [[nodiscard]] std::size_t feature_count() const override { return feature_count_; }
  [[nodiscard]] std::size_t answer_width() const override {
    return (link_ ? link_->output_count(starts_.size()) : 0) + starts_.size();
  }
  [[nodiscard]] std::size_t steps_per_row() const override { return weights_.size(); }
  void predict(MatrixView<const double> rows, std::span<double> out,
               Workspace& workspace) const override;
  void for_each_forest(const std::function<void(const Forest&)>&) const override {}
  void run_forests_by(const ForestRunnerMaker&) override {}

  [[nodiscard]] const std::vector<float>& weights() const { return weights_; }
  [[nodiscard]] const std::vector<float>& starts() const { return starts_; }
  [[nodiscard]] const std::optional<Link>& link() const { return link_; }

 private:
  std::size_t feature_count_;
  std::vector<float> weights_;
  std::vector<float> starts_;
  std::optional<Link> link_;
};

}  // namespace ml_inference
