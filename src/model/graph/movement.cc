// SPDX-License-Identifier: MIT
#include "model/graph/movement.h"

#include "model/graph/elementwise.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ml_inference {
namespace {

// Where an index points: counted from the end when negative, and never beyond the axis.
std::size_t place(double index, std::size_t size) {
  if (index < 0) index += static_cast<double>(size);
  if (!(index > 0)) return 0;
  const std::size_t last = size - 1;
  return index < static_cast<double>(last) ? static_cast<std::size_t>(index) : last;
}

std::string index_fault(std::span<const double> indices, std::size_t size, bool takes_negative) {
  const double end = static_cast<double>(size);
  for (const double index : indices) {
    if (index < end && index >= (takes_negative ? -end : 0.0)) continue;
    return fmt::format("an index of its graph is {}, expected 0 to {}", index, size - 1);
  }
  return {};
}

}  // namespace

void Move::run_row(std::size_t row, std::span<const Operand> in,
                   std::span<const OperationResult> out) const {
  const std::span<double> to = out[0].row(row);
  for (std::size_t index = 0; index < to.size(); ++index) {
    const ElementSource source = sources_[index];
    to[index] = in[source.input].data[row * in[source.input].stride + source.index];
  }
}

std::string GatherBy::fault(std::size_t row, std::span<const Operand> in) const {
  return may_fail_ ? index_fault(in[1].row(row), data_.axis, takes_negative_) : std::string();
}

void GatherBy::run_row(std::size_t row, std::span<const Operand> in,
                       std::span<const OperationResult> out) const {
  const std::span<const double> data = in[0].row(row);
  const std::span<const double> indices = in[1].row(row);
  double* to = out[0].row(row).data();
  for (std::size_t outer = 0; outer < data_.outer; ++outer) {
    for (const double index : indices) {
      const std::size_t at = (outer * data_.axis + place(index, data_.axis)) * data_.inner;
      to = std::copy_n(data.data() + at, data_.inner, to);
    }
  }
}

std::string GatherElements::fault(std::size_t row, std::span<const Operand> in) const {
  return may_fail_ ? index_fault(in[1].row(row), data_.axis, true) : std::string();
}

void GatherElements::run_row(std::size_t row, std::span<const Operand> in,
                             std::span<const OperationResult> out) const {
  const std::span<const double> data = in[0].row(row);
  const std::span<const double> indices = in[1].row(row);
  const std::span<double> to = out[0].row(row);
  for (std::size_t index = 0; index < to.size(); ++index) {
    const std::size_t inner = index % data_.inner;
    const std::size_t outer = index / data_.inner / index_count_;
    to[index] =
        data[(outer * data_.axis + place(indices[index], data_.axis)) * data_.inner + inner];
  }
}

void LookUp::run_row(std::size_t row, std::span<const Operand> in,
                     std::span<const OperationResult> out) const {
  std::ranges::transform(in[0].row(row), out[0].row(row).begin(), [this](double key) {
    if (std::isnan(key)) return of_nan_;
    const auto found = values_.find(key);
    return found == values_.end() ? otherwise_ : found->second;
  });
}

std::string OneHot::fault(std::size_t row, std::span<const Operand> in) const {
  for (const double value : in[0].row(row)) {
    if (!zeros_ && !positions_.contains(std::trunc(value))) {
      return fmt::format("a value is {}, which is none of the encoder's categories", value);
    }
  }
  return {};
}

void Replace::run_row(std::size_t row, std::span<const Operand> in,
                      std::span<const OperationResult> out) const {
  const std::span<const double> from = in[0].row(row);
  const std::span<double> to = out[0].row(row);
  for (std::size_t index = 0; index < to.size(); ++index) {
    const double value = from[index];
    const bool is_equal = value == replaced_ || (std::isnan(value) && std::isnan(replaced_));
    to[index] = is_equal ? by_[by_.size() == 1 ? 0 : index % by_.size()] : value;
  }
}

void OneHot::run_row(std::size_t row, std::span<const Operand> in,
                     std::span<const OperationResult> out) const {
  const std::span<double> to = out[0].row(row);
  std::ranges::fill(to, 0.0);
  std::size_t begin = 0;
  for (const double value : in[0].row(row)) {
    const auto found = positions_.find(std::trunc(value));
    if (found != positions_.end()) to[begin + found->second] = 1;
    begin += class_count_;
  }
}

std::string Columns::fault(std::size_t row, std::span<const Operand> in) const {
  if (!may_fail()) return {};
  constexpr double kWholeEnd = 9007199254740992.0;  // 2^53
  const std::span<const double> values = in[0].row(row).subspan(begin_, count_);
  for (std::size_t column = 0; column < values.size(); ++column) {
    const double value = values[column];
    if (std::abs(value) <= kWholeEnd && std::trunc(value) == value) continue;
    return fmt::format("column {} is {}, expected a whole number", begin_ + column, value);
  }
  return {};
}

void Columns::run_row(std::size_t row, std::span<const Operand> in,
                      std::span<const OperationResult> out) const {
  const std::span<double> to = out[0].row(row);
  const std::span<const double> from = in[0].row(row).subspan(begin_, to.size());
  for (std::size_t index = 0; index < to.size(); ++index) {
    double value = from[index];
    if (!categories_.empty() && !std::isnan(value)) {
      value = categories_[place(value, categories_.size())];
    }
    if (type_ == ElementType::text) {
      to[index] = std::isnan(value) ? -1 : value;
    } else {
      to[index] = Convert::convert(ElementType::float64, type_, value);
    }
  }
}

}  // namespace ml_inference
