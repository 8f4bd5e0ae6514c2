// SPDX-License-Identifier: MIT
// What the train command trains: an estimator, and its parameters as flags.
#pragma once

#include "app/flags.h"
#include "base/result.h"
#include "model/number_type.h"
#include "training/category_columns.h"
#include "training/train_boosting.h"
#include "training/train_forest.h"

#include <CLI/App.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace ml_inference {

/// The options of whichever estimator was chosen: train_model() takes either.
using EstimatorOptions = std::variant<ForestOptions, BoostingOptions>;

/// The flag --estimator and those of the estimators. Flags whose name several estimators have keep
/// the default of the one that is chosen.
class EstimatorFlags {
 public:
  /// Adds the flags to a command; this outlives the parse, and stays where it is.
  void add(Flags& flags);

  /// Refuses, once all is parsed, an estimator that is not there, flags of another one than was
  /// chosen, and texts that no data could make right.
  /// Errors: throws CLI::ValidationError, as CLI11 wants it.
  void check() const;

  /// What was asked for; thread_count is that of the granted CPUs where it was 0.
  /// Errors: invalid_argument, for what check() refuses.
  [[nodiscard]] Result<EstimatorOptions> options() const;

  /// Which columns of the data are categories, for estimators that know such.
  [[nodiscard]] CategoryColumns categories() const;

  /// What its models take: forests float32 as scikit-learn's do, boosting float64 as well.
  [[nodiscard]] NumberType feature_type() const {
    return is_boosting() ? NumberType::float64 : NumberType::float32;
  }

 private:
  void add_shared(Flags& flags);
  void add_forest(Flags& flags);
  void add_boosting(Flags& flags);
  [[nodiscard]] bool is_boosting() const { return estimator_ == "gradient-boosting"; }
  [[nodiscard]] std::size_t thread_count() const;
  [[nodiscard]] Result<ForestOptions> forest_options() const;
  [[nodiscard]] Result<BoostingOptions> boosting_options() const;

  std::string estimator_ = "random-forest";

  // As they are typed; 0 stands for no limit, or where the flag was not given for the default.
  std::uint64_t seed_ = 42;
  std::size_t thread_count_ = 0;
  std::string max_features_ = "auto";
  std::string class_weight_ = "none";
  std::size_t max_depth_ = 0;
  std::size_t max_leaf_nodes_ = 0;
  std::size_t min_samples_leaf_ = 0;
  CLI::Option* max_leaf_nodes_flag_ = nullptr;

  ForestOptions forest_;
  std::string criterion_ = "gini";
  std::string max_samples_ = "all";
  std::string bootstrap_ = "auto";
  std::vector<CLI::Option*> forest_flags_;

  BoostingOptions boosting_;
  std::string early_stopping_ = "auto";
  std::string validation_fraction_ = "0.1";
  std::string loss_ = "squared-error";
  std::string categorical_features_ = "auto";
  std::vector<CLI::Option*> boosting_flags_;
};

}  // namespace ml_inference
