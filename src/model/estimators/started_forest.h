// SPDX-License-Identifier: MIT
// A boosted forest that starts from another estimator's answer: GradientBoosting with `init`.
#pragma once

#include "model/column_tracer.h"
#include "model/estimator.h"
#include "model/forest.h"
#include "model/link.h"

#include <memory>

namespace ml_inference {

/// How the first estimator's answer becomes the sums' start.
enum class StartRule {
  as_is,        ///< its one number (a regressor)
  logit,        ///< log(p / (1 - p)) of class 1's probability
  half_logit,   ///< half of that
  log,          ///< log p of each class
  centred_log,  ///< log(p / geometric mean of all p) of each class
};

/// least  how far from 0 and 1 probabilities are kept before their logarithm.
/// sums   overwritten: one for the first three rules, else one for each number of the answer.
/// Source: scikit-learn 1.7 and 1.3, sklearn/ensemble/_gb.py, _init_raw_predictions;
/// sklearn/_loss/link.py.
void write_start(StartRule rule, double least, std::span<const double> answer,
                 std::span<double> sums);

/// Answers as a ForestEstimator does whose sums begin with that start. No engine runs this forest:
/// they all begin with the same numbers for every row.
class StartedForest final : public Estimator, public ColumnTracer {
 public:
  StartedForest(std::unique_ptr<Estimator> first, StartRule rule, double least, Forest forest,
                Link link, bool gives_scores);

  [[nodiscard]] std::size_t feature_count() const override { return forest_.feature_count(); }
  [[nodiscard]] std::size_t answer_width() const override;
  [[nodiscard]] std::size_t steps_per_row() const override {
    return first_->steps_per_row() + forest_.steps_per_row();
  }
  void predict(MatrixView<const double> rows, std::span<double> out,
               Workspace& workspace) const override;
  [[nodiscard]] std::optional<std::string> refusal(std::span<const double> row,
                                                   Workspace& workspace) const override;
  [[nodiscard]] bool may_refuse() const override { return first_->may_refuse(); }
  void for_each_forest(const std::function<void(const Forest&)>& visit) const override;
  void trace_forests(const ColumnOrigins& origins, const TracedForestVisit& visit) const override;
  void run_forests_by(const ForestRunnerMaker& make) override;

  [[nodiscard]] const Estimator& first() const { return *first_; }
  [[nodiscard]] StartRule rule() const { return rule_; }
  [[nodiscard]] double least() const { return least_; }
  /// What is added to the start.
  [[nodiscard]] const Forest& forest() const { return forest_; }
  [[nodiscard]] const Link& link() const { return link_; }
  [[nodiscard]] bool gives_scores() const { return gives_scores_; }

 private:
  std::unique_ptr<Estimator> first_;
  StartRule rule_;
  double least_;
  Forest forest_;
  Link link_;
  bool gives_scores_;
  std::size_t output_count_;
};

}  // namespace ml_inference
