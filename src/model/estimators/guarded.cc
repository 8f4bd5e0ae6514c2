// SPDX-License-Identifier: MIT
#include "model/estimators/guarded.h"

#include "base/assert.h"

#include <fmt/format.h>

#include <numeric>
#include <utility>

namespace ml_inference {

Guarded::Guarded(std::unique_ptr<Estimator> estimator, InputRules rules,
                 std::vector<std::size_t> columns)
    : estimator_(std::move(estimator)), rules_(rules), columns_(std::move(columns)) {
  if (columns_.empty()) {
    columns_.resize(estimator_->feature_count());
    std::iota(columns_.begin(), columns_.end(), std::size_t{0});
  }
  for (const std::size_t column : columns_) ASSERT(column < estimator_->feature_count());
}

std::optional<std::string> Guarded::refusal(std::span<const double> row,
                                            Workspace& workspace) const {
  for (const std::size_t column : columns_) {
    const CellFault fault = cell_fault(rules_, row[column]);
    if (fault == CellFault::none) continue;
    return fmt::format("column {} of those that a member sees {}", column, cell_fault_text(fault));
  }
  return estimator_->refusal(row, workspace);
}

}  // namespace ml_inference
