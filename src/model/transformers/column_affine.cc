// SPDX-License-Identifier: MIT
#include "model/transformers/column_affine.h"

#include "base/assert.h"

#include <algorithm>
#include <cmath>

namespace ml_inference {
namespace {

constexpr InputRules kFiniteOrMissing{
    .accepts_missing = true, .accepts_infinite = false, .type = NumberType::float64};

}  // namespace

ShiftAndDivide::ShiftAndDivide(std::size_t width, std::vector<double> offsets,
                               std::vector<double> divisors)
    : width_(width), offsets_(std::move(offsets)), divisors_(std::move(divisors)) {
  ASSERT(offsets_.empty() || offsets_.size() == width_);
  ASSERT(divisors_.empty() || divisors_.size() == width_);
}

InputRules ShiftAndDivide::input_rules() const { return kFiniteOrMissing; }

void ShiftAndDivide::transform(MatrixView<const double> in, MatrixView<double> out) const {
  ASSERT(in.column_count() == width_ && out.column_count() == width_);
  for (std::size_t row = 0; row < in.row_count(); ++row) {
    const std::span<const double> from = in.row(row);
    const std::span<double> to = out.row(row);
    for (std::size_t column = 0; column < width_; ++column) {
      double value = from[column];
      if (!offsets_.empty()) value -= offsets_[column];
      if (!divisors_.empty()) value /= divisors_[column];
      to[column] = value;
    }
  }
}

MultiplyAndShift::MultiplyAndShift(std::vector<double> factors, std::vector<double> offsets,
                                   std::optional<std::pair<double, double>> range)
    : factors_(std::move(factors)), offsets_(std::move(offsets)), range_(range) {
  ASSERT(factors_.size() == offsets_.size());
}

InputRules MultiplyAndShift::input_rules() const { return kFiniteOrMissing; }

void MultiplyAndShift::transform(MatrixView<const double> in, MatrixView<double> out) const {
  ASSERT(in.column_count() == factors_.size() && out.column_count() == factors_.size());
  for (std::size_t row = 0; row < in.row_count(); ++row) {
    const std::span<const double> from = in.row(row);
    const std::span<double> to = out.row(row);
    for (std::size_t column = 0; column < factors_.size(); ++column) {
      double value = from[column] * factors_[column] + offsets_[column];
      // Written so that NaN stays.
      if (range_ && value < range_->first) value = range_->first;
      if (range_ && value > range_->second) value = range_->second;
      to[column] = value;
    }
  }
}

}  // namespace ml_inference
