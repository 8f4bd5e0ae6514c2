// SPDX-License-Identifier: MIT
// What turns rows into answers: the face of forests and of everything made of them.
//
// An estimator is a small tree of parts, each of which does one thing of its library: a forest with
// its link, transformers before an estimator, several estimators whose answers are combined. A new
// kind is one more class with this face; nothing else in the program has to know it.
#pragma once

#include "data/matrix.h"
#include "model/forest.h"
#include "model/workspace.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace ml_inference {

class ForestRunner;

/// Makes what runs a forest out of the forest.
using ForestRunnerMaker = std::function<std::unique_ptr<const ForestRunner>(Forest)>;

/// Threads: once it is part of a model, immutable; any number may predict, each with a workspace of
/// its own.
class Estimator {
 public:
  virtual ~Estimator() = default;

  /// Columns of a row.
  [[nodiscard]] virtual std::size_t feature_count() const = 0;

  /// Numbers a row: outputs, then scores (Schema::answer_width()).
  [[nodiscard]] virtual std::size_t answer_width() const = 0;

  /// rows  [row_count, feature_count] float64; NaN means missing.
  /// out   [row_count, answer_width] float64, row-major; overwritten.
  /// Errors: none; shapes that do not fit are a programmer's error (ASSERT).
  virtual void predict(MatrixView<const double> rows, std::span<double> out,
                       Workspace& workspace) const = 0;

  /// About how many steps predict() takes for one row, each like a visit of a tree's node: two
  /// nanoseconds or more. What a caller weighs a batch by, and decides where to compute it.
  [[nodiscard]] virtual std::size_t steps_per_row() const = 0;

  /// Why the library would refuse this row, where the schema's InputRules cannot tell; nothing when
  /// it would not. Parts inside a pipeline see values that no caller has written.
  [[nodiscard]] virtual std::optional<std::string> refusal(std::span<const double> row,
                                                           Workspace& workspace) const {
    static_cast<void>(row);
    static_cast<void>(workspace);
    return std::nullopt;
  }

  /// Whether refusal() may say anything.
  [[nodiscard]] virtual bool may_refuse() const { return false; }

  /// Calls `visit` with each forest, in the order of the file, as long as they are there.
  virtual void for_each_forest(const std::function<void(const Forest&)>& visit) const = 0;

  /// From now on each forest is run by what `make` makes of it: a node is in memory once. Not while
  /// anybody predicts, and once only.
  virtual void run_forests_by(const ForestRunnerMaker& make) = 0;
};

}  // namespace ml_inference
