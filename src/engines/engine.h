// SPDX-License-Identifier: MIT
// The face of everything that runs a forest fast. docs/decisions/0003 says what "equal" means.
#pragma once

#include "data/matrix.h"
#include "engines/block_size.h"
#include "model/forest.h"
#include "model/forest_runner.h"

#include <memory>
#include <span>

namespace ml_inference {

/// A forest in the form in which one kernel runs it best.
/// Threads: immutable; one engine serves all threads.
class Engine : public ForestRunner {
 public:
  using ForestRunner::predict;

  /// The same of float32 rows. Rows of the forest's feature_type are taken as they are, others are
  /// rounded or widened one by one.
  virtual void predict(MatrixView<const float> rows, std::span<double> out) const = 0;

  /// So many rows in one call cost least a row, or nearly; fewer may cost more. In whole blocks.
  [[nodiscard]] virtual std::size_t full_speed_row_count() const { return kBlockRowCount; }
};

/// The fastest engine of this build for the forest. Never null.
/// Takes the forest, since some engines run it as it is and the others have no more use for it:
/// memory holds it twice only while an engine is made.
[[nodiscard]] std::unique_ptr<const Engine> make_engine(Forest forest);

}  // namespace ml_inference
