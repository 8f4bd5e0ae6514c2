// SPDX-License-Identifier: MIT
#include "model/estimators/constant.h"

#include "base/assert.h"

#include <algorithm>

namespace ml_inference {

void Constant::predict(MatrixView<const double> rows, std::span<double> out, Workspace&) const {
  ASSERT(out.size() == rows.row_count() * answer_.size());
  for (std::size_t row = 0; row < rows.row_count(); ++row) {
    std::ranges::copy(answer_, out.subspan(row * answer_.size()).begin());
  }
}

}  // namespace ml_inference
