// SPDX-License-Identifier: MIT
// The same answer for every row: DummyClassifier, DummyRegressor.
#pragma once

#include "model/estimator.h"

#include <utility>
#include <vector>

namespace ml_inference {

class Constant final : public Estimator {
 public:
  Constant(std::size_t feature_count, std::vector<double> answer)
      : feature_count_(feature_count), answer_(std::move(answer)) {}

  [[nodiscard]] std::size_t feature_count() const override { return feature_count_; }
  [[nodiscard]] std::size_t answer_width() const override { return answer_.size(); }
  [[nodiscard]] std::size_t steps_per_row() const override { return answer_.size(); }
  void predict(MatrixView<const double> rows, std::span<double> out,
               Workspace& workspace) const override;
  void for_each_forest(const std::function<void(const Forest&)>&) const override {}
  void run_forests_by(const ForestRunnerMaker&) override {}

  [[nodiscard]] const std::vector<double>& answer() const { return answer_; }

 private:
  std::size_t feature_count_;
  std::vector<double> answer_;
};

}  // namespace ml_inference
