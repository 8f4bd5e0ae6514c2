// SPDX-License-Identifier: MIT
#include "model/estimators/missing_value.h"

#include "model/workspace.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace ml_inference {

MissingValue::MissingValue(std::unique_ptr<Estimator> estimator, float missing)
    : estimator_(std::move(estimator)), missing_(missing) {}

void MissingValue::replace(std::span<const double> values, std::span<double> out) const {
  std::ranges::transform(values, out.begin(), [this](double value) {
    const bool is_missing = static_cast<float>(value) == missing_;
    return is_missing ? std::numeric_limits<double>::quiet_NaN() : value;
  });
}

void MissingValue::predict(MatrixView<const double> rows, std::span<double> out,
                           Workspace& workspace) const {
  const Workspace::Block block(workspace, rows.values().size());
  replace(rows.values(), block.values());
  estimator_->predict({block.values(), rows.row_count(), rows.column_count()}, out, workspace);
}

std::optional<std::string> MissingValue::refusal(std::span<const double> row,
                                                 Workspace& workspace) const {
  const Workspace::Block block(workspace, row.size());
  replace(row, block.values());
  return estimator_->refusal(block.values(), workspace);
}

}  // namespace ml_inference
