// SPDX-License-Identifier: MIT
// Several estimators, each of which may see some of the columns, and the ways in which their
// answers become one.
#pragma once

#include "model/column_tracer.h"
#include "model/estimator.h"

#include <memory>
#include <span>
#include <vector>

namespace ml_inference {

/// One estimator of an ensemble.
struct Member {
  std::unique_ptr<Estimator> estimator;
  /// The columns that it takes, in its order; empty: all of them.
  std::vector<std::size_t> columns;
  /// By output of the member, which output of the ensemble it adds to; empty: the same. A member
  /// may have seen fewer classes than the ensemble.
  std::vector<std::size_t> outputs;
};

/// What the ensembles have in common. Not for anyone else.
class Ensemble : public Estimator, public ColumnTracer {
 public:
  [[nodiscard]] std::size_t feature_count() const override { return feature_count_; }
  [[nodiscard]] std::size_t steps_per_row() const override;
  void for_each_forest(const std::function<void(const Forest&)>& visit) const override;
  void trace_forests(const ColumnOrigins& origins, const TracedForestVisit& visit) const override;
  void run_forests_by(const ForestRunnerMaker& make) override;
  [[nodiscard]] std::optional<std::string> refusal(std::span<const double> row,
                                                   Workspace& workspace) const override;
  [[nodiscard]] bool may_refuse() const override;

  [[nodiscard]] const std::vector<Member>& members() const { return members_; }

 protected:
  /// members  at least one; their columns exist, their numbers fit (ASSERT).
  Ensemble(std::size_t feature_count, std::vector<Member> members);

  /// Calls use(answers) with the answers of one member, [row_count, its answer_width].
  void predict_member(const Member& member, MatrixView<const double> rows, Workspace& workspace,
                      const std::function<void(std::span<const double>)>& use) const;

 private:
  std::size_t feature_count_;
  std::vector<Member> members_;
};

/// The answers added up in order and divided by the number of members: Bagging.
/// Source: scikit-learn 1.7, sklearn/ensemble/_bagging.py.
class Mean final : public Ensemble {
 public:
  Mean(std::size_t feature_count, std::size_t answer_width, std::vector<Member> members);

  [[nodiscard]] std::size_t answer_width() const override { return answer_width_; }
  void predict(MatrixView<const double> rows, std::span<double> out,
               Workspace& workspace) const override;

 private:
  std::size_t answer_width_;
};

/// What a member of AdaBoost adds for a row.
enum class BoostRule {
  weight_or_nothing,  ///< its weight to the class that it predicts (SAMME up to scikit-learn 1.2)
  weight_or_share,    ///< its weight to that class, -weight / (classes - 1) to each other (SAMME)
  log_probabilities,  ///< (classes - 1) * (log p - mean log p) (SAMME.R)
};

/// AdaBoostClassifier: probabilities, and then its decision function, one number for two classes.
/// Each member gives a probability for each class first.
/// Source: scikit-learn 1.7 and 1.2, sklearn/ensemble/_weight_boosting.py.
class AdaBoostVote final : public Ensemble {
 public:
  /// weights  one a member.
  /// weight_sum  what the votes are divided by, as numpy sums it.
  AdaBoostVote(std::size_t feature_count, std::size_t class_count, BoostRule rule,
               std::vector<Member> members, std::vector<double> weights, double weight_sum);

  [[nodiscard]] std::size_t answer_width() const override { return class_count_ + score_count(); }
  void predict(MatrixView<const double> rows, std::span<double> out,
               Workspace& workspace) const override;

  [[nodiscard]] std::size_t class_count() const { return class_count_; }
  [[nodiscard]] BoostRule rule() const { return rule_; }
  [[nodiscard]] const std::vector<double>& weights() const { return weights_; }
  [[nodiscard]] double weight_sum() const { return weight_sum_; }

 private:
  [[nodiscard]] std::size_t score_count() const { return class_count_ == 2 ? 1 : class_count_; }
  void add_votes(std::span<const double> probabilities, double weight,
                 std::span<double> votes) const;
  void finish_row(std::span<double> votes, std::span<double> answer) const;

  std::size_t class_count_;
  BoostRule rule_;
  std::vector<double> weights_;
  double weight_sum_;
};

/// AdaBoostRegressor: the answer at which half of the members' weight is reached.
/// Source: scikit-learn 1.7, sklearn/ensemble/_weight_boosting.py, _get_median_predict.
class WeightedMedian final : public Ensemble {
 public:
  /// weights  one a member.
  WeightedMedian(std::size_t feature_count, std::vector<Member> members,
                 std::vector<double> weights);

  [[nodiscard]] std::size_t answer_width() const override { return 1; }
  void predict(MatrixView<const double> rows, std::span<double> out,
               Workspace& workspace) const override;

  [[nodiscard]] const std::vector<double>& weights() const { return weights_; }

 private:
  std::vector<double> weights_;
};

}  // namespace ml_inference
