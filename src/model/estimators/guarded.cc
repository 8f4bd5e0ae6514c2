// SPDX-License-Identifier: MIT
#include "model/estimators/guarded.h"

#include <fmt/format.h>

#include <utility>

namespace ml_inference {

Guarded::Guarded(std::unique_ptr<Estimator> estimator, InputRules rules)
    : estimator_(std::move(estimator)), rules_(rules) {}

std::optional<std::string> Guarded::refusal(std::span<const double> row,
                                            Workspace& workspace) const {
  for (std::size_t column = 0; column < row.size(); ++column) {
    const CellFault fault = cell_fault(rules_, row[column]);
    if (fault == CellFault::none) continue;
    return fmt::format("column {} of those that a member sees {}", column, cell_fault_text(fault));
  }
  return estimator_->refusal(row, workspace);
}

}  // namespace ml_inference
