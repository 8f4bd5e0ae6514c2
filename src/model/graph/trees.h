// SPDX-License-Identifier: MIT
// Tree ensembles inside a dataflow: a forest, and what onnxruntime makes of its sums.
#pragma once

#include "model/estimators/forest_estimator.h"
#include "model/graph/operation.h"

#include <optional>
#include <utility>
#include <vector>

namespace ml_inference {

/// The sums of a forest: rows of its feature_count() -> output_count().
class Trees final : public Operation {
 public:
  explicit Trees(Forest forest) : forest_(std::move(forest), Link{}, false) {}

  void run(std::size_t row_count, std::span<const Operand> in, std::span<const OperationResult> out,
           Workspace& workspace) const override;
  [[nodiscard]] std::size_t steps_per_row() const override { return forest_.steps_per_row(); }
  void for_each_forest(const std::function<void(const Forest&)>& visit) const override {
    forest_.for_each_forest(visit);
  }
  void run_forests_by(const ForestRunnerMaker& make) override { forest_.run_forests_by(make); }

 private:
  ForestEstimator forest_;
};

enum class PostTransform : std::uint8_t { none, logistic, softmax, softmax_zero, probit };

/// In place, float32.
/// Source: onnxruntime 1.32, core/providers/cpu/ml/ml_common.h.
void apply_post_transform(PostTransform transform, std::span<double> scores);

enum class TreeAggregate : std::uint8_t { sum, average, smallest, largest };

/// How sums become scores. The sums of a row are `score_count` numbers, behind which there may be,
/// as many again, how many leaves named each of them; for smallest and largest those of each tree.
struct TreeScoresPlan {
  std::size_t score_count = 1;
  bool has_counts = false;
  TreeAggregate aggregate = TreeAggregate::sum;
  std::size_t tree_count = 1;
  /// What sums are carried in.
  ElementType sum_type = ElementType::float32;
  ElementType out_type = ElementType::float32;
  std::vector<double> base = {};
  PostTransform transform = PostTransform::none;
};

/// TreeEnsembleRegressor, TreeEnsemble.
/// Source: onnxruntime 1.32, core/providers/cpu/ml/tree_ensemble_aggregator.h.
class TreeScores final : public RowOperation {
 public:
  explicit TreeScores(TreeScoresPlan plan) : plan_(std::move(plan)) {}

 protected:
  void run_row(std::size_t row, std::span<const Operand> in,
               std::span<const OperationResult> out) const override;

 private:
  // Nothing where no leaf names the score.
  [[nodiscard]] std::optional<double> aggregated(std::span<const double> sums,
                                                 std::size_t score) const;

  TreeScoresPlan plan_;
};

/// Which of two classes the weights of a classifier name.
enum class TwoClasses : std::uint8_t {
  no,         ///< there are more
  by_first,   ///< class 0 alone: its score is that of class 1
  by_second,  ///< class 1 alone
  by_both,
};

/// TreeEnsembleClassifier: the label, and a score for each class.
class TreeClasses final : public RowOperation {
 public:
  struct Plan {
    TreeScoresPlan scores;
    std::vector<double> labels;  ///< by class: a number, or of a text
    TwoClasses two = TwoClasses::no;
    bool all_positive = true;  ///< no weight is below 0
  };
  explicit TreeClasses(Plan plan) : plan_(std::move(plan)) {}

 protected:
  void run_row(std::size_t row, std::span<const Operand> in,
               std::span<const OperationResult> out) const override;

 private:
  [[nodiscard]] double many(std::span<const double> sums, std::span<double> scores) const;
  [[nodiscard]] double two(std::span<const double> sums, std::span<double> scores) const;
  [[nodiscard]] double rounded_sum(double value) const {
    return rounded(plan_.scores.sum_type, value);
  }

  Plan plan_;
};

/// LinearClassifier behind its products: the label, and the scores.
/// Source: onnxruntime 1.32, core/providers/cpu/ml/linearclassifier.cc.
class LinearClasses final : public RowOperation {
 public:
  struct Plan {
    std::vector<double> labels;  ///< two for one product; one a product for more
    bool adds_second = false;    ///< one product becomes two scores
    PostTransform transform = PostTransform::none;
  };
  explicit LinearClasses(Plan plan) : plan_(std::move(plan)) {}

 protected:
  void run_row(std::size_t row, std::span<const Operand> in,
               std::span<const OperationResult> out) const override;

 private:
  Plan plan_;
};

/// LinearRegressor's transform.
class Transformed final : public RowOperation {
 public:
  explicit Transformed(PostTransform transform) : transform_(transform) {}

 protected:
  void run_row(std::size_t row, std::span<const Operand> in,
               std::span<const OperationResult> out) const override;

 private:
  PostTransform transform_;
};

}  // namespace ml_inference
