// SPDX-License-Identifier: MIT
// The rounds of boosting, once rows are bins.
#pragma once

#include "base/result.h"
#include "model/forest_builder.h"
#include "training/binned_rows.h"
#include "training/boosted_tree.h"
#include "training/boosting_loss.h"
#include "training/train_boosting.h"
#include "training/work_team.h"

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace ml_inference {

/// Boosts once. Threads: belongs to one thread, which made the team.
class Booster {
 public:
  /// Rows and what they should come to.
  struct Rows {
    const BinnedRows& bins;
    BoostingTargets targets;
  };

  /// sum_count   sums of a row: one, of multiclass one a class.
  /// training    at least one row.
  /// validation  of the same layout; no rows for no early stopping.
  /// Rows, options (which have been checked) and team outlive this.
  Booster(BoostingLoss loss, std::size_t sum_count, Rows training, Rows validation,
          const BoostingOptions& options, WorkTeam& team);

  /// Errors: as train_boosted_classifier().
  [[nodiscard]] Result<TrainedBoosting> train() &&;

 private:
  // What one worker grows a tree with.
  struct Growing {
    std::unique_ptr<WorkTeam> alone;  // where trees are grown side by side
    std::unique_ptr<BoostedTreeGrower> grower;
    std::vector<GradientSum> gradients;
    std::vector<double> maxima;     // of blocks of rows
    std::vector<double> residuals;  // scratch of absolute_error
  };
  // A tree of the current round.
  struct Tree {
    std::vector<BoostedNode> nodes;  // values have been multiplied by the learning rate
    double gain_unit = 0;
  };

  [[nodiscard]] std::vector<double> first_sums(std::size_t row_count) const;
  bool grow_round(std::size_t round);
  void grow_tree(Growing& growing, WorkTeam& team, std::size_t round, std::size_t sum);
  [[nodiscard]] GradientUnits fill_gradients(Growing& growing, WorkTeam& team, std::size_t sum);
  void refit_leaves(Growing& growing, Tree& tree);
  void add_to_training(const Growing& growing, WorkTeam& team, const Tree& tree, std::size_t sum);
  void add_to_validation(WorkTeam& team, const Tree& tree, std::size_t sum);
  void add_to_forest(const Tree& tree, std::size_t sum);
  void add_test(std::size_t number, const BoostedNode& node);
  [[nodiscard]] double validation_loss();

  const BoostingLoss loss_;
  const std::size_t sum_count_;
  const Rows training_;
  const Rows validation_;
  const BoostingOptions& options_;
  WorkTeam& team_;
  const std::vector<double> base_;
  ForestBuilder builder_;

  // [sum_count, row_count] of each:
  std::vector<double> sums_;
  std::vector<double> means_;
  std::vector<double> validation_sums_;
  std::vector<double> validation_means_;

  bool side_by_side_;
  std::vector<Growing> growing_;     // by worker where trees are grown side by side, else one
  std::vector<Tree> trees_;          // by sum
  std::vector<double> importances_;  // by feature, gains
};

}  // namespace ml_inference
